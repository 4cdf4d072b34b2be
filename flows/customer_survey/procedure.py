"""Customer survey 客户满意度调查: half-yearly, by mail, answered by a tap; what it shows is improved (CB-8).

An answer of 1 or 2 opens a callback at once (CB-6); whoever answers again replaces the answer until the survey closes.
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, manager, owner, procedure, role
from flows.customer_survey.elements import FINDINGS
from flows.customer_survey.steps import (
    count_answers,
    improvement_input,
    invite,
    next_survey,
    nobody,
    result_facts,
)
from flows.customer_survey.subject import CustomerSurvey


@flow(name="customer-survey")
@procedure(code="CS", version=1, title="客户满意度调查 / Customer survey")
def customer_survey(case: Case[CustomerSurvey]) -> Outcome:
    """满意度调查：发出、统计、改进。Ask customers, count the answers, improve what they show."""
    survey = case.subject

    # CB-8 The next survey first, so that whatever becomes of this one does not end the row.
    later = next_survey(survey)
    if later.at:
        case.open_later("customer-survey", later.input, rule="CB-8", relation="next_survey", on=later.at)

    # CB-8 One mail to every customer that may be written to; open for two weeks (policy).
    sent = invite(survey, case.policy)
    if nobody(sent.count):
        return case.close("done", nobody(sent.count))
    case.wait("CB-8", "survey_is_open", title="调查进行中 / the survey is open", until=sent.closes_at)

    # CB-8 Themes and trends; each finding becomes an improvement with department, person, date and check of its effect.
    result = result_facts(survey, count_answers(survey))
    case.tell(
        "CB-8", "tell_result", Announce((owner, manager, role("sales_director")), "调查结果 / Result", shows=result)
    )
    found = case.task(FINDINGS, shows=result)
    for finding in found.improvements:
        case.open_later("improvement", improvement_input(survey, finding), rule="CB-8", relation="improvement")

    return case.close("done", "调查已结束，改进已安排 / the survey is over, and improvements are under way")
