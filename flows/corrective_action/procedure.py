"""Corrective action 纠正措施: what keeps a grave or repeated complaint from coming again (CP-12).

Opened by a complaint; it does not end without a check of its effect after 60 to 90 days, by somebody else.
"""

from prefect import flow

from crm_workflows import Case, Outcome, procedure
from flows.corrective_action.elements import EFFECT, MEASURE
from flows.corrective_action.steps import enter_measure, to_correct_facts
from flows.corrective_action.subject import ToCorrect


@flow(name="corrective-action")
@procedure(code="CA", version=1, booked=True, title="纠正措施 / Corrective action")
def corrective_action(case: Case[ToCorrect]) -> Outcome:
    """纠正措施：制定、执行、检查效果。Correct the cause of a complaint, and check whether that has helped."""
    wanted = case.subject

    # CP-12 The head of the department in charge corrects the cause.
    measure = case.task(MEASURE, shows=to_correct_facts(wanted))

    # CP-12 Its effect is looked at after 60 to 90 days, never by whoever corrected it; without any it is done again.
    case.wait(
        "CP-12",
        "time_to_take_effect",
        title="等待见效 / time to take effect",
        until=enter_measure(measure, case.policy),
    )
    checked = case.task(EFFECT, shows=to_correct_facts(wanted, measure))
    if not checked.has_effect:
        case.back_to("CP-12", because=checked.remark, rounds="corrective_rounds")
    return case.close("done", "纠正措施有效 / the corrective action has had an effect")
