"""What stands twice in a file is named with its first row, also where its customer is named in two ways."""

from typing import Any

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business.imports import KINDS, run
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.text import in_language
from crm_workflows.testing import MemoryStore
from tests.business.tables import HEAD, NAMES, as_csv, lines
from tests.office import Office, credit_code

ROWS: dict[str, tuple[list[str], list[str]]] = {
    "contacts": (["姓名", "电话"], ["钟意", "13800000000"]),
    "contracts": (["合同号", "签订日期", "到期日期"], ["HT-1", "2026-01-05", "2026-12-31"]),
    "orders": (["订单号", "下单日期", "金额", "交货日期"], ["PO-1", "2026-02-10", "1", "2026-02-28"]),
    "payments": (["发票号", "付款期限", "金额"], ["FP-1", "2026-02-10", "7"]),
    "contacts-made": (["日期", "类型", "摘要"], ["2026-02-28", "回访", "满意"]),
}


@pytest.mark.parametrize("chunk", [1000, 1], ids=["in one chunk", "in several"])
@pytest.mark.parametrize("kind", ROWS)
def test_a_row_that_stands_under_two_names_of_its_customer_is_named(
    kind: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_workflows.business.imports.running.CHUNK", chunk)
    office, said = Office(MemoryStore()), list[Problem]()

    def imported(what: str, rows: list[Any], mode: Any) -> Any:
        said.clear()
        return run(office.engine, KINDS[what], opened(as_csv(rows), "表.csv"), "表.csv", mode, said.append)

    imported("customers", [HEAD, *lines(*NAMES)], "all")
    head, row = ROWS[kind]
    twice = [["客户", *head], ["C-MA-0001", *row], [NAMES[0], *row], [credit_code(1), *row], ["C-MA-0002", *row]]
    for mode in ("preview", "good"):
        done = imported(kind, twice, mode)
        assert (done.rows, done.added, done.bad) == (4, 2, 2)
        assert [(one.row, in_language(one.remedy, "en")) for one in said] == [
            (n, "the same as row 2; keep one of them") for n in (3, 4)
        ]
    assert (imported(kind, [*twice[:2], twice[4]], "all").unchanged) == 2
