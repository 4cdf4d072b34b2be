"""Who is asked about a complaint, by when, and what silence means. All hours are clock hours."""

from crm_workflows import (
    Clock,
    FormTask,
    Gate,
    Paper,
    Papers,
    PolicyRead,
    any_of,
    beyond,
    by_amount,
    calendar_days,
    clock_hours,
    everybody,
    keep_waiting,
    manager,
    manager_of,
    owner,
    role,
    up_to,
)
from flows.complaint_resolution.forms import (
    Closing,
    CustomerAnswer,
    FirstReply,
    Reply,
    SeverityCheck,
    ShortAnswer,
    Told,
)
from flows.complaint_resolution.solving_forms import Acceptance, Analysis, Containment, RemedyDone, Ruling, Solution

HEADS = {
    "quality": role("head_of_quality"),
    "technique": role("head_of_technique"),
    "design": role("head_of_design"),
    "materials": role("head_of_materials"),
    "sales": role("sales_manager"),
    "finance": role("head_of_finance"),
    "service": role("service_lead"),
}
"""Who answers for each department that may be in charge (CP-5)."""
ANY_HEAD = any_of(*HEADS.values())
ALERTED = (role("general_manager"), role("service_director"), role("service_lead"), role("head_of_quality"), owner)
"""Who hears of an urgent complaint at once (CP-3)."""

FIRST_ANSWER_CLOCK = Clock(
    "first_answer_clock", "首次答复时限 / Time limit of the first answer", rule="CP-3",
    warned=(owner,), late=(owner, manager_of(owner), role("service_director")),
)  # fmt: skip

SOLUTION_CLOCK = Clock(
    "solution_clock", "解决时限 / Time limit of the solution", rule="CP-14",
    warned=(owner,), late=(owner, manager_of(owner), role("service_director")),
    letter_title="您的投诉仍在处理中 / We are still working on your complaint",
    letter_text="您的投诉我们仍在处理，尚需一些时间，为此致歉。我们会尽快给您结果；如有疑问，请直接回复本邮件。 / "
    "We are still working on your complaint and need some more time; we apologise. You will hear from us as soon as "
    "possible. If you have any question, just reply to this mail.",
)  # fmt: skip

SEVERITY_CHECK = FormTask(
    "severity_check", "确认严重程度和责任部门 / Confirmation of severity and department", rule="CP-3",
    form=SeverityCheck, by=role("service_lead"), due=clock_hours("complaint_severity_due"), remind=clock_hours(1),
    escalate_to=manager, anew=("severity", "reason"),
)  # fmt: skip

FIRST_REPLY = FormTask(
    "first_reply", "首次答复客户 / First answer to the customer", rule="CP-3", form=FirstReply,
    by=owner, due=clock_hours("complaint_answer_urgent"), remind=clock_hours(1), escalate_to=manager,
    anew=("reply",),
)  # fmt: skip

CONTAINMENT = FormTask(
    "containment", "控制产品问题：停止、隔离、更换 / Containment: stop, isolate, replace", rule="CP-4",
    form=Containment, by=role("head_of_quality"), due=clock_hours("complaint_step_due"),
    remind=clock_hours("complaint_remind"), escalate_to=manager,
)  # fmt: skip

ACCEPTANCE = FormTask(
    "acceptance", "责任部门受理投诉 / Acceptance by the department in charge", rule="CP-5", form=Acceptance,
    by=ANY_HEAD, due=clock_hours("complaint_accept_due"), remind=clock_hours(2), escalate_to=role("service_director"),
    anew=("accepts", "reason"),
)  # fmt: skip

RULING = FormTask(
    "ruling", "裁定责任部门 / Ruling on the department in charge", rule="CP-5", form=Ruling,
    by=role("service_director"), due=clock_hours("complaint_accept_due"), remind=clock_hours(2), escalate_to=manager,
)  # fmt: skip

ANALYSIS = FormTask(
    "analysis", "投诉原因分析 / Analysis of the cause", rule="CP-6", form=Analysis,
    by=ANY_HEAD, due=clock_hours("complaint_analysis_due"), remind=clock_hours("complaint_remind"),
    escalate_to=manager, anew=("question",),
)  # fmt: skip

SHORT_ANSWER = FormTask(
    "short_answer", "答复并处理投诉 / Answer and remedy of the complaint", rule="CP-8", form=ShortAnswer,
    by=owner, due=clock_hours("complaint_answer_general"), remind=clock_hours("complaint_remind"),
    escalate_to=manager, anew=("question", "too_much"),
)  # fmt: skip

