"""Imports of customers and what belongs to them: what a row does, and that the same file changes nothing."""

import csv
import io
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_workflows.adapters.documents.spreadsheets import new_csv, new_xlsx, opened
from crm_workflows.business import imports
from crm_workflows.business.imports import KINDS, Result, running
from crm_workflows.business.imports.table import Entry, Plan, Surroundings
from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.records import ContactMade, Customer, CustomerContact, CustomerContract, CustomerOrder
from crm_workflows.engine.ports import Duplicate
from tests.business.tables import HEAD, NAMES, Importing, Raw, as_csv, as_xlsx, importing, lines
from tests.flows.customers import MANAGER, OWNER, enter
from tests.office import credit_code

__all__ = ["importing"]


def test_only_good_rows_go_in_when_asked(importing: Importing) -> None:
    rows = lines(*NAMES)
    rows[1][2] = ""
    done = importing(as_csv([HEAD, *rows]), mode="good")
    assert (done.added, done.bad) == (2, 1)
    assert importing.places == [(3, "Account manager")]
    assert [row.name for row in importing.rows(Customer)] == [NAMES[0], NAMES[2]]
    rows[1][2] = OWNER
    assert importing(as_csv([HEAD, *rows])) == Result(rows=3, added=1, unchanged=2, is_written=True)


def test_a_row_that_stands_twice_is_named_with_the_first(importing: Importing) -> None:
    rows = lines(*NAMES)
    rows[2][1] = rows[0][1].lower()
    importing(as_csv([HEAD, *rows]))
    assert importing.places == [(4, "Customer")]
    assert "与第 2 行重复" in importing.said[0].remedy


def test_what_is_decided_in_cases_is_not_changed_by_a_file(importing: Importing) -> None:
    importing(as_csv([HEAD, *lines(NAMES[0])]))
    importing(as_csv([HEAD, *lines(NAMES[0], 等级="A", 客户经理=MANAGER)]))
    assert sorted(importing.places) == [(2, "Account manager"), (2, "Tier")]
    done = importing(
        as_csv([HEAD, *lines("无锡云帆泵业（集团）有限公司", 行业="能源", 联系人="钟意", 上次联系="2026-02-01")])
    )
    assert (done.changed, done.bad) == (1, 0)
    (row,) = importing.rows(Customer)
    assert (row.name, row.industry, row.tier, row.code) == ("无锡云帆泵业（集团）有限公司", "energy", "B", "C-MA-0001")
    assert [one.name for one in importing.rows(CustomerContact)] == ["钟意"]


@pytest.mark.parametrize("written", ["林小雨", "林 小雨", "lin xiaoyu", OWNER.upper()])
def test_an_account_manager_may_be_named_where_one_active_person_is_called_so(
    importing: Importing, written: str
) -> None:
    table = as_csv([HEAD, *lines(NAMES[0], 客户经理=written)])
    assert importing(table).added == 1
    assert [row.owner for row in importing.rows(Customer)] == [OWNER]
    assert importing(table).unchanged == 1
    staff = importing.office.staff
    staff.people = Directory(replace(p, active=p.email != OWNER) for p in staff.people)
    assert importing(table).unchanged == 1, "whoever has left is still who it says"
    assert importing(as_csv([HEAD, *lines(NAMES[0], 客户经理="王芳")])).bad == 1


def test_a_name_that_is_not_one_colleague_s_is_told_at_its_row_with_all_else(importing: Importing) -> None:
    staff = importing.office.staff
    twin = Person(email="wang.fang2@yongchang.example", name="王芳", department="sales")
    staff.people = Directory([*staff.people, twin])
    rows = [lines(NAMES[0], 客户经理="王芳", 上次联系="2031-01-01"), lines("", NAMES[1], 客户经理="王五")[1:]]
    assert importing(as_csv([HEAD, *rows[0], *rows[1]])).added == 0
    assert importing.places == [(2, "Last contact"), (2, "Account manager"), (3, "Account manager")]
    _, several, nobody = importing.said
    assert several.what == "2 位同事叫此名 / is the name of 2 colleagues"
    assert "give the address: wang.fang@yongchang.example, wang.fang2@yongchang.example" in several.remedy
    assert (nobody.value, nobody.what) == ("王五", "不在人员名册中 / is not among the staff")


def test_codes_of_another_system_are_kept_and_ours_are_given_by_us(importing: Importing) -> None:
    def entered(code: str) -> Result:
        return importing(as_csv([[*HEAD[:3], "客户代码"], [*lines(NAMES[0])[0][:3], code]]))

    assert entered("C-MA-0001").bad == 1, "else the next code that we give would be taken"
    assert entered("kh 00123").added == 1
    assert importing.rows(Customer)[0].code == "KH00123"
    assert importing(as_csv([[*HEAD[:3], "客户代码"], [*lines("某某", NAMES[1])[1][:3], "KH00123"]])).bad == 1


