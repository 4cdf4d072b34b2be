"""Customer re-tiering 客户重新分级: quarterly, the tiers of all customers by rule again, as one approval (RP-4).

Begins by itself with the first quarter in which there are customers; each one books that of the next. Account managers
hear first and can object to whoever is in charge, who names the exceptions; a single customer is reviewed by the review
(ON-12) as ever.
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, owner, procedure
from flows.customer_retiering.elements import EXCEPTIONS, RETIERING
from flows.customer_retiering.steps import (
    account_managers,
    enter,
    left,
    listed,
    next_quarter,
    propose,
    under_way,
    without_plan,
)
from flows.customer_retiering.subject import Retiering


@flow(name="customer-retiering")
@procedure(code="RT", version=1, title="客户重新分级 / Customer re-tiering")
def customer_retiering(case: Case[Retiering]) -> Outcome:
    """客户重新分级：重算、列出例外、批量批准。Work all tiers out again, and have the changes approved in bulk."""
    # RP-4 The next quarter first, so that whatever becomes of this one does not end the row.
    later = next_quarter(case.subject)
    if later.at:
        case.open_later("customer-retiering", later.input, rule="RP-4", relation="next_retiering", on=later.at)

    # One at a time: people would be told and asked of the same changes twice.
    other = under_way()
    if other:
        return case.close("done", f"{other} 正在进行，不再重复 / {other} is under way; this one is not needed")

    # By rule, as at onboarding (ON-5): what was really ordered counts before what was expected.
    found = propose(case.policy)

    # The account managers concerned hear first; whoever is in charge names exceptions, with the reason.
    approved = False
    changes = found.changes
    told = (owner, *account_managers(changes))
    proposed = listed(found, changes)
    if changes or found.foreign:
        case.tell("RP-4", "tell_proposal", Announce(told, "拟变更客户等级 / Proposed changes of tier", shows=proposed))
    if changes:
        said = case.task(EXCEPTIONS, shows=proposed, against={"codes": ",".join(one.code for one in changes)})
        changes = left(found, said.codes)

        # One approval for all that is left: yes to the whole, or back for exceptions. Then entered at once.
        if changes:
            shown = listed(found, changes, said.reason)
            approved = case.approval(RETIERING, shows=shown).approved
            if approved:
                enter(changes)
                case.tell("RP-4", "tell_result", Announce(told, "客户等级已变更 / Tiers have changed", shows=shown))

    # RP-5 A plan for each A customer that has none.
    for plan in without_plan():
        case.open_later("customer-plan", plan, rule="RP-5", relation="plan")
    if not changes:
        return case.close("done", "没有等级变更 / no tier changes")
    if not approved:
        return case.reject("等级变更未获批准，保持不变 / refused; all tiers stay as they are")
    return case.approve("等级变更已登记 / the changes are entered")
