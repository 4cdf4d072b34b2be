"""Improvement 改进任务: a finding of a survey is improved by a date, and its effect is checked (CB-8).

Opened by a survey for each finding; what has had no effect is improved again.
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, manager, owner, procedure
from flows.improvement.elements import EFFECT, IMPROVE
from flows.improvement.steps import dates_of, enter_improvement, wanted_facts
from flows.improvement.subject import ToImprove


@flow(name="improvement")
@procedure(code="IM", version=1, booked=True, title="改进任务 / Improvement")
def improvement(case: Case[ToImprove]) -> Outcome:
    """改进：限期完成，检查效果。Improve something by a date, and check whether it has helped."""
    wanted = case.subject
    dates, shown = dates_of(wanted), wanted_facts(wanted)

    # Until the date with whoever is in charge; once it is over, their manager hears and it is asked for again.
    done = case.task(IMPROVE, shows=shown, until=dates.over_at)
    if done is None:
        case.tell("CB-8", "tell_late", Announce((owner, manager), "改进逾期 / An improvement is late", shows=shown))
        done = case.task(IMPROVE, shows=shown)

    # Its effect is looked at by whoever asked for it, never by whoever improved it.
    case.wait(
        "CB-8",
        "time_to_take_effect",
        title="等待见效 / time to take effect",
        until=enter_improvement(done, case.policy),
    )
    checked = case.task(EFFECT, shows=wanted_facts(wanted, done))
    if not checked.has_effect:
        case.back_to("CB-8", because=checked.remark)
    return case.close("done", "改进有效 / the improvement has had an effect")
