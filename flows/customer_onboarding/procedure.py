"""New-customer onboarding 新客户建档, as the rule book has it, in its order.

Who is asked and by when stands in `gates.py`, what each form asks in the `forms` files, what is shown to those who
judge in `facts.py`, what the engine does itself in `steps.py`. Passages that would break the story stand below it.

To go back to a rule is to do again all that carries it out and all behind it; nothing below `back_to` is done in that
round, and forms come filled in as they were. How often is limited by policy: a gate refuses one more; where the story
itself goes back, the case then needs attention, and a person decides. Nobody's silence is a yes: whoever is asked is
reminded, then their manager hears, and the case waits. The company itself hears nothing before ON-10.
"""

from dataclasses import replace

from prefect import flow

from crm_workflows import Announce, Case, Outcome, Words, customers, department, owner, procedure, role
from flows.customer_onboarding.credit_forms import CreditOpinion
from flows.customer_onboarding.facts import (
    Credit,
    archive_gaps,
    both_companies,
    clash,
    credit_facts,
    deciding_facts,
    granted_facts,
    new_customer,
    standing_facts,
    tier_facts,
)
from flows.customer_onboarding.forms import Standing
from flows.customer_onboarding.gates import (
    APPROVAL,
    APPROVAL_OF_A,
    ARCHIVE,
    ARCHIVE_CHECK,
    COMPLIANCE,
    CREDIT,
    CREDIT_OPINION,
    CREDIT_REQUEST,
    DUPLICATE_CHECK,
    GOOD_CUSTOMER,
    STANDING,
    TEAM,
    TERRITORY,
    TIER_CHOICE,
    TIER_FACTS,
)
from flows.customer_onboarding.steps import (
    assign_customer_code,
    completeness,
    enter_team,
    judge,
    look_up_customer,
    merge,
    welcome,
    what_follows,
)
from flows.customer_onboarding.subject import Archive, CustomerApplication

CONCERNED = (department("sales"), department("service"), department("marketing"), role("finance"))
WELCOME = Words(
    "欢迎成为我们的客户 / Welcome as our customer",
    "感谢贵公司的信任。今后有任何需要，请联系您的客户经理；我们将在三个工作日内致电问候。 / "
    "Thank you for your trust. Your account manager is there for you, and will call within three working days.",
)


@flow(name="customer-onboarding")
@procedure(code="ON", version=1, title="新客户建档 / Customer onboarding")
def customer_onboarding(case: Case[CustomerApplication]) -> Outcome:
    """新客户建档：从档案到客户代码和首次回访。Take a new customer on, from the archive to code and first callback."""
    application = case.subject

    # ON-1 Archive: kept by the account manager; how complete it is, and what is missing is asked for.
    archive = complete_archive(case)

    # ON-2 Duplicates, by code exactly, by name, phone and mail domain nearly: the data steward decides merge or keep; a
    # clash of territory goes to the sales director.
    known = look_up_customer(application)
    if known.matches and is_merged(case, known):
        return case.close("done", "与已有客户或案件相同，已合并 / the same as a known customer or case; merged")

    # ON-3 Standing: existence, blacklist, payment record; a high risk goes to compliance.
    standing = case.task(STANDING, shows=both_companies(application, known))
    if standing.is_high_risk or known.is_blocked:
        ruling = case.approval(COMPLIANCE, shows=standing_facts(application, known, standing))
        if ruling.rejected:
            return case.reject("合规审查未通过 / refused by compliance", comment=ruling.comment)

    # ON-4 Is it a good customer? ON-5 Tier: proposed by rule with its arithmetic; overruled only with a reason.
    good, facts = case.together(GOOD_CUSTOMER, TIER_FACTS, shows=application.shown())
    judged = judge(application, good, facts, case.policy)
    choice = case.task(
        TIER_CHOICE, shows=tier_facts(application, judged, case.policy), against={"proposed": judged.proposal.tier}
    )
    tier = choice.chosen(judged.proposal.tier)

    # ON-6 Credit: unless prepaid, granted as asked, lower or not at all, by a ladder of approvers. Without credit the
    # customer prepays and is taken on all the same; a limit for a time ends by itself.
    credit = granted_credit(case, tier, standing)

    # ON-7 Approval: who enters is not who checks; the sales manager decides, for A the sales director too.
    shown = deciding_facts(application, archive, judged, choice, credit, case.policy)
    check = case.task(ARCHIVE_CHECK, shows=shown)
    if not check.is_right:
        case.back_to("ON-1", because=check.remark, rounds="rounds_of_archive")
    decision = case.approval(APPROVAL, shows=shown)
    if decision.approved and tier == "A":
        decision = case.approval(APPROVAL_OF_A, shows=shown)
    if decision.rejected:
        return case.reject("建档未获批准 / the customer was not approved", comment=decision.comment)

    # ON-8 Customer code: once, by industry, without gaps.
    code = assign_customer_code(application, archive, judged, tier, credit)

    # ON-9 Account owner and, for A, a team with each one's part.
    team = case.task(
        TEAM, shows=new_customer(application, code, tier, credit), against={"tier": tier},
        draft={"account_manager": str(application.owner)},
    )  # fmt: skip
    account_manager = enter_team(code, team)
    if not account_manager:
        case.back_to(
            "ON-9", because=f"{team.account_manager} 不在人员名册中 / {team.account_manager} is not among the staff"
        )

    # ON-10 Welcome to the customer, where it may be contacted; notice to the departments.
    if archive.consent:
        words = replace(WELCOME, shows=welcome(code, account_manager))
        case.write("ON-10", "welcome_letter", words, to=application.contact.person)
    news = new_customer(application, code, tier, credit)
    case.tell("ON-10", "tell_departments", Announce((owner, *CONCERNED), "新客户 / A new customer", shows=news))

    # ON-11 First callback within 3 working days, then the cadence of the tier. ON-12 Review after 90 days, then yearly;
    # a review on a trigger is opened by what triggers it.
    later = what_follows(application, code, tier, account_manager, case.policy)
    case.open_later("periodic-callbacks", later.callback, rule="ON-11", relation="first_callback")
    case.open_later("customer-review", later.review, rule="ON-12", relation="review", on=later.review_at)
    return case.approve("客户已建档 / the customer is taken on")


