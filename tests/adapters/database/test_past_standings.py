"""What an older database tells of where its suppliers stood, filled in with the table for it (revision 0030)."""

from contextlib import closing
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from crm_workflows.adapters.database.opening import database_engine, database_url, open_store
from crm_workflows.domain.records import BusinessRow, Supplier, SupplierStanding
from tests.adapters.rows import NOON, case

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
REVISION: Any = import_module("crm_workflows.adapters.database.migrations.versions.0030_goods_received")
DAY = timedelta(days=1)


def supplier(n: int, status: str, **details: Any) -> Supplier:
    return Supplier(f"S-CP-{n:04d}", "component", f"供应商{n}", f"s{n}", status, NOON, details=details or None)


def test_suppliers_were_recognised_until_a_case_wrote_otherwise(sql_url: str) -> None:
    wrote = [
        ("SC-1", 2, "on_hold", 3),
        ("SC-2", 2, "on_hold", 5),
        ("SR-1", 2, "recognised", 9),
        ("SR-2", 3, "barred", 7),
    ]
    with closing(open_store(sql_url)) as store:
        with store.write() as tx:
            tx.insert(
                supplier(1, "recognised", valid_until="2026-12-31"), supplier(2, "on_hold", valid_until="2027-02-28")
            )
            tx.insert(supplier(3, "barred"), supplier(4, "barred"))
            for code, n, status, days in wrote:
                tx.insert(case(code, subject={"supplier": f"S-CP-{n:04d}"}))
                tx.insert(BusinessRow(code, "supplier_status", 1, status, NOON + days * DAY))
        engine = database_engine(database_url(sql_url))
        with engine.begin() as connection:
            fill = REVISION.TABLES.format(known=REVISION.KNOWN, **REVISION.TYPES[connection.dialect.name])
            for statement in fill.split(";"):
                if "INSERT" in statement:
                    connection.exec_driver_sql(statement)
        engine.dispose()
        with store.read() as reader:
            found = {astuple(one) for one in reader.find(SupplierStanding)}
    assert found == {
        ("S-CP-0001", NOON, "recognised", datetime(2027, 1, 1, tzinfo=UTC)),
        ("S-CP-0002", NOON, "recognised", datetime(2027, 3, 1, tzinfo=UTC)),
        ("S-CP-0002", NOON + 5 * DAY, "on_hold", datetime(2027, 3, 1, tzinfo=UTC)),
        ("S-CP-0003", NOON, "recognised", None),
        ("S-CP-0003", NOON + 7 * DAY, "barred", None),
        ("S-CP-0004", NOON, "barred", None),
    }