def test_what_belongs_to_customers_comes_in_by_code_credit_code_or_name(importing: Importing) -> None:
    importing(as_csv([HEAD, *lines(*NAMES)]))
    people = [
        ["客户", "姓名", "电话", "职务"],
        ["c-ma-0001", "钟意", "13800000000", "采购"],
        [NAMES[1], "郑文博", "", ""],
    ]
    done = importing(as_csv(people), "contacts")
    assert (done.bad, importing.places) == (1, [(3, "Phone")])
    people[2][2] = "+86 10 5550 0112"
    orders: list[list[Raw]] = [["客户", "订单号", "下单日期", "金额", "交货日期", "货物"],
              [credit_code(1), "PO-1", "2026-02-10", "￥48,000.00", "2026-02-20", "叶轮"],
              [NAMES[0], "PO-2", "2026-01-10", 1200.5, "", ""], ["C-XX-1", "PO-3", "2026-01-10", "x", "", ""],
              ["C-XX-1", "PO-3", "2026-01-10", "1", "", ""], [NAMES[0], "PO-4", "2030-01-10", "1", "", ""]]  # fmt: skip
    contracts: list[list[Raw]] = [["客户", "合同号", "签订日期", "到期日期"],
                 [NAMES[0], "HT-1", "2026-01-05", "2026-12-31"],
                 [NAMES[0], "HT-2", "2026-01-05", "2025-12-31"]]  # fmt: skip
    assert importing(as_csv(people), "contacts").added == 2
    assert importing(as_csv(orders), "orders", "good").added == 2
    assert importing.places == [(4, "Amount"), (5, "Customer"), (6, "Ordered on")]
    assert importing(as_csv(contracts), "contracts", "good").added == 1
    assert importing.places == [(3, "Ends on")]
    first, second = importing.rows(CustomerOrder)
    assert (first.amount, first.is_open, second.amount, second.is_open) == ("48000.00 CNY", False, "1200.50 CNY", True)
    assert importing.rows(CustomerContract)[0].ends_at.date() == date(2026, 12, 31)
    row = importing.rows(Customer, code="C-MA-0001")[0]
    assert row.last_contact_at.date() == date(2026, 2, 10), "the latest order is the last real contact (CB-1)"
    for kind, content in (("contacts", people), ("orders", orders[:3]), ("contracts", contracts[:2])):
        assert importing(as_csv(content), kind).unchanged == len(content) - 1, kind


def test_contacts_made_count_as_real_contacts_and_are_entered_once(importing: Importing) -> None:
    enter(importing.office, "C-MA-0001", last_contact_at=importing.office.clock.now() - timedelta(days=9))
    before = importing.rows(Customer)[0].last_contact_at
    table: list[list[Raw]] = [["客户", "日期", "类型", "由谁", "已联系上", "满意度", "摘要"],
             ["C-MA-0001", "2025-06-01", "拜访", OWNER, "是", 4, "看样"],
             ["C-MA-0001", "2026-02-28", "回访", OWNER, "否", "", ""],
             ["C-MA-0001", "2026-02-27", "回访", "前任同事", "", 5, "满意"]]  # fmt: skip
    assert importing(as_xlsx(table), "contacts-made").added == 3
    assert importing(as_xlsx(table), "contacts-made").unchanged == 3
    made = importing.rows(ContactMade, order="n")
    assert [(one.kind, one.reached, one.by) for one in made] == [
        ("visit", True, OWNER), ("callback", False, OWNER), ("callback", True, "前任同事"),
    ]  # fmt: skip
    row = importing.rows(Customer)[0]
    assert row.last_contact_at.date() == date(2026, 2, 27), "a try that reached nobody is no contact"
    assert row.last_contact_at > before
    old = [["客户", "订单号", "下单日期", "金额"], ["C-MA-0001", "PO-0", "2024-01-10", "1"]]
    assert importing(as_csv(old), "orders").added == 1
    assert importing.rows(Customer)[0] == row, "it never goes back"
    table[1][5] = 9
    importing(as_xlsx(table), "contacts-made")
    assert importing.places == [(2, "Satisfaction")]


def test_an_import_that_died_in_the_middle_goes_on(importing: Importing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 10)
    rows = [[f"{chr(0x4E00 + 40 * n)}{chr(0x5200 + 31 * n)}厂", credit_code(n), OWNER] for n in range(35)]
    file = as_csv([HEAD[:3], *rows])
    chunks = iter(range(2))

    def dies(done: int, total: int) -> None:
        assert total >= done
        if next(chunks, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.run(importing.office.engine, KINDS["customers"], opened(file, "x"), "x", "good", print, dies)
    there = len(importing.rows(Customer))
    assert there == 30
    done = importing(file)
    assert (done.unchanged, done.added, done.bad) == (there, 35 - there, 0), importing.said[:3]
    assert len({row.code for row in importing.rows(Customer)}) == 35


def test_a_row_that_somebody_else_has_just_written_is_looked_at_again(importing: Importing) -> None:
    plan, tries = KINDS["customers"].plan, iter([True])

    def races(entries: list[Entry], around: Surroundings) -> Plan:
        if next(tries, False):
            raise Duplicate("Customer")
        return plan(entries, around)

    kind = replace(KINDS["customers"], plan=races)
    table = opened(as_csv([HEAD, *lines(*NAMES)]), "x")
    done = imports.run(importing.office.engine, kind, table, "x", "good", importing.said.append)
    assert (done.added, len(importing.rows(Customer))) == (3, 3)


def test_what_is_written_is_never_a_formula(tmp_path: Path) -> None:
    risky = ["=1+1", "+86 10", "-5", "@SUM(A1)", "普通", "https://x.example", "007", None, 3]
    with new_xlsx(tmp_path / "x.xlsx", ["值", "列"]) as book, new_csv(tmp_path / "x.csv", ["值", "列"]) as text:
        for value in risky:
            book([value, "x"])
            text([value, "x"])
    assert [row[0] for _, row in opened(tmp_path / "x.xlsx", "x").rows()] == ["值", *risky]
    in_csv = [row[0] for row in csv.reader(io.StringIO((tmp_path / "x.csv").read_text("utf-8-sig")))]
    assert in_csv == ["值", "'=1+1", "'+86 10", "'-5", "'@SUM(A1)", "普通", "https://x.example", "007", "", "3"]
