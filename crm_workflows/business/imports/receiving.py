"""Imports goods received: from whom, when, how much of it was rejected, when it was promised (SV-12).

A supplier that the register does not know is no problem of its row: that somebody bought there is what a figure tells.
It must not judge suppliers (`goods`).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.business.goods import called
from crm_workflows.business.imports.belonging import currency, put
from crm_workflows.business.imports.naming import SEVERAL, meant
from crm_workflows.business.imports.register import IN_FUTURE, instant
from crm_workflows.business.imports.table import Column, Entry, Kind, Plan, Problem, Surroundings
from crm_workflows.domain import cells
from crm_workflows.domain.credit_code import normal_form, problem_with
from crm_workflows.domain.records import GoodsReceived, Supplier

KEY: Final = ("supplier", "received_at", "number", "order_number", "goods")
OURS: Final = re.compile(r"S-[A-Z]{2}-[0-9]+")
NOT_GIVEN: Final = (
    "没有这个供应商代码 / no supplier has this code",
    "核对代码；未入册的供应商填名称或信用代码 / check the code; whoever is in no register by name or credit code",
)
NO_NUMBER: Final = (
    "收货单号和订单号都没有填 / has neither receipt number nor order number",
    "至少填一项，重复导入时据此识别 / give one of them: by it the row is told again",
)
MORE_THAN_CAME: Final = ("多于收货数量 / is more than was received", "核对数量 / check the quantities")
OF_NOTHING: Final = ("没有填收货数量 / the quantity received is missing", "填写收货数量 / give the quantity")
NOTHING: Final = ("不大于零 / is not above zero", "没有收到的货物去掉此行 / leave out what was not received")
RETURNED: Final = (
    "小于零 / is below zero",
    "退货不在此导入；收货行填不合格数量 / returns do not come in here; give what was rejected with the receipt",
)


def plan_receipts(entries: list[Entry], around: Surroundings) -> Plan:
    """Lines of deliveries, by supplier, day, receipt, order and goods; what was rejected may come in later."""
    plan = Plan()
    suppliers = meant(around.reader, Supplier, (entry.values["supplier"] for entry in entries))
    good: list[tuple[Entry, tuple[str, ...]]] = []
    for entry in entries:
        found = suppliers[entry.values["supplier"]]
        names: tuple[str, ...] = called(found[0]) if found else (_outsider(entry.values["supplier"]),)
        wrong = [*_wrong_with(entry, found, around)]
        if not wrong and (twice := around.file.once(SUPPLIER, entry, _key({**entry.values, "supplier": names[0]}))):
            wrong = [twice]
        plan.problems += wrong
        if not wrong:
            good.append((entry, names))
    known = _known(good, around)
    for entry, names in good:
        new = _line(entry, names[0], around)
        # Taken in before the register knew its supplier, it stands there as it was called then.
        old = next((known[key] for key in (_place(new, name) for name in names) if key in known), None)
        put(plan, GoodsReceived, KEY, old, _line(entry, old.supplier, around) if old else new)
    return plan


def _outsider(word: str) -> str:
    """How whoever is in no register is kept: by credit code where it is one, else by name."""
    return word if problem_with(normal_form(word)) else normal_form(word)


def _wrong_with(entry: Entry, found: list[Supplier], around: Surroundings) -> Iterator[Problem]:
    values, column = entry.values, RECEIPTS.column
    if len(found) > 1:
        yield entry.problem(SUPPLIER, *SEVERAL)
    elif not found and OURS.fullmatch(cells.code(values["supplier"])):
        yield entry.problem(SUPPLIER, *NOT_GIVEN)
    if values["received_on"] > around.now.astimezone(ZoneInfo(around.zone)).date():
        yield entry.problem(column("received_on"), *IN_FUTURE)
    if not values["number"] and not values["order"]:
        yield entry.problem(column("number"), *NO_NUMBER)
    if values["amount"] < 0:
        yield entry.problem(column("amount"), *RETURNED)
    if values["quantity"] is not None and values["quantity"] <= 0:
        yield entry.problem(column("quantity"), *NOTHING)
    elif values["rejected"] is not None and values["quantity"] is None:
        yield entry.problem(column("quantity"), *OF_NOTHING)
    elif values["rejected"] is not None and values["rejected"] > values["quantity"]:
        yield entry.problem(column("rejected"), *MORE_THAN_CAME)


def _known(good: list[tuple[Entry, tuple[str, ...]]], around: Surroundings) -> dict[tuple[object, ...], GoodsReceived]:
    names = [name for _, names in good for name in names]
    days = {instant(entry.values["received_on"], around.zone) for entry, _ in good}
    found = around.reader.find(GoodsReceived, supplier=names, received_at=[*days]) if good else []
    return {_place(one, one.supplier): one for one in found}


def _place(one: GoodsReceived, supplier: str) -> tuple[object, ...]:
    return (supplier, one.received_at, one.number, one.order_number, one.goods)


def _line(entry: Entry, supplier: str, around: Surroundings) -> GoodsReceived:
    values = entry.values
    promised: datetime | None = instant(values["promised_on"], around.zone) if values["promised_on"] else None
    return GoodsReceived(
        supplier, instant(values["received_on"], around.zone), values["number"], values["order"], values["goods"],
        f"{Decimal(values['amount'])} {values['currency']}", _plain(values["quantity"]), _plain(values["rejected"]),
        promised,
    )  # fmt: skip


def _plain(quantity: Decimal | None) -> str | None:
    """One way to write a number: 400, not 4E+2 or 400.0."""
    if quantity is None:
        return None
    whole = quantity.to_integral_value()
    return f"{whole if quantity == whole else quantity.normalize():f}"


def _key(values: Any) -> tuple[object, ...]:
    return tuple(values[name] for name in ("supplier", "received_on", "number", "order", "goods"))


SUPPLIER: Final = Column(
    "supplier", "供应商 / Supplier", cells.text, True,
    ("供应商代码", "供应商编号", "供应商名称", "统一社会信用代码", "信用代码"), "无锡澄川轴承有限公司",
)  # fmt: skip
RECEIPTS: Final = Kind(
    "receipts", "收货 / Goods received",
    (
        SUPPLIER,
        Column("received_on", "收货日期 / Received on", cells.day, True, ("到货日期", "入库日期"), "2026-02-10"),
        Column("amount", "金额 / Amount", cells.amount, True, ("收货金额", "入库金额"), "48000.00"),
        Column("currency", "币种 / Currency", currency, example="CNY"),
        Column("number", "收货单号 / Receipt number", cells.code, also=("入库单号", "单号"), example="SH-2026-0102"),
        Column("order", "订单号 / Order number", cells.code, also=("采购订单号", "采购单号"), example="CG-2026-0031"),
        Column("goods", "货物 / Goods", cells.text, also=("品名", "物料", "物料名称", "零件"), example="轴承 6204"),
        Column("quantity", "收货数量 / Quantity", cells.quantity, also=("数量", "入库数量"), example="400"),
        Column("rejected", "不合格数量 / Rejected", cells.quantity, also=("不合格数", "退货数量"), example="2"),
        Column(
            "promised_on", "约定交期 / Promised on", cells.day, also=("交期", "承诺交期"), example="2026-02-12",
        ),
    ),
    _key, plan_receipts,
)  # fmt: skip
