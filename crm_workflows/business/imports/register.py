"""Imports the customer register (ON-8): new companies get their codes, known ones their plain data.

Tier, account manager and state of a customer that is known are decided in cases (ON-5, ON-12); no import changes them.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business import tags
from crm_workflows.business.customers import INDUSTRIES, LETTERS, digits
from crm_workflows.business.imports import happening, likening
from crm_workflows.business.imports.naming import OWNER, by_address, not_one_colleague
from crm_workflows.business.imports.table import Column, Entry, Kind, Plan, Surroundings
from crm_workflows.business.mail_domains import mail_domain
from crm_workflows.business.tiering import TIERS
from crm_workflows.business.wanted_reviews import OWNERSHIP
from crm_workflows.domain import cells
from crm_workflows.domain.cells import CellProblem, Raw
from crm_workflows.domain.credit_code import normal_form, problem_with
from crm_workflows.domain.records import Customer, CustomerContact
from crm_workflows.domain.text import bilingual, in_language

TIER_NAMES: Final = {tier: f"{tier} 级 / tier {tier}" for tier in TIERS}
NOT_BY_IMPORT: Final = "客户已在册，导入不更改此项 / the customer is known, and an import does not change this"
OURS: Final = re.compile(r"C-[A-Z]{2}-[0-9]+")
"""A code that was not taken from its series would be given again."""
LEAVE_EMPTY: Final = "清空，由系统编号 / leave it empty, and we give one"
IN_FUTURE: Final = ("晚于今天 / lies in the future", "核对日期 / check the day")
BY_REVIEW: Final = "请发起客户复核 / start a review of the customer"


def credit_code(raw: Raw) -> str:
    written = normal_form(cells.text(raw, 60))
    wrong = problem_with(written) if written else None
    if wrong:
        raise CellProblem(wrong, "对照营业执照改正 / correct it by the licence")
    return written


def _tier(raw: Raw) -> str:
    return cells.choice(raw, TIER_NAMES)


def _industry(raw: Raw) -> str:
    return cells.choice(raw, INDUSTRIES)


def _tags(raw: Raw) -> str | None:
    try:
        return tags.kept(cells.text(raw, 600))
    except ValueError as error:
        raise CellProblem(str(error), "用顿号或逗号分隔 / put commas between them") from error


CUSTOMERS_COLUMNS: Final = (
    Column(
        "name", "客户名称 / Customer", cells.company, True, ("名称", "公司名称", "企业名称"), "无锡云帆泵业有限公司",
    ),
    Column("credit_code", "统一社会信用代码 / Credit code", credit_code, True, ("信用代码",), "91320200MAYC000019"),
    Column(
        "owner", "客户经理 / Account manager", cells.colleague, True, ("客户经理邮箱",), "lin.xiaoyu@yongchang.example",
    ),
    Column("code", "客户代码 / Customer code", cells.code, also=("客户编号",)),
    Column("tier", "等级 / Tier", _tier, also=("客户等级",), example="B"),
    Column("industry", "行业 / Industry", _industry, example="机械制造"),
    Column("region", "地区 / Region", cells.text, example="江苏"),
    Column("tags", "标签 / Tags", _tags, also=("客户标签",), example="出口、重点"),
    Column(
        "legal_owner", "法定代表人或所有者 / Legal representative or owner", cells.person,
        also=("法定代表人", "法人", "实际控制人"), example="钟云帆",
    ),
    Column("contact", "联系人 / Contact", cells.person, also=("联系人姓名",), example="钟意"),
    Column("phone", "电话 / Phone", cells.phone, also=("联系电话", "手机"), example="+8651055500999"),
    Column("email", "邮箱 / Mail", cells.address, also=("电子邮箱", "email"), example="zhong.yi@yunfan.example"),
    Column("consents", "同意联系 / Consents to contact", cells.yes_no, example="是"),
    Column("last_contact", "上次联系 / Last contact", cells.day, also=("上次联系日期",), example="2026-01-15"),
    Column("not_the_same", "确认不同 / Not the same", cells.yes_no),
)  # fmt: skip


def instant(on: date, zone: str) -> datetime:
    """Noon of that day where the company is: a day is a day, whatever zone reads it."""
    return datetime.combine(on, time(12), ZoneInfo(zone))


def plan_customers(entries: list[Entry], around: Surroundings) -> Plan:
    """New lines with their contacts, changed plain data, and what stands in the way."""
    plan, entries = Plan(), by_address(entries, around.directory)
    codes = [entry.values["credit_code"] for entry in entries]
    known = {row.credit_code: row for row in around.reader.find(Customer, credit_code=codes)}
    taken = {
        row.code for row in around.reader.find(Customer, code=[e.values["code"] for e in entries if e.values["code"]])
    }
    people: dict[str, list[CustomerContact]] = {}
    for contact in around.reader.find(CustomerContact, customer=[row.code for row in known.values()]):
        people.setdefault(contact.customer, []).append(contact)
    news = [entry for entry in entries if entry.values["credit_code"] not in known]
    alike = likening.alike(plan, news, around)
    sold: dict[str, str] = {}
    for entry in entries:
        row = known.get(entry.values["credit_code"])
        wrong = list(_wrong_with(entry, row, taken, alike, around))
        if wrong:
            plan.problems += wrong
        elif row is None:
            plan.new += _new(entry, around)
            plan.added += 1
        else:
            _change(plan, entry, row, people.get(row.code, []), around)
            if row.legal_owner and entry.values["legal_owner"] not in ("", row.legal_owner):
                sold[row.code] = f"{row.legal_owner} → {entry.values['legal_owner']}"
    happening.look_at(plan, OWNERSHIP, sold, around)
    return plan


def _wrong_with(
    entry: Entry, row: Customer | None, taken: set[str], alike: Mapping[int, str], around: Surroundings
) -> Iterator[Any]:
    values, column = entry.values, CUSTOMERS.column
    if values["last_contact"] and values["last_contact"] > around.now.astimezone(ZoneInfo(around.zone)).date():
        yield entry.problem(column("last_contact"), *IN_FUTURE)
    if row is None and (unclear := not_one_colleague(entry, column("owner"), around.directory)):
        yield unclear
    if row is not None:
        manager = around.directory.person(row.owner)
        for name in ("code", "tier", "owner"):
            is_manager = name == OWNER and manager is not None and manager.is_called(values[name])
            if values[name] and values[name] != getattr(row, name) and not is_manager:
                what = bilingual(f"{in_language(NOT_BY_IMPORT, 'zh')}（现为 {getattr(row, name)}）",
                                 f"{in_language(NOT_BY_IMPORT, 'en')} (it is {getattr(row, name)})")  # fmt: skip
                yield entry.problem(column(name), what, BY_REVIEW)
        return
    if OURS.fullmatch(values["code"]):
        yield entry.problem(column("code"), "是我方编号的形式 / has the form of our own codes", LEAVE_EMPTY)
    if values["code"] in taken:
        yield entry.problem(
            column("code"), "属于另一家客户 / belongs to another customer", "清空，由系统编号 / leave it empty"
        )
    if entry.row in alike and not values["not_the_same"]:
        yield entry.problem(column("name"), alike[entry.row], likening.LOOK_AND_SAY)
    if values["phone"] and not values["contact"]:
        yield entry.problem(
            column("contact"), "有电话但没有联系人 / has a phone number and no person", "填写姓名 / name the person"
        )


def _new(entry: Entry, around: Surroundings) -> list[Any]:
    values = entry.values
    industry = values["industry"] or "other"
    letters = LETTERS[industry]
    last = instant(values["last_contact"], around.zone) if values["last_contact"] else None
    code = values["code"] or f"C-{letters}-{around.number(f'customer/{letters}'):04d}"
    row = Customer(
        code=code, name=values["name"], credit_code=values["credit_code"], status="active", tier=values["tier"] or "C",
        owner=around.directory.identity(values["owner"]), registered_at=around.now, industry=industry,
        region=values["region"], phone=digits(values["phone"]), mail_domain=mail_domain(values["email"]),
        consents=values["consents"] is not False, last_contact_at=last, details={"source": around.file.name},
        tags=values["tags"], legal_owner=values["legal_owner"] or None,
    )  # fmt: skip
    contact = CustomerContact(code, 0, values["contact"], values["email"], values["phone"])
    return [row, contact] if values["contact"] else [row]


def _change(plan: Plan, entry: Entry, row: Customer, people: list[CustomerContact], around: Surroundings) -> None:
    values = entry.values
    wanted: dict[str, object] = {"name": values["name"]}
    wanted |= {name: values[name] for name in ("industry", "region", "tags", "legal_owner") if values[name]}
    wanted |= {"consents": values["consents"]} if values["consents"] is not None else {}
    if values["last_contact"]:
        last = instant(values["last_contact"], around.zone)
        if row.last_contact_at is None or last > row.last_contact_at:
            wanted["last_contact_at"] = last
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    is_known = not values["contact"] or any(one.name == values["contact"] for one in people)
    if changed:
        plan.changes.append((Customer, {"code": row.code}, changed))
    if not is_known:
        n = 1 + max((one.n for one in people), default=-1)
        plan.new.append(CustomerContact(row.code, n, values["contact"], values["email"], values["phone"]))
    plan.changed += bool(changed) or not is_known
    plan.unchanged += not changed and is_known


def _key(values: Mapping[str, Any]) -> tuple[object, ...]:
    return (values["credit_code"],)


CUSTOMERS: Final = Kind(
    "customers", "客户 / Customers", CUSTOMERS_COLUMNS, _key, plan_customers, partial(likening.keep_names, Customer)
)
