"""Complaint resolution 投诉处理, as the rule book has it, in its order. All hours are clock hours.

Who is asked and by when stands in `elements.py`, what each form asks in the `forms` files, what is shown and told in
`facts.py`, what the engine does itself in `steps.py`. Passages that would break the story stand below it.

A general complaint under the limit takes the short path: one person answers, remedies with proof and follows up.
Whoever fills in an answer or an analysis may ask the customer first; from when that question has left until the
customer writes, the clocks stand. A customer who is not satisfied, as the follow-up finds (`complaint_follow_up`),
opens the complaint again from CP-3 on, in the next round, and never on the short path.

To go back to a rule is to do again all that carries it out and all behind it; nothing below `back_to` is done in that
round. How often is limited by policy; then the case needs attention, and a person decides. Nobody's silence is a yes:
whoever is asked is reminded, then somebody above them hears, and the case waits; a customer who does not appeal in time
lets the answer stand.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from prefect import flow

from crm_workflows import Announce, Case, FormTask, Outcome, Shown, owner, procedure
from flows.complaint_resolution.elements import (
    ACCEPTANCE,
    ALERTED,
    ANALYSIS,
    ANSWER,
    APPEAL,
    CLOSING,
    CONTAINMENT,
    FIRST_ANSWER_CLOCK,
    FIRST_REPLY,
    HEADS,
    PROOF,
    QUESTION,
    REMEDY,
    RULING,
    SEVERITY_CHECK,
    SHORT_ANSWER,
    SOLUTION,
    SOLUTION_CLOCK,
    SOLUTION_GATE,
    TOLD_BY_PHONE,
)
from flows.complaint_resolution.facts import (
    FINAL,
    Found,
    answer_facts,
    appeal_fact,
    appeal_within,
    appeal_words,
    asked_and_said,
    cause_facts,
    complaint_facts,
    department_fact,
    first_words,
    question_fact,
    reason_in,
    solution_facts,
    with_facts,
)
from flows.complaint_resolution.forms import ShortAnswer, Told
from flows.complaint_resolution.solving_forms import Analysis, Solution
from flows.complaint_resolution.steps import (
    Assessed,
    acknowledgement,
    assess,
    corrective_input,
    enter_answer,
    enter_appeal,
    enter_cause,
    enter_severity,
    enter_solved,
    follow_up,
    is_product_fault,
    may_appeal,
    receive,
)
from flows.complaint_resolution.subject import Complaint
from flows.complaint_resolution.ties import joined_to, tell_of_joining, tie_up


@flow(name="complaint-resolution")
@procedure(code="CP", version=1, title="投诉处理 / Complaint resolution")
def complaint_resolution(case: Case[Complaint]) -> Outcome:
    """投诉处理：从受理到结案。Resolve a complaint, from its receipt to its close."""
    complaint = case.subject

    # CP-1 Receive, at any hour and by any channel. CP-3 Assess: severity by rule.
    joined = joined_to(complaint, case.policy)
    if joined.case:
        tell_of_joining(case, joined)
        return case.close("done", f"已并入 {joined.case} / joined to {joined.case}")
    received = receive(complaint, case.policy)
    assessed = assess(complaint, received, case.times_back_to("CP-3"), case.policy)
    count_hours(case, assessed, assessed.severity)
    shown = complaint_facts(complaint, assessed.severity, rule=assessed.because)

    # CP-2 Acknowledge at once: case code, person in charge, next date. CP-3 Urgent alerts the general manager.
    if complaint.person:
        words = acknowledgement(complaint, assessed, case.policy)
        case.write("CP-2", "acknowledge", words, to=complaint.person)
    if assessed.severity == "urgent":
        case.tell("CP-3", "alert", Announce(ALERTED, "紧急投诉 / An urgent complaint", shows=shown))

    # The short path: one person answers and remedies. All else is looked into, and decided by somebody else.
    short = short_path(case, shown) if assessed.is_short else "too_much"
    appealed_at = short if isinstance(short, datetime) else None
    found = looked_into(case, assessed, appealed_at) if short != "done" else None
    if found:
        solve(case, found)

    # CP-12 Corrective action, as a case of its own, if it is major, about safety, or one too many alike.
    corrective = corrective_input(complaint, received, found, case.policy)
    if corrective:
        case.open_later("corrective-action", corrective, rule="CP-12", relation="corrective_action")

    # CP-13 Close: by somebody other than the handler, except on the short path.
    if found:
        closing = case.task(CLOSING, shows=found.shown)
        if not closing.is_right:
            # After an appeal against the short answer CP-9 would be that answer's, and so be appealed once more.
            case.back_to("CP-7" if appealed_at else "CP-9", because=closing.remark, rounds="complaint_rounds")

    # CP-11 Effect: after three days one question to the customer, as a case of its own; 2 or less opens this one again.
    later = follow_up(complaint, case.times_back_to("CP-3") + 1, case.policy)
    case.open_later("complaint-follow-up", later.input, rule="CP-11", relation="follow_up", on=later.at)

    # CB-1, ON-12, SV-12: what follows for the customer, and for the supplier whose part was the cause.
    tie_up(case)
    return case.close("resolved", "投诉已处理 / the complaint is resolved")


def count_hours(case: Case[Complaint], assessed: Assessed, severity: str) -> None:
    """CP-3, CP-14: both time limits, by severity."""
    answer = case.policy.number(f"complaint_answer_{severity}")
    solve_in = case.policy.number(f"complaint_solve_{severity}")
    case.start_clock(FIRST_ANSWER_CLOCK, hours=answer, since=assessed.since)
    case.start_clock(SOLUTION_CLOCK, hours=solve_in, since=assessed.since, to=case.subject.person)


def short_path(case: Case[Complaint], shown: Shown) -> Literal["done", "too_much"] | datetime:
    """CP-8, CP-9: one person answers and remedies, and says where it is too much for one; when an appeal was upheld."""
    limit = case.policy.amount("complaint_short_up_to")
    answer: ShortAnswer = asking(case, SHORT_ANSWER, shown, against={"up_to": str(limit)})
    if answer.too_much or answer.verdict is None:
        return "too_much"
    case.stop_clock(FIRST_ANSWER_CLOCK)
    enter_answer(answer.verdict, answer.remedy, str(answer.cost), answer.cause_found)
    facts = answer_facts(answer)
    reply = answered(case, facts)
    carried_out(case, with_facts(shown, *facts.facts), is_due=answer.is_left_to_do)
    return upheld_on_appeal(case, shown, reply()) or "done"


def looked_into(case: Case[Complaint], assessed: Assessed, appealed_at: datetime | None) -> Found:
    """CP-3 to CP-6: severity confirmed, first answer, containment, department in charge, cause.

    `appealed_at` is when an appeal against the answer of the short path was upheld.
    """
    complaint = case.subject

    # CP-3 The service lead confirms the severity and names the department; then the first answer, before the cause.
    severity, department, shown = confirmed(case, assessed, counts=appealed_at is None)
    if not appealed_at:
        first = case.task(FIRST_REPLY, shows=shown)
        if complaint.person:
            case.write("CP-3", "first_answer", first_words(first), to=complaint.person)
        case.stop_clock(FIRST_ANSWER_CLOCK)

    # CP-4 Contain: for a fault of a product, or where safety is concerned: stop, isolate, replace.
    contained = case.task(CONTAINMENT, shows=shown) if is_product_fault(complaint) else None

    # CP-5 Assign: the department accepts or contests within four hours; the service director rules.
    offer = with_facts(shown, department_fact(department))
    accepted = case.task(ACCEPTANCE, shows=offer, from_=HEADS[department])
    if not accepted.accepts:
        department = case.task(RULING, shows=with_facts(offer, *accepted.facts(leave_out=("accepts",)))).department

    # CP-6 Analyse: why it arose, why it was not caught, proof; a supplier's part is linked to that supplier.
    upheld_at = appealed_at or upheld_in_this_round(case)
    if upheld_at:
        count_hours_again(case, severity, upheld_at)
    analysis: Analysis = asking(case, ANALYSIS, shown, department)
    enter_cause(department, analysis)
    return Found(severity, department, analysis, with_facts(shown, *cause_facts(department, analysis, contained)))


def confirmed(case: Case[Complaint], assessed: Assessed, *, counts: bool) -> tuple[str, str, Shown]:
    """CP-3: severity and department as the service lead has them, and what is shown of the complaint from then on.

    `counts` says whether the hours still follow: not once it has been answered.
    """
    shown = complaint_facts(case.subject, assessed.severity, rule=assessed.because)
    check = case.task(SEVERITY_CHECK, shows=shown, against={"proposed": assessed.severity})
    severity = check.chosen(assessed.severity)
    enter_severity(severity, check.department)
    if severity != assessed.severity:
        if counts:
            count_hours(case, assessed, severity)
        shown = complaint_facts(case.subject, severity, reason=check.reason)
        if severity == "urgent":
            case.tell("CP-3", "alert", Announce(ALERTED, "紧急投诉 / An urgent complaint", shows=shown))
    return severity, check.department, shown


def upheld_in_this_round(case: Case[Complaint]) -> datetime | None:
    """CP-10: when an appeal was upheld since the complaint was opened, or opened again (CP-11)."""
    upheld_at, opened_again_at = case.last_back_to("CP-6"), case.last_back_to("CP-3")
    return upheld_at if upheld_at and (opened_again_at is None or upheld_at > opened_again_at) else None


def count_hours_again(case: Case[Complaint], severity: str, since: datetime) -> None:
    """CP-10, CP-14: from when an appeal was upheld the solution has its hours once more, however often it is redone."""
    solve_in = case.policy.number(f"complaint_solve_{severity}")
    case.start_clock(SOLUTION_CLOCK, hours=solve_in, since=since, to=case.subject.person)


def solve(case: Case[Complaint], found: Found) -> None:
    """CP-7 to CP-10: solution and its approval, answer, remedy with proof, one appeal."""
    # CP-7 Solution gate: by cost; never decided by whoever investigated or proposed it.
    solution: Solution = asking(case, SOLUTION, found.shown)
    shown = with_facts(found.shown, *solution_facts(solution))
    decision = case.approval(SOLUTION_GATE, shows=shown, amount=solution.cost)
    if decision.rejected:
        case.back_to("CP-7", because=decision.comment, rounds="complaint_rounds")

    # CP-8 Answer, with how to appeal. CP-9 Carry out the remedy, with proof: then it is solved.
    enter_answer(str(solution.verdict), solution.remedy, str(solution.cost))
    facts = answer_facts(solution)
    reply = answered(case, facts) if may_appeal() else final_answer(case, facts)
    carried_out(case, shown, is_due=solution.has_remedy)

    # CP-10 Appeal, once, to another reviewer.
    if upheld_on_appeal(case, shown, reply()):
        case.back_to("CP-6", because="申诉成立 / the appeal was upheld", rounds=1)


def carried_out(case: Case[Complaint], shown: Shown, *, is_due: bool) -> None:
    """CP-9: the remedy, with proof, where one `is_due`; only then is the complaint solved, and its hours end."""
    done = case.task(REMEDY, shows=shown) if is_due else None
    if done:
        case.collect(PROOF, from_=owner)
    enter_solved(done.on if done else None)
    case.stop_clock(SOLUTION_CLOCK)


def answered(case: Case[Complaint], facts: Shown) -> Callable[[], str]:
    """CP-8: by mail, or by phone where there is no address; what is given back waits for why the customer appeals."""
    customer = case.subject.person
    if customer is None:
        told: Told = case.task(TOLD_BY_PHONE, shows=facts)
        return lambda: told.appeal
    within = appeal_within(case.policy.number("complaint_appeal_days"))
    waiting = case.open_task(ANSWER, shows=Shown((*facts.facts, within)), from_=customer)
    return lambda: reason_in(waiting())


def final_answer(case: Case[Complaint], facts: Shown) -> Callable[[], str]:
    """CP-8 after an appeal: the answer is final."""
    customer = case.subject.person
    if customer is None:
        case.task(TOLD_BY_PHONE, shows=facts)
    else:
        case.write("CP-8", "final_answer", replace(FINAL, shows=facts), to=customer)
    return str


def upheld_on_appeal(case: Case[Complaint], shown: Shown, reason: str) -> datetime | None:
    """CP-10: another reviewer hears an appeal; when it was upheld. The customer is told where the answer stands."""
    if not reason:
        return None
    ruling = case.approval(APPEAL, shows=with_facts(shown, appeal_fact(reason)))
    ruled_at = enter_appeal(reason, ruling.approved)
    if ruling.rejected and case.subject.person:
        case.write("CP-10", "appeal_refused", appeal_words(ruling.comment), to=case.subject.person)
    return ruled_at if ruling.approved else None


def asking(
    case: Case[Complaint], task: FormTask, shows: Shown, department: str = "", against: Mapping[str, str] | None = None
) -> Any:
    """CP-14: whoever fills in the form may ask the customer first, a few times; the form then comes again."""
    customer = case.subject.person
    left, kept = case.policy.number("complaint_questions") if customer else 0, None
    while True:
        given = case.task(
            task, shows=shows, draft=kept, against={"questions_left": str(left), **(against or {})},
            from_=HEADS.get(department),
        )  # fmt: skip
        if not given.question or customer is None:
            return given
        said = case.task(QUESTION, shows=question_fact(given.question), from_=customer)
        shows = with_facts(shows, asked_and_said(given.question, said.answer if said else None))
        left, kept = left - 1, given.kept()
