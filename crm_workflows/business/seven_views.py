"""The seven views of a customer (RP-3) and the plan for an A customer (RP-5): what is known, and what it lacks.
It changes nothing.

Nothing is guessed: where the register has no column for something, the view says that it is not kept here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from crm_workflows.business.complaint_register import PROCESS
from crm_workflows.business.complaints import KIND as COMPLAINT
from crm_workflows.business.customer_file import CustomerFile, customer_file
from crm_workflows.business.plans import known
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import ComplaintEntry, ContactMade, Customer, CustomerInvoice, CustomerOrder
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Fact
from crm_workflows.domain.text import SEPARATOR, bilingual, day_in
from crm_workflows.engine.ports import Reader

ARCHIVE: Final = {
    "address": "地址 / address",
    "further_contact": "其他联系人 / another contact",
    "invoice_title": "开票抬头 / invoice title",
    "invoice_account": "开票账户 / account for invoices",
    "needs": "需求 / needs",
    "preferences": "偏好 / preferences",
    "purchase_history": "采购经历 / purchase history",
    "opinion_history": "意见记录 / opinion history",
}
"""What an archive asks for (ON-1), by the name under which the register keeps it."""
GOODS_SHOWN: Final = 5
PLAN: Final = "客户计划 / Plan"
NO_PLAN: Final = "计划：A 级客户应有 / a plan, which an A customer should have"
NO_ORDERS: Final = "订单 / orders"


@dataclass(frozen=True)
class View:
    """One of the seven: what is known, and what is lacking (labels)."""

    title: str
    facts: tuple[Fact, ...]
    lacks: tuple[str, ...]


@carries_out("RP-3")
def seven_views(reader: Reader, code: str, day: Callable[[datetime], date]) -> tuple[View, ...]:
    """Profile, persistency, profitability, performance, prospects, product, promotion, in that order.

    From all orders and contacts of the customer, however many a page lists; `day` is the date of an instant where the
    company is. Raises NotFound.
    """
    file = replace(
        customer_file(reader, code),
        orders=reader.find(CustomerOrder, customer=code), contacts_made=reader.find(ContactMade, customer=code),
        invoices=reader.find(CustomerInvoice, customer=code),
    )  # fmt: skip
    details: Mapping[str, Any] = file.row.details or {}
    return (
        _profile(file, details), _persistency(file, day), _profitability(file),
        _performance(file, _complaints(reader, file)),
        _prospects(file, details), _product(file), _promotion(file, details),
    )  # fmt: skip


def _view(title: str, facts: Iterable[tuple[str, object]], lacks: Iterable[tuple[bool, str]]) -> View:
    """Facts that say something, and what is lacking where the condition holds."""
    told = ((label, value) for label, value in facts if value not in (None, ""))
    known_facts = tuple(Fact.of(label, value) for label, value in told)
    return View(title, known_facts, tuple(label for is_lacking, label in lacks if is_lacking))


def _profile(file: CustomerFile, details: Mapping[str, Any]) -> View:
    row = file.row
    facts = [
        ("地区 / Region", row.region), ("地址 / Address", details.get("address")),
        ("联系人数 / People known", len(file.people)), ("偏好 / Preferences", details.get("preferences")),
        ("开票抬头 / Invoice title", details.get("invoice_title")),
    ]  # fmt: skip
    names = ("address", "further_contact", "invoice_title", "invoice_account", "preferences")
    known_anyhow = {"further_contact"} if len(file.people) > 1 else set()
    lacks = [(not details.get(name) and name not in known_anyhow, ARCHIVE[name]) for name in names]
    return _view(
        "概况 / Profile", facts, [(not row.industry, "行业 / industry"), (not row.region, "地区 / region"), *lacks]
    )


def _persistency(file: CustomerFile, day: Callable[[datetime], date]) -> View:
    days = [day(order.ordered_at) for order in file.orders]
    facts = [
        ("登记日期 / Entered", day(file.row.registered_at)), ("订单数 / Orders", len(days)),
        ("最早订单 / First order", min(days, default=None)),
        ("最近订单 / Last order", max(days, default=None)),
        ("合同数 / Contracts", len(file.contracts)),
    ]  # fmt: skip
    lacks = [(not days, NO_ORDERS), (not file.contracts, "合同 / contracts"), (not file.row.stage, "关系阶段 / stage")]
    return _view("持久性 / Persistency", facts, lacks)


def _profitability(file: CustomerFile) -> View:
    sums: dict[str, Money] = {}
    for order in file.orders:
        money = Money.model_validate(order.amount)
        sums[money.currency] = sums.get(money.currency, Money.of(0, money.currency)) + money
    facts = [("订单金额合计 / Value of the orders", money) for money in sums.values()]
    lacks = [(not sums, NO_ORDERS), (True, "成本和毛利：系统中没有 / costs and margin: not kept here")]
    return _view("盈利性 / Profitability", facts, lacks)


def _performance(file: CustomerFile, complaints: int) -> View:
    grades = [one.details["satisfaction"] for one in file.contacts_made if (one.details or {}).get("satisfaction")]
    mean = (Decimal(sum(grades)) / len(grades)).quantize(Decimal("0.1"), ROUND_HALF_UP) if grades else None
    delivered = sum(order.delivered_at is not None for order in file.orders)
    facts = [
        ("平均满意度（1–5） / Mean satisfaction (1–5)", str(mean) if mean is not None else None),
        ("评分数 / Grades", len(grades)), ("投诉 / Complaints", complaints),
        ("已交货订单 / Delivered orders", delivered), *_paid(file),
    ]  # fmt: skip
    lacks = [(not grades, "满意度 / satisfaction"), (not file.invoices, "付款记录 / payments")]
    return _view("表现 / Performance", facts, lacks)


def _complaints(reader: Reader, file: CustomerFile) -> int:
    """By their cases, and those that came in as contacts, which have none."""
    cases = {one.case for one in reader.find(ComplaintEntry, customer=file.row.code)}
    cases |= {case.code for case in file.cases if case.process == PROCESS}
    return len(cases) + sum(one.kind == COMPLAINT and one.case is None for one in file.contacts_made)


def _paid(file: CustomerFile) -> Iterable[tuple[str, object]]:
    """How invoices were paid, where any are known."""
    paid = [one for one in file.invoices if one.paid_at is not None]
    in_time = sum(one.paid_at is not None and one.paid_at <= one.due_at for one in paid)
    counts = (("发票 / Invoices", len(file.invoices)), ("已付 / Paid", len(paid)), ("按期付款 / Paid in time", in_time))
    return counts if file.invoices else ()


def _prospects(file: CustomerFile, details: Mapping[str, Any]) -> View:
    plan = known(file.row)
    goals = [plan[name] for name in ("first_goal", "second_goal", "third_goal") if (plan.get(name) or {}).get("what")]
    said = "\n".join(f"{goal['what']}：{goal['measure']}" for goal in goals)
    needs = plan.get("needs") or details.get("needs")
    facts = [("等级 / Tier", file.row.tier), ("需求 / Needs", needs), ("计划目标 / Goals of the plan", said)]
    lacks = [(not needs, ARCHIVE["needs"]), (not goals, "客户计划 / a plan")]
    return _view("前景 / Prospects", facts, lacks)


def _product(file: CustomerFile) -> View:
    goods = Counter(order.goods for order in file.orders if order.goods)
    most = "、".join(f"{name} × {count}" for name, count in goods.most_common(GOODS_SHOWN))
    open_orders = sum(order.is_open for order in file.orders)
    nameless = sum(not order.goods for order in file.orders)
    facts = [("最常订购 / Ordered most", most), ("未完成订单 / Open orders", open_orders)]
    return _view(
        "产品 / Product",
        facts,
        [(not file.orders, NO_ORDERS), (bool(nameless), "部分订单的货物 / goods of some orders")],
    )


def _promotion(file: CustomerFile, details: Mapping[str, Any]) -> View:
    reached = [one for one in file.contacts_made if one.reached]
    surveys = sum(one.kind == "survey" for one in file.contacts_made)
    facts = [
        ("客户来源 / Source", details.get("source")), ("联系上的次数 / Times reached", len(reached)),
        ("调查答复 / Surveys answered", surveys), ("同意联系 / Consents to contact", file.row.consents),
    ]  # fmt: skip
    lacks = [
        (not details.get("source"), "客户来源 / source"),
        (True, "促销活动：系统中没有 / campaigns: not kept here"),
    ]
    return _view("推广 / Promotion", facts, lacks)


def plan_view(row: Customer, today: date, name: Callable[[str, str], str]) -> View | None:
    """RP-5: the plan that holds, with what it lacks; None for a customer that needs none and has none.

    `name` gives whoever has an address in a language.
    """
    plan = known(row)
    if not plan:
        return View(PLAN, (), (NO_PLAN,)) if row.tier == "A" and row.status == "active" else None
    goals, actions = _said(plan, "goal", "measure"), _said(plan, "action", "who")
    facts = [Fact.of("制定日期 / Made on", date.fromisoformat(plan["on"]))] if plan.get("on") else []
    facts += [_lines("目标 / Goals", goals, lambda how, _: how)] if goals else []
    texts = (("重要联系人 / Contacts that matter", plan.get("contacts")), ("需求 / Needs", plan.get("needs")))
    facts += [Fact(label, text) for label, text in texts if text]
    facts += [_lines("行动 / Actions", actions, name)] if actions else []
    lacks = [
        (not goals, "可衡量的目标 / goals that can be measured"), (not plan.get("contacts"), texts[0][0]),
        (not plan.get("needs"), texts[1][0]), (not actions, "行动 / actions"),
        *((by < today, _overdue("目标", "goal", what)) for what, _, by in goals),
        *((by < today, _overdue("行动", "action", what)) for what, _, by in actions),
    ]  # fmt: skip
    return View(PLAN, tuple(facts), tuple(label for is_lacking, label in lacks if is_lacking))


def _said(plan: Mapping[str, Any], kind: str, how: str) -> list[tuple[str, str, date]]:
    """What, by which measure or whom, until when; those that say something."""
    found = [plan.get(f"{place}_{kind}") or {} for place in ("first", "second", "third")]
    return [(one["what"], one[how], date.fromisoformat(one["by"])) for one in found if one.get("what")]


def _lines(label: str, told: list[tuple[str, str, date]], name: Callable[[str, str], str]) -> Fact:
    zh = (f"{what} – {name(how, 'zh')}（{day_in(by, 'zh')}前）" for what, how, by in told)
    en = (f"{what} – {name(how, 'en')} (by {day_in(by, 'en')})" for what, how, by in told)
    return Fact(label, "\n".join(zh), "\n".join(en))


def _overdue(zh: str, en: str, what: str) -> str:
    plain = what.replace(SEPARATOR, "/")
    return bilingual(f"已过期的{zh}“{plain}”的结果", f"what came of the {en} “{plain}”, whose day is past")
