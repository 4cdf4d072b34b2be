"""Imports: every way in which people's tables are not what they should be, and that the same file changes nothing."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from crm_workflows.adapters.documents.spreadsheets import new_csv, new_xlsx, opened
from crm_workflows.business import imports
from crm_workflows.business.imports import KINDS, Mode, Result, running
from crm_workflows.business.imports.leaving import leaving
from crm_workflows.business.imports.table import Entry, Plan, Problem, Surroundings
from crm_workflows.domain.credit_code import check_character
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import ContactMade, Customer, CustomerContact, CustomerContract, CustomerOrder
from crm_workflows.engine.ports import Duplicate
from crm_workflows.testing import MemoryStore
from tests.flows.customers import MANAGER, OWNER, enter
from tests.office import Office

Raw = Any
HEAD = ("客户名称", "统一社会信用代码", "客户经理", "等级", "行业", "联系人", "电话", "上次联系")
NAMES = ("无锡云帆泵业有限公司", "宁波青禾贸易有限公司", "成都锦程电子有限公司")


def credit_code(n: int) -> str:
    first = f"91320200MA{n:07d}"
    return first + check_character(first)


def lines(*names: str, **columns: Any) -> list[list[Raw]]:
    given = {"客户经理": OWNER, "等级": "B", "行业": "机械制造", "联系人": "", "电话": "", "上次联系": ""} | columns
    return [[name, credit_code(n), *(given[heading] for heading in HEAD[2:])] for n, name in enumerate(names, 1)]


def as_csv(rows: Sequence[Sequence[Raw]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[Raw]], change: Callable[[Any], None] = lambda _: None) -> bytes:
    book, target = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    change(sheet)
    book.save(target)
    return target.getvalue()


@dataclass
class Importing:
    """An office, and what its imports have said."""

    office: Office
    said: list[Problem] = field(default_factory=list)

    def __call__(self, content: bytes, kind: str = "customers", mode: Mode = "all") -> Result:
        self.said.clear()
        engine = self.office.engine
        return imports.run(engine, KINDS[kind], opened(content, "表.xlsx"), "表.xlsx", mode, self.said.append)

    def rows(self, record: type[Any], **equals: Any) -> list[Any]:
        with self.office.engine.store.read() as reader:
            return reader.find(record, **equals)

    @property
    def places(self) -> list[tuple[int, str]]:
        """Where something is wrong."""
        return [(one.row, one.column.split(" / ")[-1]) for one in self.said]


@pytest.fixture
def importing() -> Importing:
    return Importing(Office(MemoryStore()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_csv_is_read_in_the_encodings_that_spreadsheets_write(importing: Importing, encoding: str) -> None:
    done = importing(as_csv([HEAD, *lines(*NAMES)], encoding))
    assert (done.added, done.bad, done.is_written) == (3, 0, True), importing.said
    assert [row.name for row in importing.rows(Customer)] == list(NAMES)
    assert [row.code for row in importing.rows(Customer)] == ["C-MA-0001", "C-MA-0002", "C-MA-0003"]


@pytest.mark.parametrize("separator", [";", "\t", "，"])
def test_a_csv_may_be_separated_otherwise(importing: Importing, separator: str) -> None:
    text = "\n".join(separator.join(map(str, row)) for row in [HEAD, *lines(*NAMES)])
    assert importing(text.encode()).added == 3


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_the_same_file_again_changes_nothing(importing: Importing, make: Callable[..., bytes]) -> None:
    file = make([HEAD, *lines(*NAMES, 联系人="钟意", 电话="+86 510 5550-0999", 上次联系="2026-01-15")])
    assert importing(file, mode="preview") == Result(rows=3, added=3)
    assert importing.rows(Customer) == [], "a preview writes nothing"
    importing(file)
    before = importing.rows(Customer), importing.rows(CustomerContact)
    importing.office.clock.move_to(importing.office.clock.now() + timedelta(days=1))
    assert importing(file) == Result(rows=3, unchanged=3, is_written=True)
    assert (importing.rows(Customer), importing.rows(CustomerContact)) == before
    assert len(before[1]) == 3


def test_dates_are_read_as_people_write_them(importing: Importing) -> None:
    written = ["2026-01-15", "2026/1/15", "2026年1月15日", "２０２６．１．１５", "20260115", 46037, date(2026, 1, 15)]
    rows = [[f"{trade}有限公司", credit_code(n), OWNER, "", "", "", "", day]
            for n, (trade, day) in enumerate(zip("甲乙丙丁戊己庚", written, strict=True))]  # fmt: skip
    done = importing(as_xlsx([HEAD, *rows]))
    assert done.bad == 0, importing.said
    assert {row.last_contact_at.date() for row in importing.rows(Customer)} == {date(2026, 1, 15)}


def test_what_cannot_be_read_safely_is_named_by_row_and_column_with_its_remedy(importing: Importing) -> None:
    rows: list[list[Raw]] = lines(*NAMES, "第四家", "第五家", "第六家", "第七家")
    rows[0][7] = "3/4/26"
    rows[1][1] = "91320200MA0000002X"
    rows[2][2] = "nobody@yongchang.example"
    rows[3][3] = "D"
    rows[4][0] = '=HYPERLINK("http://evil.example","x")'
    rows[5][6] = 138123456781234567
    rows[6][7] = "2026-03-03"
    done = importing(as_xlsx([HEAD, *rows]))
    assert (done.rows, done.bad, done.is_written) == (7, 7, False)
    assert importing.places == [
        (2, "Last contact"), (3, "Credit code"), (4, "Account manager"), (5, "Tier"), (6, "Customer"), (7, "Phone"),
        (8, "Last contact"),
    ]  # fmt: skip
    assert importing.rows(Customer) == [], "one bad row keeps all out"
    assert all(" / " in one.what and " / " in one.remedy for one in importing.said)
    assert importing.said[4].remedy == "复制后“选择性粘贴为数值” / copy it and paste it as a value"


def test_only_good_rows_go_in_when_asked(importing: Importing) -> None:
    rows = lines(*NAMES)
    rows[1][2] = ""
    done = importing(as_csv([HEAD, *rows]), mode="good")
    assert (done.added, done.bad) == (2, 1)
    assert importing.places == [(3, "Account manager")]
    assert [row.name for row in importing.rows(Customer)] == [NAMES[0], NAMES[2]]
    rows[1][2] = OWNER
    assert importing(as_csv([HEAD, *rows])) == Result(rows=3, added=1, unchanged=2, is_written=True)


def test_merged_cells_are_not_taken_for_empty_ones(importing: Importing) -> None:
    rows = lines(*NAMES)
    file = as_xlsx([HEAD, *rows], lambda sheet: sheet.merge_cells("D2:D4"))
    importing(file)
    assert importing.places == [(3, "Tier"), (4, "Tier")], "else two of tier A would come in as C"
    assert "取消合并" in importing.said[0].remedy


def test_a_title_above_the_headings_and_empty_rows_do_no_harm(importing: Importing) -> None:
    heading = [f"{word}（必填）*" for word in HEAD]
    file = as_xlsx([["客户清单"], [], heading, [], *lines(*NAMES), [None, " "]], lambda s: s.merge_cells("A1:H1"))
    assert importing(file) == Result(rows=3, added=3, is_written=True)


def in_the_workbook(part: str, content: bytes) -> bytes:
    """A workbook in which one part is another."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx([HEAD, *lines("甲")]))) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return made.getvalue()


