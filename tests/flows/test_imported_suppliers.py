"""Suppliers that come in recognised already (SV-10, SV-12): in the register, and followed up like the others."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.figures.months import Month
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.records import CaseRow, Supplier
from crm_workflows.domain.text import in_language
from tests.business.tables import as_csv
from tests.flows.customers import IN_MEMORY
from tests.flows.test_after_recognition import morning
from tests.flows.test_goods_received import purchases, received
from tests.office import Office, credit_code

SAMPLES = Path(__file__).parents[2] / "samples" / "suppliers"
BUYER = "wang.fang@yongchang.example"


def taken(office: Office, *rows: dict[str, Any], mode: imports.Mode = "all") -> tuple[imports.Result, list[Problem]]:
    """Rows like the example of the empty table but for what they say."""
    kind, said = imports.KINDS["suppliers"], list[Problem]()
    lines = [[row.get(column.name, column.example) for column in kind.columns] for row in rows]
    table = opened(as_csv([[in_language(column.label, "zh") for column in kind.columns], *lines]), "供应商.csv")
    return imports.run(office.engine, kind, table, "供应商.csv", mode, said.append), said


def cases(office: Office, process: str) -> list[CaseRow]:
    office.work()
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, process=process)


@IN_MEMORY
def test_one_that_comes_in_recognised_is_evaluated_again_before_its_validity_ends(office: Office) -> None:
    done, _ = taken(office, {"owner": "王芳"})
    assert (done.added, done.is_written) == (1, True)
    assert cases(office, "supplier-reevaluation") == cases(office, "supplier-certificate") == []
    office.move_to(morning(date(2027, 5, 1)))
    (again,) = cases(office, "supplier-reevaluation")
    assert (again.owner, again.subject["supplier"], again.subject["valid_until"]) == (BUYER, "S-CP-0001", "2027-06-30")
    office.submit(again.code)
    office.answer(again.code, "approve")
    with office.engine.store.read() as reader:
        (row,) = reader.find(Supplier)
    assert (office.view(again.code)["outcome"], row.details["valid_until"]) == ("approved", "2028-05-01")
    office.move_to(morning(date(2028, 5, 1)))
    (paper,) = cases(office, "supplier-certificate")
    assert (paper.subject["kind"], paper.subject["expires_on"]) == ("certificate", "2028-06-30")


@IN_MEMORY
def test_an_import_says_how_many_cases_begin_at_once(office: Office) -> None:
    done, _ = taken(office, {"valid_until": "2026-03-20", "certificate_expires_on": "2026-03-20"})
    begun = [*cases(office, "supplier-reevaluation"), *cases(office, "supplier-certificate")]
    assert (done.cases, len(begun)) == (2, 2)


@IN_MEMORY
def test_what_was_bought_of_it_since_it_was_recognised_is_in_order(office: Office) -> None:
    taken(office, {"recognised_on": "2026-02-01", "valid_until": "2026-02-27"})
    received(
        office,
        ("S-CP-0001", "2026-01-31", "A", "", "", "", "1.00"),
        ("S-CP-0001", "2026-02-27", "its last day", "", "", "", "4.00"),
        ("无锡澄川轴承有限公司", "2026-02-01", "B", "", "", "", "2.00"),
    )
    assert purchases(office, Month(2026, 1))[0] == "1"
    assert purchases(office, Month(2026, 2))[0] == "0"


@IN_MEMORY
def test_what_is_bought_after_its_validity_ended_is_told(office: Office) -> None:
    taken(office, {"recognised_on": "2026-02-01", "valid_until": "2026-03-31"})
    office.move_to(morning(date(2026, 4, 2)))
    received(
        office,
        ("S-CP-0001", "2026-03-31", "A", "", "", "", "1.00"),
        ("S-CP-0001", "2026-04-01", "B", "", "", "", "2.00"),
    )
    assert [purchases(office, Month(2026, month))[0] for month in (3, 4)] == ["0", "1"]


@IN_MEMORY
def test_each_paper_whose_last_day_is_told_is_asked_for_again_before_it(office: Office) -> None:
    taken(office, {"certificate_expires_on": "2026-07-31", "business_licence_expires_on": "2026-08-31"})
    asked = []
    for day in (date(2026, 5, 1), date(2026, 6, 2), date(2026, 7, 3)):
        office.move_to(morning(day))
        found = cases(office, "supplier-certificate")
        asked.append(sorted((one.subject["kind"], one.subject["expires_on"]) for one in found))
    certificate, licence = ("certificate", "2026-07-31"), ("business_licence", "2026-08-31")
    assert asked == [[], [certificate], [licence, certificate]]


@IN_MEMORY
def test_of_the_samples_only_what_came_from_the_supplier_who_was_not_entered_is_told(office: Office) -> None:
    for kind, many in (("suppliers", 2), ("receipts", 6)):
        said, file = list[Problem](), f"{kind}.csv"
        table = opened(SAMPLES / file, file)
        done = imports.run(office.engine, imports.KINDS[kind], table, file, "all", said.append)
        assert (done.added, said) == (many, [])
    assert purchases(office, Month(2026, 1)) == ("0", "of 2 received", "nothing to count in the period", [])
    assert purchases(office, Month(2026, 2)) == ("2", "of 4 received", "50560.00 CNY", [("unregistered", 2)])


@IN_MEMORY
def test_one_code_of_two_suppliers_is_named_before_anything_is_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In whatever portions the file is written."""
    rows = ({"code": "GY-7"}, {"code": "gy-7", "credit_code": credit_code(2), "name": "甲工贸公司"})
    for many in (1000, 1):
        monkeypatch.setattr("crm_workflows.business.imports.running.CHUNK", many)
        done, said = taken(office, *rows)
        assert (done.bad, done.is_written, [(one.row, one.column) for one in said]) == (
            1, False, [(3, "供应商代码 / Supplier code")]
        )  # fmt: skip


