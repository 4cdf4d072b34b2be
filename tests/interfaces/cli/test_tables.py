"""`crmw import` and `crmw export table`: the samples in and out, and the report of what is wrong."""

from pathlib import Path

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from tests.interfaces.cli.conftest import SAMPLES, Crmw

ADMIN = "liu.yang@yongchang.example"
KINDS = ("customers", "contacts", "contracts", "orders", "payments", "contacts-made")


def test_the_sample_customers_come_in_with_their_history(crmw: Crmw, tmp_path: Path) -> None:
    assert crmw("imports").out.strip() == "no table has been imported yet"
    rows = {"customers": 12, "contacts": 4, "contracts": 4, "orders": 9, "payments": 4, "contacts-made": 9}
    looked = crmw("import", "customers", SAMPLES / "customers" / "customers.csv", "--preview", "--json")
    assert (looked.status, looked.json["added"], looked.json["is_written"]) == (0, 12, False)
    for kind in KINDS:
        done = crmw("import", kind, SAMPLES / "customers" / f"{kind}.csv", "--json").json
        assert (done["added"], done["bad"], done["report"]) == (rows[kind], 0, None), done
    again = crmw("import", "orders", SAMPLES / "customers" / "orders.csv")
    assert again.out.strip() == "9 rows: 0 new, 0 changed, 9 unchanged, 0 with problems; written"
    listed = crmw("imports", "--json").json
    assert [(one["kind"], one["file"], one["channel"]) for one in listed] == [
        (kind, f"{kind}.csv", "cli") for kind in ("orders", *reversed(KINDS))
    ]
    assert listed[-1]["said"].endswith("12 rows: 12 new, 0 changed, 0 unchanged, 0 with problems")
    listed_for_people = crmw("imports").out
    assert "12 rows: 12 new" in listed_for_people
    assert "Invoices and payments" in listed_for_people, "a kind is said in words"
    out = tmp_path / "out.xlsx"
    assert crmw("export", "table", "customers", "--to", out, "--json").json["rows"] == 12
    assert crmw("import", "customers", out, "--json").json["unchanged"] == 12
    assert "exists already" in crmw("export", "table", "customers", "--to", out).refusal


def test_an_import_is_on_record_under_the_administrator_on_whose_behalf_it_is_done(crmw: Crmw) -> None:
    words = ("import", "customers", SAMPLES / "customers" / "customers.csv", "--as")
    assert "Wang Fang is no administrator, so may not import tables" in crmw(*words, "Wang Fang").refusal
    assert crmw("imports", "--json").json == []
    assert crmw(*words, ADMIN, "--json").json["added"] == 12
    assert crmw("imports", "--json").json[0]["by"].startswith(f"{ADMIN} (")


def test_a_picture_is_no_table_whatever_its_name(crmw: Crmw, tmp_path: Path) -> None:
    picture = tmp_path / "x.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    assert "x.xlsx is a PDF or a picture and no table" in crmw("import", "customers", picture).refusal
    picture.write_bytes(b"\xff\x01\x02\xff")
    assert "x.xlsx is no workbook, nor a table in UTF-8 or GBK" in crmw("import", "customers", picture).refusal


def test_problems_are_told_and_lie_in_a_report(crmw: Crmw, tmp_path: Path) -> None:
    file = tmp_path / "客户.csv"
    good = (SAMPLES / "customers" / "customers.csv").read_text("utf-8-sig").replace("2026-01-15", "1/15/26")
    file.write_bytes(good.encode("gbk"))
    looked = crmw("import", "customers", file, "--dry-run")
    assert "One row has a problem and nothing was written" in looked.refusal
    report = tmp_path / "客户-problems.xlsx"
    assert [list(cells) for _, cells in opened(report, "x").rows()] == [
        ["Row", "Column", "Value", "What is wrong", "What to do"],
        [4, "Last contact", "1/15/26", "is no date that can be told for sure", "write it as 2026-03-31"],
    ]
    for told in ("4", "Last contact", "1/15/26", "write it as 2026-03-31", str(report)):
        assert told in looked.out
    done = crmw("import", "customers", file, "--good-rows", "--report", tmp_path / "report.csv", "--json")
    assert (done.status, done.json["added"], done.json["bad"]) == (0, 11, 1)
    assert done.json["problems"][0]["column"] == "上次联系 / Last contact"
    assert "1/15/26" in (tmp_path / "report.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gifts", "x.csv"), "there are customers, contacts, contracts, orders, payments, contacts-made"),
        (("customers", "absent.csv"), "there is no file"),
    ],
)
def test_what_cannot_be_imported_is_refused(crmw: Crmw, words: tuple[str, str], said: str) -> None:
    assert said in crmw("import", *words).refusal