def locked(workbook: bytes) -> bytes:
    """The same with the mark of a password on every part."""
    flags = re.compile(rb"(PK\x03\x04..|PK\x01\x02....).", re.DOTALL)
    return flags.sub(lambda found: found[1] + b"\x01", workbook)


@pytest.mark.parametrize(
    "file",
    [
        b"\xff\xfe\x00\xd8a\x00",
        "客户,x\n".encode("utf-16") + b"\x00",
        in_the_workbook("xl/workbook.xml", b"<workbook"),
        in_the_workbook("xl/styles.xml", b"<x"),
        in_the_workbook("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"),
        locked(in_the_workbook("", b"")),
    ],
    ids=["half a character", "cut", "no workbook", "no styles", "no sheet", "password"],
)
def test_a_broken_file_is_refused_in_one_sentence(importing: Importing, file: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"save it as \.xlsx"):
        importing(file)


def test_a_small_file_that_unpacks_to_a_flood_is_refused_unread(importing: Importing) -> None:
    flood = in_the_workbook("xl/worksheets/sheet1.xml", b"<row/>" * 3_000_000)
    assert len(flood) < 100_000
    with pytest.raises(InvalidInput, match="too large; split it"):
        importing(flood)


def test_a_table_without_its_headings_is_refused_with_their_names(importing: Importing) -> None:
    with pytest.raises(InvalidInput, match="没有表头“统一社会信用代码、客户经理”"):
        importing(as_csv([["客户名称", "电话"], ["x", "1"]]))
    for content in (b"", b"\xff\x00\xff", b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0old"):
        with pytest.raises(InvalidInput):
            importing(content)


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


def test_what_goes_out_comes_in_unchanged(importing: Importing) -> None:
    importing(as_csv([HEAD, *lines(*NAMES, 联系人="钟意", 电话="13800000000", 上次联系="2026-01-15")]))
    importing(as_csv([["客户", "订单号", "下单日期", "金额"], ["C-MA-0001", "PO-1", "2026-02-10", "7"]]), "orders")
    importing(as_csv([["客户", "合同号", "签订日期"], ["C-MA-0001", "HT-1", "2026-02-10"]]), "contracts")
    importing(as_csv([["客户", "日期", "摘要", "满意度"], ["C-MA-0001", "2026-02-10", "好", 5]]), "contacts-made")
    importing(as_csv([["客户", "发票号", "付款期限", "金额"], ["C-MA-0001", "FP-1", "2026-02-10", "7"]]), "payments")
    for kind in KINDS.values():
        with importing.office.engine.store.read() as reader:
            rows = list(leaving(reader, kind, "Asia/Shanghai"))
        done = importing(as_csv([[column.label for column in kind.columns], *rows]), kind.name)
        assert (done.unchanged, done.added, done.changed, done.bad) == (len(rows), 0, 0, 0), (kind.name, importing.said)
        assert bool(rows) is (kind.name != "complaints"), "which go out as cases"