@IN_MEMORY
def test_what_cannot_be_entered_is_named_and_what_is_decided_in_cases_stays(office: Office) -> None:
    taken(office, {})
    wrong = {
        "Class": {"supplier_class": "A"},
        "Valid until": {"valid_until": "2028-06-30"},
        "Buyer": {"credit_code": credit_code(2), "name": "甲工贸公司", "owner": "nobody@yongchang.example"},
        "Buyer ": {"credit_code": credit_code(2), "name": "甲工贸公司", "owner": "王五"},
        "Supplier code": {"credit_code": credit_code(3), "name": "乙电子厂", "code": "S-CP-0002"},
        "Yearly amount": {"credit_code": credit_code(4), "name": "丙水泵厂", "yearly_amount": "0"},
        "Recognised on": {"credit_code": credit_code(5), "name": "丁锻造厂", "recognised_on": "2026-03-03"},
        "Recognised on ": {
            "credit_code": credit_code(7),
            "name": "戊铸造厂",
            "recognised_on": "2026-02-02",
            "valid_until": "2026-02-01",
        },
        "Supplier": {"credit_code": credit_code(6), "name": "无锡市澄川轴承有限责任公司"},
    }
    for column, row in wrong.items():
        done, said = taken(office, row)
        assert (done.bad, [one.column.split(" / ")[1] for one in said]) == (1, [column.strip()])
    assert "可能就是 S-CP-0001" in said[0].what
    done, _ = taken(office, wrong["Supplier"] | {"not_the_same": "是", "code": "GY-7"}, {})
    assert (done.added, done.unchanged) == (1, 1)
    with office.engine.store.read() as reader:
        found = reader.find(Supplier)
    assert [(row.code, row.status) for row in found] == [("GY-7", "recognised"), ("S-CP-0001", "recognised")]
    assert all(isinstance(row.registered_at, datetime) for row in found)


@IN_MEMORY
def test_one_that_is_barred_here_is_told_of_instead_of_counted_as_unchanged(office: Office) -> None:
    taken(office, {})
    with office.engine.store.write() as tx:
        tx.update(Supplier, ("S-CP-0001",), status="barred")
    done, said = taken(office, {})
    assert (done.bad, done.unchanged, ["barred" in one.what for one in said]) == (1, 0, [True])