def complete_archive(case: Case[CustomerApplication]) -> Archive:
    """ON-1: what came with the application, completed by the account manager until it is complete enough."""
    application = case.subject
    brought = completeness(application.archive)
    gaps = archive_gaps(application, brought.per_cent, brought.missing)
    archive: Archive = case.task(ARCHIVE, shows=gaps, draft=application.archive.known())
    now = completeness(archive, first=case.times_back_to("ON-1") == 0)
    if now.per_cent < case.policy.number("archive_complete"):
        case.back_to("ON-1", because="档案尚不完整，请补充 / the archive is not complete", rounds="rounds_of_archive")
    return archive


def is_merged(case: Case[CustomerApplication], known: customers.Known) -> bool:
    """ON-2: whether it is a company that we know; of two account managers the sales director chooses one."""
    shown = both_companies(case.subject, known)
    verdict = case.task(DUPLICATE_CHECK, shows=shown, against={"found": known.codes})
    match = known.match(verdict.same_as) if verdict.verdict == "same" else None
    if match is None:
        return False
    new_owner = None
    if match.owner != case.subject.owner:
        ruling = case.task(TERRITORY, shows=clash(case.subject, match))
        new_owner = str(case.subject.owner) if ruling.ruling == "hand_over" else None
    if match.standing != "under_way":
        merge(case.subject, match.code, new_owner)
    return True


def granted_credit(case: Case[CustomerApplication], tier: str, standing: Standing) -> Credit:
    """ON-6: finance grants as asked, lower or prepaid only; the ladder by amount decides on what was granted."""
    application = case.subject
    request = case.task(CREDIT_REQUEST, shows=application.shown())
    if request.terms == "prepaid":
        return Credit()
    opinion: CreditOpinion = case.task(
        CREDIT_OPINION, shows=credit_facts(application, tier, request, standing),
        against={"limit": str(request.limit), "days": str(request.days)},
    )  # fmt: skip
    if opinion.grant == "prepaid":
        return Credit()
    lower = opinion.grant == "lower"
    credit = Credit(
        opinion.limit if lower else request.limit, (opinion.days if lower else request.days) or 0, request.until
    )
    shown = granted_facts(application, tier, request, opinion, credit)
    values = {"credit_limit": credit.limit, "credit_days": credit.days}
    decided = case.approval(CREDIT, shows=shown, amount=credit.limit, values=values)
    return (
        replace(credit, **decided.lowered(limit="credit_limit", days="credit_days")) if decided.approved else Credit()
    )
