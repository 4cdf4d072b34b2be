"""Imports: every way in which people's files are not what they should be."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from crm_workflows.business.imports import Result
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Customer, CustomerContact
from tests.business.tables import HEAD, NAMES, Importing, Raw, as_csv, as_xlsx, importing, lines
from tests.flows.customers import OWNER
from tests.office import credit_code

__all__ = ["importing"]


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


def test_a_tier_is_read_with_and_without_the_blank_of_its_label(importing: Importing) -> None:
    written = ["A", "A级", "A 级", "ａ级"]
    rows = [
        [f"{trade}有限公司", credit_code(n), OWNER, tier]
        for n, (trade, tier) in enumerate(zip("甲乙丙丁", written, strict=True))
    ]
    assert importing(as_csv([HEAD[:4], *rows])).bad == 0, importing.said
    assert {row.tier for row in importing.rows(Customer)} == {"A"}


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
