"""Complaint resolution 投诉处理, as the rule book has it, in its order.

Who is asked and by when stands in `elements.py`, what each form asks in `forms.py`, what the engine does itself in
`steps.py`. All hours are clock hours.
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, manager, owner, procedure, role
from flows.complaint_resolution.elements import SEVERITY_CHECK, SHORT_ANSWER
from flows.complaint_resolution.steps import (
    acknowledgement,
    answer_words,
    enter_result,
    receive,
    severity_facts,
)
from flows.complaint_resolution.subject import Complaint


@flow(name="complaint-resolution")
@procedure(code="CP", version=1, title="投诉处理 / Complaint resolution")
def complaint_resolution(case: Case[Complaint]) -> Outcome:
    """投诉处理：从受理到结案。Resolve a complaint, from its receipt to its close."""
    complaint = case.subject
    customer = complaint.person

    # CP-1 Receive, at any hour and by any channel. CP-2 Acknowledge at once: code, person in charge, next date.
    received = receive(complaint, case.policy)
    if customer:
        case.write("CP-2", "acknowledge", acknowledgement(complaint, received, case.policy), to=customer)

    # CP-3 Assess: severity by rule, confirmed by the service lead; urgent alerts the general manager at once.
    shown = severity_facts(complaint, received)
    if received.severity == "urgent":
        told = (role("general_manager"), role("service_lead"), owner, manager)
        case.tell("CP-3", "alert", Announce(told, "紧急投诉 / An urgent complaint", shows=shown))
    if not received.is_short:
        case.task(SEVERITY_CHECK, shows=shown, against={"proposed": received.severity})

    # Short path: one person answers and remedies.
    answer = case.task(SHORT_ANSWER, shows=shown)
    if customer:
        case.write("CP-8", "answer", answer_words(answer.answer), to=customer)
    enter_result(answer.verdict, answer.remedy, str(answer.cost))
    return case.close("resolved", "投诉已处理 / the complaint is resolved")
