"""Imports suppliers that are recognised already (SV-10): their codes, their validity, and what follows it (SV-12).

Class, validity and state of a supplier that is known are decided in cases; no import changes them.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business.imports import likening
from crm_workflows.business.imports.naming import by_address, not_one_colleague
from crm_workflows.business.imports.register import IN_FUTURE, LEAVE_EMPTY, credit_code
from crm_workflows.business.imports.table import Column, Entry, Kind, Plan, Problem, Surroundings
from crm_workflows.business.suppliers import CATEGORIES, LETTERS
from crm_workflows.domain import cells
from crm_workflows.domain.cells import Raw
from crm_workflows.domain.records import Booking, Supplier, SupplierStanding
from crm_workflows.domain.text import bilingual

CLASSES: Final = {"A": "A 级 / Class A", "B": "B 级 / Class B", "C": "C 级 / Class C"}
PAPERS: Final = {"certificate": "certificate_expires_on", "business_licence": "business_licence_expires_on"}
"""Kinds of certificate cases, with the columns of their last days."""
BY_CASE: Final = "请由复评案件决定 / leave it to a re-evaluation"
OURS: Final = ("是我方编号的形式 / has the form of our own codes", LEAVE_EMPTY)
TAKEN: Final = ("属于另一家供应商 / belongs to another supplier", "清空，由系统编号 / leave it empty")
OVER_BEFORE: Final = ("晚于有效期 / lies after its last valid day", "核对两个日期 / check both days")
NOT_RECOGNISED: Final = (
    "在册但未认定（已禁用），导入不更改 / is in the register and barred; an import does not change that", BY_CASE
)  # fmt: skip
NO_AMOUNT: Final = ("不大于零 / is not above zero", "填写预计年采购额 / give the amount expected within a year")


def _category(raw: Raw) -> str:
    return cells.choice(raw, CATEGORIES)


def _class(raw: Raw) -> str:
    return cells.choice(raw, CLASSES)


def _long(raw: Raw) -> str:
    return cells.text(raw, 400)


def plan_suppliers(entries: list[Entry], around: Surroundings) -> Plan:
    """New lines of the register, each with its standing and the cases booked for it, and what stands in the way."""
    plan, entries = Plan(), by_address(entries, around.directory)
    codes = [entry.values["code"] for entry in entries if entry.values["code"]]
    found = around.reader.find(Supplier, credit_code=[entry.values["credit_code"] for entry in entries])
    known = {row.credit_code: row for row in found}
    taken = {row.code for row in around.reader.find(Supplier, code=codes)}
    news = [entry for entry in entries if entry.values["credit_code"] not in known]
    alike = likening.alike(plan, news, around)
    for entry in entries:
        row = known.get(entry.values["credit_code"])
        wrong = [*_differs(entry, row)] if row else [*_wrong_with(entry, taken, alike, around)]
        plan.problems += wrong
        if row is None and not wrong:
            plan.new += _new(entry, around)
            plan.added += 1
        plan.unchanged += row is not None and not wrong
    return plan


def _differs(entry: Entry, row: Supplier) -> Iterator[Problem]:
    if row.status == "barred":
        yield entry.problem(SUPPLIERS.column("name"), *NOT_RECOGNISED)
    held = {
        "code": row.code,
        "supplier_class": row.supplier_class,
        "valid_until": (row.details or {}).get("valid_until"),
    }
    for name, now in held.items():
        if entry.values[name] and str(entry.values[name]) != str(now):
            what = bilingual(
                f"供应商已在册，导入不更改此项（现为 {now}）", f"an import does not change this (it is {now})"
            )
            yield entry.problem(SUPPLIERS.column(name), what, BY_CASE)


def _wrong_with(entry: Entry, taken: set[str], alike: Mapping[int, str], around: Surroundings) -> Iterator[Problem]:
    values, column = entry.values, SUPPLIERS.column
    if unclear := not_one_colleague(entry, column("owner"), around.directory):
        yield unclear
    if values["code"].startswith("S-"):
        yield entry.problem(column("code"), *OURS)
    if values["code"] in taken:
        yield entry.problem(column("code"), *TAKEN)
    elif values["code"] and (twice := around.file.once(column("code"), entry, ("code", values["code"]))):
        yield twice
    if values["yearly_amount"] <= 0:
        yield entry.problem(column("yearly_amount"), *NO_AMOUNT)
    if values["recognised_on"] and values["recognised_on"] > around.now.astimezone(ZoneInfo(around.zone)).date():
        yield entry.problem(column("recognised_on"), *IN_FUTURE)
    elif values["recognised_on"] and values["recognised_on"] > values["valid_until"]:
        yield entry.problem(column("recognised_on"), *OVER_BEFORE)
    if entry.row in alike and not values["not_the_same"]:
        yield entry.problem(column("name"), alike[entry.row], likening.LOOK_AND_SAY)


def _new(entry: Entry, around: Surroundings) -> Iterator[Any]:
    """The line of the register, with the details that a case would have left there, and where the supplier stands."""
    values, letters = entry.values, LETTERS[entry.values["category"]]
    code = values["code"] or f"S-{letters}-{around.number(f'supplier/{letters}'):04d}"
    last_day, owner = values["valid_until"], around.directory.identity(values["owner"])
    told: dict[str, Any] = {
        "company": values["name"], "owner": owner, "goods": values["goods"],
        "contact": {"name": values["contact"], "email": values["email"], "phone": values["phone"]},
        "yearly_amount": {"amount": str(values["yearly_amount"]), "currency": "CNY"},
    }  # fmt: skip
    papers = {name: values[name].isoformat() for name in PAPERS.values() if values[name]}
    if values["recognised_on"]:
        papers["recognised_on"] = values["recognised_on"].isoformat()
    details = told | {"valid_until": last_day.isoformat(), "source": around.file.name} | papers
    yield Supplier(
        code, values["category"], values["name"], values["credit_code"], "recognised", around.now,
        supplier_class=values["supplier_class"], details=details,
    )  # fmt: skip
    since = values["recognised_on"] or around.now.astimezone(ZoneInfo(around.zone)).date()
    over = _midnight(last_day + timedelta(days=1), around)
    yield SupplierStanding(code, _midnight(since, around), "recognised", over)
    yield from _booked(code, values, told, around)


def _booked(code: str, values: Mapping[str, Any], told: dict[str, Any], around: Surroundings) -> Iterator[Booking]:
    """The cases that a recognition is followed by: at once, where their day is over."""
    common = {"supplier": code} | {name: told[name] for name in ("company", "contact", "owner")}
    again = {"goods": told["goods"], "yearly_amount": told["yearly_amount"], "supplier_class": values["supplier_class"]}
    last_day = values["valid_until"]
    at = _midnight(last_day - timedelta(days=around.policy.number("reevaluation_before")), around)
    input_ = common | again | {"valid_until": last_day.isoformat()}
    yield Booking(f"{code}/reevaluation", code, "supplier-reevaluation", "reevaluation", at, input_)
    asked = timedelta(days=around.policy.number("certificate_remind_first"))
    for kind, name in PAPERS.items():
        if values[name]:
            input_ = common | {"kind": kind, "expires_on": values[name].isoformat()}
            at = _midnight(values[name] - asked, around)
            yield Booking(f"{code}/{kind}", code, "supplier-certificate", "certificate", at, input_)


def _midnight(day: date, around: Surroundings) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(around.zone))


COLUMNS: Final = (
    Column(
        "name", "供应商名称 / Supplier", cells.company, True, ("名称", "公司名称", "企业名称"), "无锡澄川轴承有限公司"
    ),
    Column("credit_code", "统一社会信用代码 / Credit code", credit_code, True, ("信用代码",), "91320200MAYC000019"),
    Column("category", "类别 / Category", _category, True, ("供应商类别",), "零部件"),
    Column("supplier_class", "级别 / Class", _class, True, ("供应商级别",), "B"),
    Column("valid_until", "认定有效期至 / Valid until", cells.day, True, ("有效期至", "有效期"), "2027-06-30"),
    Column("owner", "负责采购员 / Buyer", cells.colleague, True, ("采购员邮箱",), "wang.fang@yongchang.example"),
    Column("contact", "联系人 / Contact", cells.person, True, ("联系人姓名",), "钟意"),
    Column("email", "邮箱 / Mail", cells.address, True, ("电子邮箱",), "zhong.yi@chengchuan.example"),
    Column("goods", "供应商品 / Goods", _long, True, ("货物", "物料"), "深沟球轴承"),
    Column("yearly_amount", "年采购额 / Yearly amount", cells.amount, True, ("预计年采购额",), "480000.00"),
    Column("phone", "电话 / Phone", cells.phone, also=("联系电话", "手机"), example="+8651055500999"),
    Column("code", "供应商代码 / Supplier code", cells.code, also=("供应商编号",)),
    Column("recognised_on", "认定日期 / Recognised on", cells.day, example="2025-07-01"),
    Column("certificate_expires_on", "资质证书有效期至 / Certificate until", cells.day, example="2028-06-30"),
    Column("business_licence_expires_on", "营业执照有效期至 / Licence until", cells.day),
    Column("not_the_same", "确认不同 / Not the same", cells.yes_no),
)
SUPPLIERS: Final = Kind(
    "suppliers", "供应商 / Suppliers", COLUMNS, lambda values: (values["credit_code"],), plan_suppliers,
    partial(likening.keep_names, Supplier),
)  # fmt: skip
