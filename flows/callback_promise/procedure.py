"""Promise to a customer 客户承诺: on its day, whoever promised something in a callback says whether it was kept (CB-4).

Opened by a callback for each promise, on the morning of its day; what is promised for another day comes again.
"""

from prefect import flow

from crm_workflows import Case, Outcome, procedure
from flows.callback_promise.elements import KEPT
from flows.callback_promise.steps import enter_result, promised_again
from flows.callback_promise.subject import CustomerPromise


@flow(name="callback-promise")
@procedure(code="PR", version=1, booked=True, title="客户承诺 / Promise to a customer")
def callback_promise(case: Case[CustomerPromise]) -> Outcome:
    """承诺：到期确认是否兑现。See on its day whether a promise was kept."""
    promise = case.subject

    # CB-4 On the day, whoever promised says whether it was kept, and if not, why.
    said = case.task(KEPT, shows=promise.shown(), against={"by": promise.by.isoformat()})
    enter_result(said)
    if said.again_on:
        later = promised_again(promise, said)
        case.open_later("callback-promise", later.input, rule="CB-4", relation="promised_again", on=later.at)
    if said.result == "kept":
        return case.close("done", "承诺已兑现 / the promise was kept")
    return case.close("done", "承诺未兑现 / the promise was not kept")
