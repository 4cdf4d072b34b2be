"""Follow-up of a complaint 投诉回访: three days after its close the customer is asked one question (CP-11).

By mail, answered by a tap or a number in a reply; who does not answer is called. Satisfaction of 2 or less opens the
complaint again, as its next round.
"""

from prefect import flow

from crm_workflows import Announce, Case, Fact, Outcome, owner, procedure, role
from flows.complaint_follow_up.elements import FOLLOW_UP, SURVEY, UNHAPPY
from flows.complaint_follow_up.steps import enter_satisfaction, follow_up_facts
from flows.complaint_follow_up.subject import ToFollowUp


@flow(name="complaint-follow-up")
@procedure(code="CF", version=1, booked=True, title="投诉回访 / Follow-up of a complaint")
def complaint_follow_up(case: Case[ToFollowUp]) -> Outcome:
    """投诉回访：客户是否满意。Ask a customer whether we dealt with the complaint well."""
    asked = case.subject

    # CP-11 One question by mail; else the person in charge calls.
    said = case.task(SURVEY, from_=asked.person) if asked.person else None
    said = said or case.task(FOLLOW_UP, shows=follow_up_facts(asked))
    if said.grade is None:
        return case.close("done", "未联系上客户 / the customer was not reached")
    enter_satisfaction(asked, said.grade, said.comment)

    # CP-11 2 or less opens the complaint again; after the last round the service director hears instead.
    if int(said.grade) <= UNHAPPY:
        shown = follow_up_facts(asked, Fact("满意度 / Satisfaction", said.grade), Fact("意见 / Comment", said.comment))
        unhappy = Announce(
            (owner, role("service_director")), "客户对投诉处理不满意 / A customer is not satisfied", shows=shown
        )
        case.tell("CP-11", "tell_of_dissatisfaction", unhappy)
        if asked.round < case.policy.number("complaint_rounds"):
            because = f"客户满意度 {said.grade} / the customer's satisfaction is {said.grade}"
            case.reopen("complaint-resolution", asked.complaint, back_to="CP-3", because=because, rule="CP-11")
    return case.close("done", "已回访 / followed up")
