"""Who is asked in onboarding, by when, and what silence means."""

from crm_workflows import FormTask, Gate, PolicyRead, above, keep_waiting, lower, manager, owner, role, working_days
from flows.customer_onboarding.credit_forms import AccountTeam, CreditOpinion, CreditRequest
from flows.customer_onboarding.forms import (
    ArchiveCheck,
    DuplicateVerdict,
    GoodCustomer,
    Standing,
    TerritoryRuling,
    TierChoice,
    TierFacts,
)
from flows.customer_onboarding.subject import Archive

ARCHIVE = FormTask(
    "archive", "客户档案 / Customer archive", rule="ON-1", form=Archive,
    by=owner, due=working_days("archive_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

DUPLICATE_CHECK = FormTask(
    "duplicate_check", "重复客户核对 / Check of a known customer", rule="ON-2", form=DuplicateVerdict,
    by=role("data_steward"), due=working_days("steward_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

TERRITORY = FormTask(
    "territory", "客户归属裁定 / Ruling on a clash of territory", rule="ON-2", form=TerritoryRuling,
    by=role("sales_director"), due=working_days("steward_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

STANDING = FormTask(
    "standing", "资信调查 / Standing of the company", rule="ON-3", form=Standing,
    by=role("finance"), due=working_days("standing_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

COMPLIANCE = Gate(
    "compliance", "高风险客户审查 / A high risk before compliance", rule="ON-3",
    approver=role("compliance"), due=working_days("compliance_due"), remind=working_days(1), escalate_to=manager,
    on_silence=keep_waiting, send_back=("ON-3",), rounds="onboarding_rounds",
    on_yes="虽属高风险，建档继续 / onboarding goes on in spite of the risk",
    on_no="本案以“未通过”结束 / the case ends as rejected",
)  # fmt: skip

GOOD_CUSTOMER = FormTask(
    "good_customer", "优质客户评价 / Is it a good customer?", rule="ON-4", form=GoodCustomer,
    by=owner, due=working_days("tier_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

TIER_FACTS = FormTask(
    "tier_facts", "客户分级依据 / What the tier rests on", rule="ON-5", form=TierFacts,
    by=owner, due=working_days("tier_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

TIER_CHOICE = FormTask(
    "tier_choice", "客户等级 / Tier of the customer", rule="ON-5", form=TierChoice,
    by=owner, due=working_days("tier_due"), remind=working_days(1), escalate_to=manager, anew=("tier", "reason"),
)  # fmt: skip

CREDIT_REQUEST = FormTask(
    "credit_request", "付款条件与信用申请 / Terms and credit asked for", rule="ON-6", form=CreditRequest,
    by=owner, due=working_days("credit_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

CREDIT_OPINION = FormTask(
    "credit_opinion", "信用核定 / Credit that is granted", rule="ON-6", form=CreditOpinion,
    by=role("finance"), due=working_days("credit_due"), remind=working_days(1), escalate_to=manager,
    anew=("grant", "limit", "days", "reason"),
)  # fmt: skip

CREDIT = Gate(
    "credit", "信用审批 / Approval of credit", rule="ON-6", approver=role("sales_manager"),
    then=(
        *above("credit_finance_above", role("head_of_finance")),
        *above("credit_general_manager_above", role("general_manager")),
    ),
    due=working_days("credit_due"), remind=working_days(1), escalate_to=manager, on_silence=keep_waiting,
    send_back=("ON-6",), rounds="onboarding_rounds",
    may_change=(lower("credit_limit", "信用额度 / Credit limit"), lower("credit_days", "账期（天） / Days of credit")),
    on_yes="按核定的额度和账期赊销 / limit and days hold as granted",
    on_no="该客户仅限预付款，建档继续 / the customer prepays only; onboarding goes on",
)  # fmt: skip

ARCHIVE_CHECK = FormTask(
    "archive_check", "档案核对（第二人） / Check of the archive by a second person", rule="ON-7", form=ArchiveCheck,
    by=role("data_steward"), other_than="archive", due=working_days("steward_due"), remind=working_days(1),
    escalate_to=manager, anew=("is_right", "remark"),
)  # fmt: skip

APPROVAL = Gate(
    "customer_approval", "新客户建档审批 / Approval of the new customer", rule="ON-7",
    approver=role("sales_manager"), other_than=("archive",), due=working_days("onboarding_due"),
    remind=working_days(1), escalate_to=manager,
    on_silence=keep_waiting, send_back=("ON-1", "ON-4", "ON-5", "ON-6"), rounds="onboarding_rounds",
    on_yes="A 级客户再由销售总监审批；随后分配客户代码 / "
    "for tier A the sales director decides too; then the code is given",
    on_no="本案以“未通过”结束 / the case ends as rejected",
)  # fmt: skip

APPROVAL_OF_A = Gate(
    "customer_approval_a", "A 级客户建档审批 / Approval of a customer of tier A", rule="ON-7",
    approver=role("sales_director"), other_than=("archive",), due=working_days("onboarding_due"),
    remind=working_days(1), escalate_to=manager,
    on_silence=keep_waiting, send_back=("ON-1", "ON-4", "ON-5", "ON-6"), rounds="onboarding_rounds",
    on_yes="分配客户代码，配备客户团队 / the code is given and a team is named",
    on_no="本案以“未通过”结束 / the case ends as rejected",
)  # fmt: skip

TEAM = FormTask(
    "account_team", "客户经理与团队 / Account manager and team", rule="ON-9", form=AccountTeam,
    by=role("sales_manager"), due=working_days("team_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

POLICY = (
    *(PolicyRead(group) for group in ("good_customer_weights", "tier_weights", "tier_attention")),
    *(PolicyRead(key, "whole number") for key in ("archive_complete", "rounds_of_archive", "good_customer_from")),
    *(PolicyRead(key, "whole number") for key in ("tier_a_from", "tier_b_from", "tier_tie_margin")),
    *(PolicyRead(key, "whole number") for key in ("review_first", "silence_a", "silence_b", "silence_c")),
    PolicyRead("tier_full_value", "amount"),
)
"""What ON-1, ON-4, ON-5, ON-11 and ON-12 read of the policy besides the limits and durations above."""
