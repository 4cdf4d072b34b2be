"""Imports complaints that came in elsewhere, a case each (CP-1), such as those of a web shop. It opens none itself.

A row is told again by what it says: customer or sender, day, order, product and words. The clock of a complaint runs
from the day and time that the row gives.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business.complaint_register import KINDS, PROCESS
from crm_workflows.business.customers import LETTERS
from crm_workflows.business.imports.belonging import LANGUAGES
from crm_workflows.business.imports.naming import OWNER, SEVERAL, by_address, meant, not_one_colleague
from crm_workflows.business.imports.table import Column, Entry, Kind, Opening, Plan, Surroundings
from crm_workflows.domain import cells
from crm_workflows.domain.cells import CellProblem, Raw
from crm_workflows.domain.records import CaseRow, Customer
from crm_workflows.domain.spellings import half_width
from crm_workflows.engine.requests.registered import nearest

LONGEST: Final = 8000
NO_INSTANT: Final = (
    "不是日期时间 / is no date and time",
    "写成 2026-03-02 09:30 / write it as 2026-03-02 09:30",
)
IN_FUTURE: Final = ("晚于现在 / lies in the future", "核对时间 / check the time")
NOBODY: Final = (
    "客户和联系人都没有填 / names neither a customer nor a person",
    "至少填一项 / give one of them",
)
NO_CODE: Final = "改正代码；不在册的写公司名称 / correct it, or name a company that is not in the register"
OURS: Final = re.compile(rf"C-({'|'.join(LETTERS.values())})-[0-9]+")
"""What looks like a code of ours; taken for a company's name it would belong to nobody."""
KEYED: Final = ("customer", "name", "email", "phone", "received_at", "order", "product", "what")
"""By what a row is told again."""


def _no_code(near: list[str]) -> str:
    zh, en = "没有此客户代码", "is nobody's customer code"
    return f"{zh}，相近的有 {'、'.join(near)} / {en}; near it are {', '.join(near)}" if near else f"{zh} / {en}"


def _words(raw: Raw) -> str:
    return cells.text(raw, LONGEST)


def _language(raw: Raw) -> str:
    return cells.choice(raw, LANGUAGES)


def _kind(raw: Raw) -> str:
    return cells.choice(raw, KINDS)


def _instant(raw: Raw) -> tuple[date, time] | None:
    """A day and a time on the company's wall clock; a day alone begins at midnight. None for an empty cell."""
    if isinstance(raw, datetime):
        return raw.date(), raw.time()
    written = half_width(cells.text(raw)).strip() if isinstance(raw, str) else ""
    day, _, at = written.partition(" ")
    found = cells.day(day if at else raw)
    if found is None:
        return None
    try:
        return found, time.fromisoformat(at.strip().zfill(5)) if at else time()
    except ValueError:
        raise CellProblem(*NO_INSTANT) from None


def plan_complaints(entries: list[Entry], around: Surroundings) -> Plan:
    """A case for each row that none was opened for yet."""
    plan, entries = Plan(), by_address(entries, around.directory)
    keys = {entry.row: _key(entry.values) for entry in entries}
    known = {str(row[0]) for row in around.reader.columns(CaseRow, "idempotency_key", idempotency_key=[*keys.values()])}
    customers = meant(around.reader, Customer, (entry.values["customer"] for entry in entries))
    for entry in entries:
        found = customers[entry.values["customer"]]  # whoever is not in the register may complain all the same
        if keys[entry.row] in known:
            plan.unchanged += 1
        elif len(found) > 1:
            plan.problems.append(entry.problem(COMPLAINTS.column("customer"), *SEVERAL))
        elif not found and OURS.fullmatch(cells.code(entry.values["customer"])):
            near = nearest(around.reader, entry.values["customer"])
            plan.problems.append(entry.problem(COMPLAINTS.column("customer"), _no_code(near), NO_CODE))
        elif entry.values[OWNER] and (unclear := not_one_colleague(entry, COMPLAINTS.column(OWNER), around.directory)):
            plan.problems.append(unclear)
        elif (input_ := _input(plan, entry, found[0] if found else None, around)) is not None:
            plan.opens.append(Opening(entry, PROCESS, keys[entry.row], input_))
            plan.added += 1
    return plan


def _input(plan: Plan, entry: Entry, customer: Customer | None, around: Surroundings) -> dict[str, Any] | None:
    values = entry.values
    day, at = values["received_at"]
    received = datetime.combine(day, at, ZoneInfo(around.zone))
    if received > around.now:
        plan.problems.append(entry.problem(COMPLAINTS.column("received_at"), *IN_FUTURE))
        return None
    name = values["name"] or values["customer"]
    if not name:
        plan.problems.append(entry.problem(COMPLAINTS.column("customer"), *NOBODY))
        return None
    contact = {"name": name, "phone": values["phone"], "language": values["language"] or "zh"}
    input_ = {
        "what": values["what"], "contact": contact | ({"email": values["email"]} if values["email"] else {}),
        "company": customer.name if customer else values["customer"], "customer": customer.code if customer else "",
        "channel": "import", "kind": values["kind"], "product": values["product"], "order": values["order"],
        "wanted": values["wanted"],
        "amount": {"amount": str(values["amount"] or 0), "currency": "CNY"}, "safety": bool(values["safety"]),
        "received_at": received.isoformat(), "source": around.file.name[:200], "owner": values["owner"],
    }  # fmt: skip
    return {name: value for name, value in input_.items() if value != ""}


def _key(values: Mapping[str, Any]) -> str:
    said = json.dumps([str(values[name] or "") for name in KEYED], ensure_ascii=False)
    return f"import:{hashlib.sha256(said.encode()).hexdigest()[:40]}"


COMPLAINTS: Final = Kind(
    "complaints", "投诉 / Complaints",
    (
        Column("what", "投诉内容 / What happened", _words, True, ("内容", "投诉"), "阀体密封面有划痕"),
        Column("received_at", "收到时间 / Received at", _instant, True, ("时间", "日期"), "2026-03-02 09:30"),
        Column(
            "customer", "客户 / Customer", cells.text, also=("客户代码", "客户名称", "公司"), example="C-MA-0001",
        ),
        Column("name", "联系人 / Person", cells.text, also=("姓名", "投诉人"), example="郑文博"),
        Column("email", "邮箱 / Mail", cells.address, also=("电子邮箱",), example="zheng.wenbo@yunfan.example"),
        Column("phone", "电话 / Phone", cells.phone, also=("联系电话", "手机"), example="+8651055500112"),
        Column("language", "语言 / Language", _language, example="中文"),
        Column("kind", "类别 / Kind", _kind, also=("投诉类别", "类型"), example="产品质量"),
        Column("product", "产品 / Product", cells.text, example="不锈钢阀体"),
        Column("order", "订单号或批号 / Order or batch", cells.text, also=("订单号", "批号"), example="PO-2026-0007"),
        Column("wanted", "希望的处理 / Remedy wanted", _words, example="换货"),
        Column("amount", "索赔金额 / Amount asked for", cells.amount, example="1200.00"),
        Column("safety", "涉及安全 / Safety is concerned", cells.yes_no, example="否"),
        Column("owner", "负责人 / Person in charge", cells.colleague, also=("负责人邮箱",)),
    ),
    lambda values: tuple(values[name] for name in KEYED), plan_complaints,
)  # fmt: skip