QUESTION = FormTask(
    "customer_question", "关于您投诉的一个问题 / A question about your complaint", rule="CP-14", form=CustomerAnswer,
    by=None, remind=calendar_days(2), lapse=calendar_days("complaint_question_days"), stops_clocks=True,
    anew=("answer",),
)  # fmt: skip

SOLUTION = FormTask(
    "solution", "处理方案 / Proposed solution", rule="CP-7", form=Solution,
    by=owner, due=clock_hours("complaint_step_due"), remind=clock_hours("complaint_remind"), escalate_to=manager,
    anew=("question",),
)  # fmt: skip

SOLUTION_GATE = Gate(
    "solution_gate", "投诉处理方案审批 / Approval of the solution", rule="CP-7",
    approver=by_amount(
        up_to("complaint_lead_up_to", role("service_lead")),
        up_to("complaint_director_up_to", role("service_director")),
        beyond(everybody(role("general_manager"), role("head_of_finance"))),
    ),
    other_than=("analysis", "solution"), due=clock_hours("complaint_step_due"),
    remind=clock_hours("complaint_remind"), escalate_to=manager, on_silence=keep_waiting,
    send_back=("CP-5", "CP-6", "CP-7"), rounds="complaint_rounds",
    on_yes="答复客户并执行 / the customer is answered and the remedy carried out",
    on_no="负责人重新提出方案 / another solution is proposed",
)  # fmt: skip

ANSWER = FormTask(
    "answer", "对您投诉的答复 / Our answer to your complaint", rule="CP-8", form=Reply,
    by=None, lapse=calendar_days("complaint_appeal_days"), anew=("verdict", "reason"),
)  # fmt: skip

TOLD_BY_PHONE = FormTask(
    "told_by_phone", "电话答复客户 / Answer to the customer by phone", rule="CP-8", form=Told,
    by=owner, due=clock_hours("complaint_step_due"), remind=clock_hours("complaint_remind"), escalate_to=manager,
    anew=("said", "appeal"), on_yes="登记客户的意见；申诉的由另一位负责人复议 / an appeal goes to another reviewer",
)  # fmt: skip

REMEDY = FormTask(
    "remedy", "执行处理措施 / Carrying out the remedy", rule="CP-9", form=RemedyDone,
    by=owner, due=clock_hours("complaint_remedy_due"), remind=clock_hours("complaint_remind"), escalate_to=manager,
    on_yes="提交处理凭证 / the proof of it is handed in",
)  # fmt: skip

PROOF = Papers(
    "remedy_proof", "处理凭证 / Proof of the remedy", rule="CP-9",
    kinds=(Paper("remedy_proof", "处理凭证 / Proof of the remedy", names=("凭证", "签收", "回单", "receipt")),),
    remind=(clock_hours("complaint_remind"), calendar_days(1)),
    due=clock_hours("complaint_remedy_due"), escalate_to=manager,
)  # fmt: skip

APPEAL = Gate(
    "appeal", "投诉复议 / Appeal", rule="CP-10",
    approver=any_of(role("service_director"), role("general_manager")),
    other_than=("solution_gate", "analysis", "solution", "short_answer"), due=clock_hours("complaint_step_due"),
    remind=clock_hours("complaint_remind"), escalate_to=manager, on_silence=keep_waiting,
    on_yes="申诉成立，重新提出方案 / the appeal is upheld, another solution is proposed",
    on_no="维持原答复 / the answer stands",
)  # fmt: skip

HANDLING = ("first_reply", "short_answer", "solution", "told_by_phone", "remedy")
"""What the handler does; whoever really did any of it does not close the case (CP-13)."""

CLOSING = FormTask(
    "closing", "投诉结案复核 / Review before closing", rule="CP-13", form=Closing,
    by=role("service_lead"), other_than=HANDLING, due=clock_hours("complaint_remedy_due"),
    remind=clock_hours("complaint_remind"), escalate_to=manager, anew=("is_right", "remark"),
)  # fmt: skip

POLICY = (
    *(
        PolicyRead(f"complaint_{what}_{severity}", "whole number")
        for what in ("answer", "solve")
        for severity in ("general", "major", "urgent")
    ),
    *(PolicyRead(key, "amount") for key in ("complaint_short_up_to", "complaint_major_above")),
    *(PolicyRead(key, "whole number") for key in ("complaint_alike_days", "complaint_alike_count")),
    *(PolicyRead(key, "whole number") for key in ("complaint_questions", "complaint_follow_up")),
)
"""What CP-3, CP-11, CP-12 and CP-14 read of the policy besides the limits and durations above."""
