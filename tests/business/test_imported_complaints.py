"""Complaints that come in as a table (CP-1): a case each, once, with the clock of when they were received."""

from datetime import datetime

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.imports import KINDS, Mode, Result
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.records import CaseClock, CaseRow
from crm_workflows.testing import MemoryStore
from tests.business.tables import as_csv
from tests.flows.customers import enter
from tests.office import Office

HEAD = ["投诉内容", "收到时间", "客户", "联系人", "邮箱", "产品", "订单号", "索赔金额", "负责人"]
SCRATCHED = ["密封面有划痕", "2026-03-02 08:30", "", "郑文博", "zheng@yunfan.example", "阀体", "PO-7", "1,200.00", ""]
LATE = ["晚到三天", "2026-03-01", "某某贸易", "", "", "", "PO-8", "", ""]


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


def come_in(office: Office, *rows: list[str], mode: Mode = "all") -> tuple[Result, list[Problem]]:
    said: list[Problem] = []
    table = opened(as_csv([HEAD, *rows]), "投诉.csv")
    return imports.run(office.engine, KINDS["complaints"], table, "投诉.csv", mode, said.append), said


def cases(office: Office) -> list[CaseRow]:
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, process="complaint-resolution", order="code")


def test_each_row_becomes_one_case_however_often_the_table_comes(office: Office) -> None:
    assert come_in(office, SCRATCHED, LATE, mode="preview")[0].added == 2
    assert cases(office) == []
    done, said = come_in(office, SCRATCHED, LATE)
    assert (done.added, done.bad, said) == (2, 0, [])
    first, second = cases(office)
    assert first.subject["channel"] == "import"
    assert first.subject["contact"]["email"] == "zheng@yunfan.example"
    assert first.subject["amount"] == {"amount": "1200.00", "currency": "CNY"}
    assert second.subject["company"] == "某某贸易"
    again, _ = come_in(office, SCRATCHED, LATE)
    assert (again.added, again.unchanged) == (0, 2)
    assert len(cases(office)) == 2


def test_the_person_in_charge_may_be_named(office: Office) -> None:
    come_in(office, [*SCRATCHED[:8], "白雪"])
    assert [case.owner for case in cases(office)] == ["bai.xue@yongchang.example"]


def test_the_kind_comes_in_by_its_name_and_another_is_refused(office: Office) -> None:
    """Else all that comes in as a table would count as one kind, and as alike (CP-12)."""

    def take_in(kind: str) -> list[Problem]:
        said: list[Problem] = []
        table = opened(as_csv([[*HEAD, "类别"], [*SCRATCHED, kind]]), "投诉.csv")
        imports.run(office.engine, KINDS["complaints"], table, "投诉.csv", "all", said.append)
        return said

    (problem,) = take_in("颜色")
    assert "产品质量" in str(problem)
    assert take_in("产品质量") == []
    assert [case.subject["kind"] for case in cases(office)] == ["quality"]


def test_the_clock_runs_from_when_it_was_received(office: Office) -> None:
    come_in(office, SCRATCHED)
    office.work()
    with office.engine.store.read() as reader:
        begun = {clock.begun_at for clock in reader.find(CaseClock)}
    assert begun == {datetime.fromisoformat("2026-03-02T08:30+08:00")}


def test_a_customer_of_the_register_is_found_by_code_or_name(office: Office) -> None:
    known = enter(office)
    come_in(office, [*SCRATCHED[:2], known.code, *SCRATCHED[3:]], [*LATE[:2], known.name, *LATE[3:]])
    assert [case.subject["customer"] for case in cases(office)] == [known.code, known.code]
    assert {case.subject["company"] for case in cases(office)} == {known.name}


def test_a_code_of_nobody_is_no_company_s_name(office: Office) -> None:
    """The complaint would belong to nobody; whoever has no code is named, as the other one here."""
    known = enter(office)
    done, said = come_in(office, [*SCRATCHED[:2], "C-MA-0008", *SCRATCHED[3:]], LATE, mode="good")
    assert (done.added, done.bad) == (1, 1)
    (problem,) = said
    assert f"没有此客户代码，相近的有 {known.code} {known.name} / " in str(problem)
    assert [case.subject["company"] for case in cases(office)] == ["某某贸易"]


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        (0, "", "is empty"),
        (1, "昨天", "is no date"),
        (1, "2026-03-02 25:00", "is no date and time"),
        (1, "2031-03-02", "lies in the future"),
        (7, "很多", "is no amount"),
        (8, "nobody@yongchang.example", "is not among the staff"),
        (8, "王五", "is not among the staff"),
    ],
)
def test_a_row_that_is_no_complaint_is_named_and_opens_nothing(
    office: Office, column: int, value: str, told: str
) -> None:
    bad = list(SCRATCHED)
    bad[column] = value
    done, said = come_in(office, LATE, bad)
    assert (done.bad, done.is_written, [p.row for p in said]) == (1, False, [3])
    assert told in said[0].what
    assert cases(office) == []
    good, _ = come_in(office, LATE, bad, mode="good")
    assert (good.added, good.bad, len(cases(office))) == (1, 1, 1)
