"""What the engine itself does about a plan (RP-5)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from crm_workflows import Books, Fact, Money, Shown, customers, day_in, plans, retiering, step
from flows.customer_plan.elements import CustomerPlan
from flows.customer_plan.subject import PlannedCustomer


@dataclass(frozen=True)
class Found:
    """What the register says: whether the customer is still of tier A, what it ordered, and the plan that holds."""

    is_a: bool
    traded: Money | None
    last_contact_at: datetime | None
    plan: dict[str, Any]


@step(rule="RP-5", title="查阅客户名册 / look at the register")
def look_at(customer: PlannedCustomer, *, books: Books) -> Found:
    """A blocked customer, or one of another tier by now, needs no plan."""
    row = customers.held(books, customer.customer)
    is_a = row.tier == "A" and row.status == "active"
    traded = customers.traded_last_year(books, customer.customer)
    last_contact = books.local(row.last_contact_at) if row.last_contact_at else None
    return Found(is_a, traded, last_contact, plans.known(row))


def known_facts(customer: PlannedCustomer, found: Found) -> Shown:
    """What the account manager needs to plan."""
    last = found.last_contact_at.date() if found.last_contact_at else None
    return Shown(
        (
            Fact("客户 / Customer", f"{customer.customer} {customer.company}"),
            Fact.of("近一年交易额（按订单） / Trade value of the last year (orders)", found.traded),
            Fact.of("最近联系 / Last contact", last),
            Fact.of("现行计划 / The plan that holds", found.plan.get("on") or None),
        )
    )


def last_plan(found: Found) -> dict[str, Any]:
    """The plan that holds, filled in for the new one; what came of it is to be told anew."""
    asked = set(CustomerPlan.model_fields) - {"reached"}
    return {name: value for name, value in found.plan.items() if name in asked}


def plan_facts(customer: PlannedCustomer, found: Found, plan: CustomerPlan) -> Shown:
    """What the sales manager decides on."""
    goals = [(one.what, one.measure, one.by) for one in plan.goals]
    actions = [(one.what, one.who, one.by) for one in plan.actions]
    return Shown(
        (
            *known_facts(customer, found).facts,
            Fact("目标 / Goals", _lines(goals, "zh"), _lines(goals, "en")),
            Fact("重要联系人 / Contacts that matter", plan.contacts),
            Fact("需求 / Needs", plan.needs),
            Fact("行动 / Actions", _lines(actions, "zh"), _lines(actions, "en")),
            Fact.of("上季度目标完成情况 / What came of the last quarter's goals", plan.reached),
        )
    )


def _lines(told: list[tuple[str, str, date]], language: str) -> str:
    """What, by which measure or whom, until when, a line each."""
    until = "{} – {}（{}前）" if language == "zh" else "{} – {} (by {})"
    return "\n".join(until.format(what, how, day_in(by, language)) for what, how, by in told)


@step(rule="RP-5", title="登记客户计划 / enter the plan")
def enter_plan(customer: PlannedCustomer, plan: CustomerPlan, *, books: Books) -> None:
    """In the register, beside the archive."""
    plans.enter(books, customer.customer, plan.model_dump(mode="json"))


@dataclass(frozen=True)
class Next:
    """The review of the plan."""

    at: datetime
    input: dict[str, Any]


@step(rule="RP-5", title="安排下季度复核 / book next quarter's review")
def next_quarter(customer: PlannedCustomer, *, books: Books) -> Next:
    """With whoever keeps the customer then."""
    owner = customers.held(books, customer.customer).owner
    at = books.morning_of(retiering.next_quarter(books.today))
    return Next(at, customer.model_dump(mode="json") | {"owner": owner})
