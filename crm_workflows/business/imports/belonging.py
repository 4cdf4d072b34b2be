"""Imports what belongs to customers: people, contracts, orders, contacts made. Orders and contacts move the last real
contact forward (CB-1), never back. It must not change the register otherwise.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from crm_workflows.business.imports import happening
from crm_workflows.business.imports.naming import SEVERAL, meant
from crm_workflows.business.imports.register import IN_FUTURE, instant
from crm_workflows.business.imports.table import Column, Entry, Kind, Plan, Surroundings
from crm_workflows.domain import cells
from crm_workflows.domain.cells import CellProblem, Raw
from crm_workflows.domain.records import ContactMade, Customer, CustomerContact, CustomerContract, CustomerOrder

LANGUAGES: Final = {"zh": "中文 / Chinese", "en": "英文 / English"}
CONTACT_KINDS: Final = {
    "callback": "回访 / Callback",
    "visit": "拜访 / Visit",
    "service": "上门服务 / Service",
    "order": "订单 / Order",
    "complaint": "投诉 / Complaint",
}
UNKNOWN: Final = (
    "客户名册中没有 / is not in the register",
    "先导入客户，或改填客户代码 / import the customer first, or give its code",
)
ENDS_FIRST: Final = ("早于签订日期 / is before the day of signing", "核对日期 / check the day")
HOW_TO_REACH: Final = ("电话和邮箱都没有 / has neither phone nor mail", "至少填一项 / give one of them")


def currency(raw: Raw) -> str:
    """Three letters; CNY where nothing stands."""
    written = cells.code(raw) or "CNY"
    if written in ("人民币", "RMB", "元"):
        return "CNY"
    if len(written) != 3 or not written.isascii() or not written.isalpha():
        raise CellProblem("不是币种 / is no currency", "填 CNY、USD、EUR 等 / write CNY, USD, EUR …")
    return written


def _language(raw: Raw) -> str:
    return cells.choice(raw, LANGUAGES)


def _contact_kind(raw: Raw) -> str:
    return cells.choice(raw, CONTACT_KINDS)


def _long(raw: Raw) -> str:
    return cells.text(raw, 2000)


CUSTOMER: Final = Column(
    "customer", "客户 / Customer", cells.text, True,
    ("客户代码", "客户编号", "客户名称", "统一社会信用代码", "信用代码"), "C-MA-0001",
)  # fmt: skip
Rows = list[tuple[Entry, Customer]]


def with_customers(plan: Plan, kind: Kind, entries: list[Entry], around: Surroundings) -> Rows:
    """Each entry with its customer, which it names by code, credit code or full name; the others become problems.

    So does what stands twice in the file, also where its customer is named in two ways.
    """
    meaning = meant(around.reader, Customer, (entry.values["customer"] for entry in entries))
    rows: Rows = []
    for entry in entries:
        known = meaning[entry.values["customer"]]
        if len(known) != 1:
            plan.problems.append(entry.problem(CUSTOMER, *(SEVERAL if known else UNKNOWN)))
        elif twice := around.file.once(CUSTOMER, entry, kind.key({**entry.values, CUSTOMER.name: known[0].code})):
            plan.problems.append(twice)
        else:
            rows.append((entry, known[0]))
    return rows


def put(plan: Plan, record: type, keys: tuple[str, ...], old: Any, new: Any) -> None:
    """A row that is new, is changed where it differs, or is there already."""
    if old is None:
        plan.new.append(new)
        plan.added += 1
        return
    changed = {name: getattr(new, name) for name in new.__slots__ if getattr(old, name) != getattr(new, name)}
    if changed:
        plan.changes.append((record, {name: getattr(new, name) for name in keys}, changed))
    plan.changed += bool(changed)
    plan.unchanged += not changed


def _touch(plan: Plan, contacts: Iterable[tuple[Customer, datetime]]) -> None:
    """The last real contact of each customer, if one of these is later; only while nobody else has moved it."""
    latest: dict[str, tuple[Customer, datetime]] = {}
    for customer, at in contacts:
        if customer.code not in latest or at > latest[customer.code][1]:
            latest[customer.code] = (customer, at)
    for customer, at in latest.values():
        before = customer.last_contact_at
        if before is None or at > before:
            where: dict[str, object] = {"code": customer.code, "last_contact_at": before}
            plan.changes.append((Customer, where, {"last_contact_at": at}))


def plan_contacts(entries: list[Entry], around: Surroundings) -> Plan:
    """People, by their names at their customer; new ones are tried after those who are known (CB-5)."""
    plan = Plan()
    rows = with_customers(plan, CONTACTS, entries, around)
    known: dict[str, dict[str, CustomerContact]] = defaultdict(dict)
    for one in around.reader.find(CustomerContact, customer=[customer.code for _, customer in rows]):
        known[one.customer].setdefault(one.name, one)
    for entry, customer in rows:
        values = entry.values
        if not values["phone"] and not values["email"]:
            plan.problems.append(entry.problem(CONTACTS.column("phone"), *HOW_TO_REACH))
            continue
        here = known[customer.code]
        old = here.get(values["name"])
        n = old.n if old else 1 + max((one.n for one in here.values()), default=-1)
        is_active = old.is_active if old and values["is_active"] is None else values["is_active"] is not False
        language = values["language"] or (old.language if old else "zh")
        part = values["part"] or (old.part if old else "")
        new = CustomerContact(
            customer.code, n, values["name"], values["email"] or (old.email if old else ""),
            values["phone"] or (old.phone if old else ""), language, part, is_active,
        )  # fmt: skip
        here[values["name"]] = new
        put(plan, CustomerContact, ("customer", "n"), old, new)
    return plan


def plan_contracts(entries: list[Entry], around: Surroundings) -> Plan:
    """Contracts, by their numbers."""
    plan = Plan()
    rows = with_customers(plan, CONTRACTS, entries, around)
    known = by_number(around, CustomerContract, rows)
    taken: list[CustomerContract] = []
    for entry, customer in rows:
        values, number = entry.values, entry.values["number"]
        if values["ends_on"] and values["ends_on"] < values["signed_on"]:
            plan.problems.append(entry.problem(CONTRACTS.column("ends_on"), *ENDS_FIRST))
            continue
        ends = instant(values["ends_on"], around.zone) if values["ends_on"] else None
        signed = instant(values["signed_on"], around.zone)
        new = CustomerContract(customer.code, number, signed, ends, values["title"])
        put(plan, CustomerContract, ("customer", "number"), known.get((customer.code, number)), new)
        taken.append(new)
    happening.contract_ends(plan, taken, around)
    return plan


def plan_orders(entries: list[Entry], around: Surroundings) -> Plan:
    """Orders, by their numbers; each is a real contact on the day it was placed."""
    plan = Plan()
    rows = with_customers(plan, ORDERS, entries, around)
    known = by_number(around, CustomerOrder, rows)
    touched, taken = [], list[CustomerOrder]()
    for entry, customer in rows:
        values = entry.values
        at = instant(values["ordered_on"], around.zone)
        if values["ordered_on"] > around.now.astimezone(at.tzinfo).date():
            plan.problems.append(entry.problem(ORDERS.column("ordered_on"), *IN_FUTURE))
            continue
        delivered = instant(values["delivered_on"], around.zone) if values["delivered_on"] else None
        is_open = values["is_open"] if values["is_open"] is not None else delivered is None
        money = f"{Decimal(values['amount'])} {values['currency']}"
        new = CustomerOrder(customer.code, values["number"], at, money, delivered, is_open, values["goods"])
        put(plan, CustomerOrder, ("customer", "number"), known.get((customer.code, values["number"])), new)
        touched.append((customer, min(at, around.now)))
        taken.append(new)
    _touch(plan, touched)
    happening.deliveries(plan, taken, around)
    return plan


def by_number(around: Surroundings, record: type, rows: Rows) -> dict[tuple[str, str], Any]:
    """What is kept of these rows already, by customer and number."""
    numbers = [entry.values["number"] for entry, _ in rows]
    found: list[Any] = around.reader.find(record, customer=[customer.code for _, customer in rows], number=numbers)
    return {(one.customer, one.number): one for one in found}


def plan_contacts_made(entries: list[Entry], around: Surroundings) -> Plan:
    """Contacts made in earlier times, by customer, day, kind and what was said; one that reached somebody counts."""
    plan = Plan()
    rows = with_customers(plan, CONTACTS_MADE, entries, around)
    known: dict[str, list[ContactMade]] = defaultdict(list)
    for one in around.reader.find(ContactMade, customer=[customer.code for _, customer in rows]):
        known[one.customer].append(one)
    touched = []
    for entry, customer in rows:
        values, here = entry.values, known[customer.code]
        at = instant(values["on"], around.zone)
        if values["on"] > around.now.astimezone(at.tzinfo).date():
            plan.problems.append(entry.problem(CONTACTS_MADE.column("on"), *IN_FUTURE))
            continue
        person = around.directory.person(values["by"]) if values["by"] else None
        said = {n: values[n] for n in ("summary", "satisfaction") if values[n]} | {"source": around.file.name}
        reached, kind = values["reached"] is not False, values["kind"] or "callback"
        if (at, kind, values["summary"]) in {
            (one.at, one.kind, (one.details or {}).get("summary", "")) for one in here
        }:
            plan.unchanged += 1
            continue
        n = 1 + max((one.n for one in here), default=-1)
        new = ContactMade(customer.code, n, at, kind, person.email if person else values["by"], reached, None, said)
        here.append(new)
        plan.new.append(new)
        plan.added += 1
        touched += [(customer, new)] if reached else []
    _touch(plan, ((customer, min(new.at, around.now)) for customer, new in touched))
    happening.services(plan, [new for _, new in touched], around)
    return plan


def _key(*names: str) -> Callable[[Mapping[str, Any]], tuple[object, ...]]:
    return lambda values: tuple(values[name] for name in names)


CONTACTS: Final = Kind(
    "contacts", "客户联系人 / Customers' people",
    (
        CUSTOMER,
        Column("name", "姓名 / Name", cells.person, True, ("联系人", "联系人姓名"), "郑文博"),
        Column("phone", "电话 / Phone", cells.phone, also=("联系电话", "手机"), example="+8651055500112"),
        Column("email", "邮箱 / Mail", cells.address, also=("电子邮箱",), example="zheng.wenbo@yunfan.example"),
        Column("part", "职务 / Function", cells.text, example="采购经理"),
        Column("language", "语言 / Language", _language, example="中文"),
        Column("is_active", "在用 / Active", cells.yes_no, example="是"),
    ),
    _key("customer", "name"), plan_contacts,
)  # fmt: skip
CONTRACTS: Final = Kind(
    "contracts", "合同 / Contracts",
    (
        CUSTOMER,
        Column("number", "合同号 / Contract number", cells.code, True, ("合同编号", "编号"), "HT-2026-001"),
        Column("signed_on", "签订日期 / Signed on", cells.day, True, ("签订日",), "2026-01-05"),
        Column("ends_on", "到期日期 / Ends on", cells.day, also=("到期日", "有效期至"), example="2026-12-31"),
        Column("title", "合同名称 / Title", cells.text, also=("名称",), example="年度供货合同"),
    ),
    _key("customer", "number"), plan_contracts,
)  # fmt: skip
ORDERS: Final = Kind(
    "orders", "订单 / Orders",
    (
        CUSTOMER,
        Column("number", "订单号 / Order number", cells.code, True, ("订单编号", "编号"), "PO-2026-0007"),
        Column("ordered_on", "下单日期 / Ordered on", cells.day, True, ("下单日", "日期"), "2026-02-10"),
        Column("amount", "金额 / Amount", cells.amount, True, ("订单金额",), "48000.00"),
        Column("currency", "币种 / Currency", currency, example="CNY"),
        Column("goods", "货物 / Goods", cells.text, also=("品名",), example="不锈钢叶轮 400 件"),
        Column("delivered_on", "交货日期 / Delivered on", cells.day, also=("交货日",), example="2026-02-20"),
        Column("is_open", "未完成 / Open", cells.yes_no, example="否"),
    ),
    _key("customer", "number"), plan_orders,
)  # fmt: skip
CONTACTS_MADE: Final = Kind(
    "contacts-made", "联系记录 / Contacts made",
    (
        CUSTOMER,
        Column("on", "日期 / Date", cells.day, True, ("联系日期",), "2026-01-15"),
        Column("kind", "类型 / Kind", _contact_kind, also=("方式", "联系类型"), example="回访"),
        Column("by", "联系人员 / By", cells.text, also=("由谁", "经办人"), example="lin.xiaoyu@yongchang.example"),
        Column("reached", "已联系上 / Reached", cells.yes_no, example="是"),
        Column("satisfaction", "满意度 / Satisfaction", cells.grade, example="4"),
        Column("summary", "摘要 / Summary", _long, example="对交货满意"),
    ),
    _key("customer", "on", "kind", "summary"), plan_contacts_made,
)  # fmt: skip
