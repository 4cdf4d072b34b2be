"""Customer plan A 级客户计划: goals that can be measured, contacts, needs, actions; reviewed quarterly (RP-5).

Opened by the re-tiering (RP-4) for each A customer that has none, and by itself each quarter after that.
"""

from prefect import flow

from crm_workflows import Case, Outcome, procedure
from flows.customer_plan.elements import PLAN, PLAN_APPROVAL
from flows.customer_plan.steps import enter_plan, known_facts, last_plan, look_at, next_quarter, plan_facts
from flows.customer_plan.subject import PlannedCustomer


@flow(name="customer-plan")
@procedure(code="KP", version=1, booked=True, title="A 级客户计划 / Plan for an A customer")
def customer_plan(case: Case[PlannedCustomer]) -> Outcome:
    """A 级客户计划：目标、联系人、需求、行动。Plan a quarter with an A customer, and look at the last one."""
    customer = case.subject

    # Only for whoever is of tier A still.
    found = look_at(customer)
    if not found.is_a:
        return case.close("done", "客户已不是 A 级或已冻结 / the customer is no longer of tier A, or blocked")

    # RP-5 The account manager plans, from the plan before; the sales manager decides.
    plan = case.task(PLAN, shows=known_facts(customer, found), draft=last_plan(found))
    decision = case.approval(PLAN_APPROVAL, shows=plan_facts(customer, found, plan))
    if decision.approved:
        enter_plan(customer, plan)

    # Reviewed next quarter, whatever was decided.
    later = next_quarter(customer)
    case.open_later("customer-plan", later.input, rule="RP-5", relation="plan_review", on=later.at)
    if decision.rejected:
        return case.reject("计划未获批准，原计划不变 / refused; the plan before stays", comment=decision.comment)
    return case.approve("计划已登记，下季度复核 / the plan is entered, to be reviewed next quarter")
