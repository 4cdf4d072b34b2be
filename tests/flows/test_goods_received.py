"""Goods received (SV-12): what they say of a supplier, and who bought from whom while it was not recognised."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import goods, imports
from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.months import Month
from crm_workflows.business.figures.said import beside, said
from crm_workflows.business.imports import Result
from crm_workflows.domain.records import GoodsReceived, Supplier
from crm_workflows.domain.text import in_language
from crm_workflows.engine.views import views
from crm_workflows.testing import MemoryStore
from tests.business.tables import as_csv
from tests.flows.customers import IN_MEMORY
from tests.flows.test_after_recognition import (
    CODE,
    NEW,
    certificate_case,
    linked,
    morning,
    recognised,
    reevaluation,
    registered,
)
from tests.office import Office, application

HEAD = ("供应商", "收货日期", "收货单号", "货物", "收货数量", "不合格数量", "约定交期", "金额")
NOTHING = "nothing to count in the period"
OURS = str(application()["company"])


def received(office: Office, *rows: tuple[Any, ...]) -> Result:
    """Supplier, day, number, quantity, rejected, promised, amount."""
    lines = [(row[0], row[1], row[2], "轴承", *row[3:]) for row in rows]
    table, wrong = opened(as_csv([HEAD, *lines]), "收货.csv"), list[Any]()
    done = imports.run(office.engine, imports.KINDS["receipts"], table, "收货.csv", "all", wrong.append)
    assert not wrong, wrong
    return done


@IN_MEMORY
def test_the_scores_of_a_reevaluation_begin_with_what_was_received(office: Office) -> None:
    code = recognised(office)
    office.move_to(morning(date(2027, 12, 31)))
    received(
        office,
        (CODE, "2026-12-01", "A", 100, 0, "", "1000.00"),
        (OURS, "2027-02-01", "B", 100, 4, "2027-02-01", "1100.00"),
        (CODE, "2027-03-01", "C", 100, "", "2027-02-20", "1100.00"),
        (CODE, "2027-03-09", "D", 50, 0, "2027-03-10", "550.00"),
        (CODE, "2027-03-10", "E", 10, "", "", "110.00"),
    )
    office.move_to(morning(date(2028, 1, 2)))
    case = linked(office, code, "reevaluation")
    task = views.task_view(office.engine, office.waiting(case)["id"])
    assert task["draft"] == {"quality": 98, "delivery": 66, "price": 50, "complaints": None}
    facts = office.asking_facts(office.asking(case, "reevaluation_scores"))
    assert facts["Goods received within a year"] == "4 笔"
    assert (facts["Accepted"], facts["On time"], facts["Prices, against the year before"]) == (
        "98 %",
        "66 %",
        "50 / 100",
    )


@IN_MEMORY
def test_without_goods_received_nothing_is_said_of_them(office: Office) -> None:
    case = reevaluation(office)
    assert views.task_view(office.engine, office.waiting(case)["id"])["draft"] == {"complaints": None}
    facts = office.asking_facts(office.asking(case, "reevaluation_scores"))
    assert facts["Goods received within a year"] == "没有导入的收货记录"
    assert "Accepted" not in facts


@IN_MEMORY
def test_what_was_bought_of_whoever_was_not_recognised_that_day_is_counted_with_its_amount(office: Office) -> None:
    case = certificate_case(office)  # recognised from 2026-03-02 to 2028-03-02, and nobody has evaluated it again
    for day in (date(2028, 7, 1), date(2028, 7, 31)):
        office.move_to(morning(day))
    assert registered(office).status == "on_hold"
    received(
        office,
        (OURS, "2026-03-01", "A", "", "", "", "100.00"),
        (CODE, "2026-03-02", "B", "", "", "", "200.00"),
        ("路人", "2026-03-31", "C", "", "", "", "300.00"),
        (CODE, "2028-03-02", "D", "", "", "", "400.00"),
        (CODE, "2028-03-03", "E", "", "", "", "500.00"),
        (CODE, "2028-06-30", "F", "", "", "", "600.00"),
        (CODE, "2028-07-01", "G", "", "", "", "700.00"),
    )
    told = {
        (2026, 3): ("2", "of 3 received", "400.00 CNY", [("unregistered", 2)]),
        (2026, 4): (NOTHING, "", NOTHING, []),
        (2028, 3): ("1", "of 2 received", "500.00 CNY", [("ended", 1)]),
        (2028, 6): ("1", "of 1 received", "600.00 CNY", [("ended", 1)]),
        (2028, 7): ("1", "of 1 received", "700.00 CNY", [("on_hold", 1)]),
    }
    for month, expected in told.items():
        assert purchases(office, Month(*month)) == expected
    office.hand_in(case, [NEW])
    office.submit(case)
    assert registered(office).status == "recognised"
    assert purchases(office, Month(2028, 7))[0] == "1", "what was received while it was on hold stays so"


def purchases(office: Office, month: Month) -> tuple[str, str, str, list[tuple[str, int]]]:
    """How many, of how many, their sum, and how many of each standing."""
    (found,) = reporting.reports(office.engine, month, "supplier-vetting")
    many, sum_ = found.figure("sv_purchases_unrecognised"), found.figure("sv_purchases_unrecognised_amount")
    words = [in_language(one, "en") for one in (said(many.kpi, many.whole), beside(many.kpi, many.whole))]
    amount = "; ".join(map(str, sum_.whole.money)) or in_language(said(sum_.kpi, sum_.whole), "en")
    parts = [(name, int(value.value or 0)) for name, value in many.parts]
    assert [name for name, _ in sum_.parts] == [name for name, _ in parts]
    return words[0], words[1], amount, parts


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], goods.Delivered(0)),
        ([("1.00 CNY", 10, None, None), ("1.00 CNY", 30, 30, None)], goods.Delivered(2, quality=Decimal(0))),
        ([("1.00 CNY", 400, 2, None), ("1.00 CNY", 9, 0, None)], goods.Delivered(2, quality=Decimal("99.7"))),
        ([("9.00 CNY", 10, None, 0), ("9.00 CNY", 10, None, -1)], goods.Delivered(2, delivery=50)),
        ([("9.00 CNY", 10, None, None), ("10.00 CNY", 10, None, -400)], goods.Delivered(1, price=100)),
        ([("20.00 CNY", 10, None, None), ("10.00 CNY", 10, None, -400)], goods.Delivered(1, price=0)),
        ([("20.00 USD", 10, None, None), ("10.00 CNY", 10, None, -400)], goods.Delivered(1)),
        ([("20.00 CNY", 10, None, None), ("0.00 CNY", 10, None, -400)], goods.Delivered(1)),
    ],
)
def test_figures_are_of_what_is_known(lines: list[tuple[Any, ...]], expected: goods.Delivered) -> None:
    """Amount, quantity, rejected; days by which it was promised, or -400 for what came so long ago."""
    store, office = MemoryStore(), Office(MemoryStore())
    now, supplier = office.clock.now(), Supplier(CODE, "component", OURS, "x", "recognised", office.clock.now())
    with store.write() as tx:
        for n, (amount, quantity, rejected, days) in enumerate(lines):
            at = now - DAY if days != -400 else now - 400 * DAY
            promised = at + days * DAY if days in (0, -1) else None
            looked = None if rejected is None else str(rejected)
            tx.insert(GoodsReceived(CODE, at, str(n), "", "轴承", amount, str(quantity), looked, promised))
        assert goods.delivered(tx, supplier, now, office.staff.policy()) == expected
