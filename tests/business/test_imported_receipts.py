"""Goods received come in from tables (SV-12): told again by their keys, named where wrong, from whomever they came."""

from pathlib import Path
from typing import Any

import pytest

from crm_workflows.business.imports import KINDS, Result
from crm_workflows.business.imports.leaving import leaving
from crm_workflows.domain.records import GoodsReceived, Supplier
from tests.business.tables import Importing, as_csv, as_xlsx, importing

__all__ = ["importing"]
HEAD = ("供应商", "收货日期", "收货单号", "订单号", "货物", "收货数量", "不合格数量", "约定交期", "金额")
NAME, CREDIT_CODE, CODE = "苏州澄岚精密轴承有限公司", "91320500MAX0CL616K", "S-CP-0001"
SAMPLE = Path(__file__).parents[2] / "samples" / "suppliers" / "receipts.csv"


def row(supplier: str = NAME, **changes: Any) -> list[Any]:
    given: dict[str, Any] = {
        "供应商": supplier, "收货日期": "2026-02-10", "收货单号": "SH-1", "订单号": "CG-1", "货物": "轴承",
        "收货数量": 400, "不合格数量": "", "约定交期": "2026-02-12", "金额": "48,000.00",
    }  # fmt: skip
    return list((given | changes).values())


def taken(importing: Importing, *rows: list[Any], mode: Any = "all") -> Result:
    return importing(as_xlsx([HEAD, *rows]), "receipts", mode)


def registered(importing: Importing) -> None:
    now = importing.office.clock.now()
    with importing.office.engine.store.write() as tx:
        tx.insert(Supplier(CODE, "component", NAME, CREDIT_CODE, "recognised", now))


def test_the_same_file_changes_nothing_and_what_was_rejected_comes_in_later(importing: Importing) -> None:
    registered(importing)
    assert taken(importing, row(), row(收货单号="SH-2")).added == 2
    assert taken(importing, row(CREDIT_CODE), row(CODE, 收货单号="SH-2")).unchanged == 2
    assert taken(importing, row(不合格数量="12.50")).changed == 1
    (first, _) = importing.rows(GoodsReceived)
    assert (first.supplier, first.quantity, first.rejected, first.amount) == (CODE, "400", "12.5", "48000.00 CNY")


def test_what_came_before_its_supplier_was_registered_is_not_taken_in_again(importing: Importing) -> None:
    taken(importing, row(), row(CREDIT_CODE.lower(), 收货单号="SH-2"), row("路人", 收货单号="SH-3"))
    assert {one.supplier for one in importing.rows(GoodsReceived)} == {NAME, CREDIT_CODE, "路人"}
    registered(importing)
    again = taken(
        importing, row(不合格数量=1), row(CODE, 收货单号="SH-2"), row("路人", 收货单号="SH-3"), row(收货单号="SH-4")
    )
    assert (again.added, again.changed, again.unchanged) == (1, 1, 2)
    assert {one.supplier for one in importing.rows(GoodsReceived)} == {NAME, CREDIT_CODE, "路人", CODE}


def test_each_line_that_cannot_be_right_is_named_with_its_column(importing: Importing) -> None:
    registered(importing)
    wrong = {
        "Received on": row(收货日期="2026-03-03"),
        "Receipt number": row(收货单号="", 订单号=""),
        "Amount": row(金额="-1"),
        "Quantity": row(收货数量=0),
        "Rejected": row(不合格数量=401),
        "Promised on": row(约定交期="2/12/26"),
    }
    for n, line in enumerate(wrong.values()):
        line[2] = line[2] and f"W-{n}"
    more = [row(收货单号="X-1", 收货数量="", 不合格数量=1), row("S-CP-0009"), row(收货数量="400 件"), row(CODE), row()]
    done = taken(importing, *wrong.values(), *more, mode="good")
    assert (done.rows, done.added, done.bad) == (11, 1, 10)
    places = [*enumerate(wrong, 2), (8, "Quantity"), (9, "Supplier"), (10, "Quantity"), (12, "Supplier")]
    assert importing.places == places
    assert importing.said[-1].remedy.endswith("the same as row 11; keep one of them"), "one supplier under two names"


def test_a_name_that_two_suppliers_have_is_not_guessed(importing: Importing) -> None:
    registered(importing)
    with importing.office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0002", "component", NAME, "x", "barred", importing.office.clock.now()))
    assert taken(importing, row()).bad == 1
    assert importing.said[0].what.endswith("several companies of the register have this name")


def test_what_goes_out_comes_in_again_unchanged(importing: Importing) -> None:
    kind, zone = KINDS["receipts"], importing.office.staff.calendar().zone
    assert importing(SAMPLE.read_bytes(), "receipts").added == 6, importing.said
    with importing.office.engine.store.read() as reader:
        rows = list(leaving(reader, kind, zone))
    assert importing(as_csv([[column.label for column in kind.columns], *rows]), "receipts").unchanged == 6


@pytest.mark.parametrize(("written", "kept"), [("1,200", "1200"), (0.1 + 0.2, "0.3"), ("１２", "12"), (4e2, "400")])
def test_a_quantity_is_kept_in_one_way(importing: Importing, written: Any, kept: str) -> None:
    taken(importing, row(收货数量=written))
    assert [one.quantity for one in importing.rows(GoodsReceived)] == [kept]


@pytest.mark.parametrize("written", [{"收货数量": "1,5"}, {"金额": "1.000,00"}])
def test_a_comma_that_parts_no_thousands_makes_of_no_number_another(importing: Importing, written: Any) -> None:
    done = taken(importing, row(**written))
    assert (done.bad, done.is_written) == (1, False)
