"""Whatever is handed to a command, it answers with one sentence that says what to do, and nothing is lost or kept."""

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.database import store_sqlite
from tests.interfaces.cli.conftest import SAMPLES, Crmw, Said

GOOD = json.loads((SAMPLES / "good" / "application.json").read_text("utf-8"))
CHINESE = {"LANG": "zh_CN.UTF-8"}


@pytest.fixture
def refused(crmw: Crmw, tmp_path: Path) -> Callable[..., str]:
    """Start a case from this text; it must be refused in both languages, and no case may be there afterwards."""

    def start(text: str | bytes, name: str = "input.json", *more: object) -> str:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        words = ("start", "supplier-vetting", "--input", path, *more)
        english, chinese = crmw(*words), crmw(*words, **CHINESE)
        assert re.search("[\u4e00-\u9fff]", chinese.refusal), chinese
        assert crmw("cases", "--json").json == []
        return english.refusal

    return start


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n  "company": "x",\n  "owner" "y"\n}', "input.json:3:11: "),
        ('{"company": "x",}', "input.json:1:"),
        ("", "input.json:1:1: "),
        ('{"a": 1, "a": 2}', "'a' stands there twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": ' + "9" * 5000 + "}", "input.json:1:1: "),
        ("[" * 5000, "input.json:1:"),
    ],
)
def test_wrong_json_names_file_line_and_column(refused: Callable[..., str], text: str, place: str) -> None:
    said = refused(text)
    assert place in said
    assert "JSON" in said


def test_wrong_yaml_names_file_line_and_column(refused: Callable[..., str]) -> None:
    said = refused("company: x\nowner: [y\nreason: z\n", "input.yaml")
    assert "input.yaml:3:7: " in said
    assert "YAML" in said


def test_a_file_that_is_no_text_is_told_what_is_expected(refused: Callable[..., str]) -> None:
    for other in (b"%PDF-1.7 \xe2\xe3", b"PK\x03\x04\x14\x00\x08", b"\x89PNG\r\n\x1a\n\x00\x00"):
        assert "input.json is no text: --input takes a JSON or YAML file" in refused(other)
    assert "save it as UTF-8" in refused("{}".encode("utf-16"))


def test_text_that_is_not_utf8_names_the_line(refused: Callable[..., str]) -> None:
    assert "input.json:2: the file is not written in UTF-8" in refused('{\n"company": "苏州"}'.encode("gb18030"))


def changed(**fields: Any) -> str:
    return json.dumps({**GOOD, **fields}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("{}", " (credit_code): please fill this in; "),
        ("[]", "“Supplier vetting” has mistakes in it (this must be a set of fields"),
        ('"text"', "this must be a set of fields"),
        ("null", "this must be a set of fields"),
        (changed(category="wood"), "(category): this must be one of raw_material, component, "),
        (changed(contact="Ms Gu"), "(contact): this must be a set of fields"),
        (changed(goods=7), "(goods): this must be a text"),
        (changed(company="甲\r\nBcc: x"), "(company): write this on one line"),
        (changed(company="甲\u202e乙"), "(company): write this on one line"),
        (changed(credit_code="91320500MAX0CL616A"), "check character"),
        (changed(credit_code="123"), "18 characters"),
        (changed(yearly_amount={"amount": "-1", "currency": "CNY"}), "yearly_amount"),
        (changed(yearly_amount={"amount": "viel", "currency": "CNY"}), "yearly_amount"),
        (
            changed(contact={"name": "x", "email": "no address"}),
            "Mail address (contact.email): this is not a valid mail address",
        ),
        (changed(no_conflict_of_interest=False), "no_conflict_of_interest"),
        (changed(surprise="x"), "surprise: there is no such field"),
        (changed(owner="nobody@yongchang.example"), "nobody@yongchang.example is not among the staff"),
        (changed(owner=None), "owner"),
        (changed(owner="Wang Fan"), "nobody here is called “Wang Fan”; give a colleague's name or address"),
        (changed(goods="甲\0乙"), "character that cannot be kept"),
    ],
)
def test_an_application_that_does_not_fit_names_the_field(refused: Callable[..., str], text: str, about: str) -> None:
    said = refused(text)
    assert about in said
    assert not re.search("Input should|valid dictionary|SupplierApplication|Extra inputs", said)


def test_the_owner_may_be_given_by_name(crmw: Crmw, tmp_path: Path) -> None:
    by_name = tmp_path / "application.json"
    by_name.write_text(changed(owner="Wang Fang"), "utf-8")
    code = crmw("start", "supplier-vetting", "--input", by_name, "--json").json["case"]
    assert crmw("case", code, "--json").json["owner"] == "wang.fang@yongchang.example"


def test_a_requester_must_be_of_the_staff(refused: Callable[..., str]) -> None:
    assert "x@else.example is not among the staff" in refused(changed(), "input.json", "--as", "x@else.example")


@pytest.mark.parametrize(
    ("name", "content", "about"),
    [
        ("企业概况.pdf", b"", "empty"),
        ("企业概况.pdf", b"\xff\xd8\xff a picture", "damaged or not what its name says"),
        ("全部.zip", b"PK\x03\x04", "one by one"),
        ("program.exe", b"MZ", "not taken"),
    ],
)
def test_an_attachment_that_cannot_be_taken_is_named(
    refused: Callable[..., str], tmp_path: Path, name: str, content: bytes, about: str
) -> None:
    (tmp_path / name).write_bytes(content)
    said = refused(changed(), "input.json", "--attach", tmp_path / name)
    assert name in said
    assert about in said


def test_an_attachment_of_50_mb_is_refused_unread(refused: Callable[..., str], tmp_path: Path) -> None:
    with (tmp_path / "scan.pdf").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    assert "has 50 MB, more than 25" in refused(changed(), "input.json", "--attach", tmp_path / "scan.pdf")


def test_files_that_are_not_there_are_named(crmw: Crmw, tmp_path: Path) -> None:
    words = ("start", "supplier-vetting", "--input")
    assert f"there is no file {tmp_path / 'no.json'}" in crmw(*words, tmp_path / "no.json").refusal
    assert f"{tmp_path} is a folder; name a file" in crmw(*words, tmp_path).refusal
    good = SAMPLES / "good" / "application.json"
    assert "there is no file" in crmw(*words, good, "--attach", tmp_path / "no.pdf").refusal


def test_standard_input_is_read_and_named(crmw: Crmw) -> None:
    assert "stdin:1:2" in crmw("start", "supplier-vetting", "--input", "-", typed="{oops").refusal
    assert crmw("start", "supplier-vetting", "--input", "-", typed=changed()).status == 0


def test_an_unknown_process_or_case_is_told_with_what_there_is(crmw: Crmw) -> None:
    good = SAMPLES / "good" / "application.json"
    assert "supplier-vetting" in crmw("start", "vendor-check", "--input", good).refusal
    assert "SV-2026-99999" in crmw("case", "SV-2026-99999").refusal
    assert "没有案件" in crmw("case", "SV-2026-99999", **CHINESE).refusal


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRMW_SMTP_PORT", "mail"),
        ("CRMW_NOW", "2026-03-02T09:00:00"),
        ("CRMW_SPEED", "-1"),
        ("CRMW_SMTP_SECURITY", "tls"),
        ("CRMW_TRACKING", "sometimes"),
        ("CRMW_PUBLIC_URL", "javascript:1"),
        ("CRMW_PUBLIC_URL", "crm.example.com"),
        ("CRMW_PUBLIC_URL", "http://"),
        ("CRMW_PUBLIC_URL", "https://crm.example.com/?next=x"),
        ("CRMW_PUBLIC_URL", "http://crm.example.com:99999"),
    ],
)
def test_a_wrong_setting_is_named(crmw: Crmw, name: str, value: str) -> None:
    assert crmw("cases", **{name: value}).refusal.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("url", "about"),
    [
        ("mysql://root:secret@localhost/x", "CRMW_DATABASE_URL"),
        ("not an address", "CRMW_DATABASE_URL"),
        ("postgresql://crmw:secret@127.0.0.1:1/crmw", ""),
        ("sqlite:////nowhere/at/all/crm.db", "database"),
    ],
)
def test_a_database_out_of_reach_is_one_sentence_without_its_password(crmw: Crmw, url: str, about: str) -> None:
    said = crmw("cases", CRMW_DATABASE_URL=url)
    assert about in said.refusal
    assert "secret" not in said.refusal


def test_a_file_that_is_no_database_is_one_sentence(crmw: Crmw, home: Path) -> None:
    (home / "crm.db").write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    assert "damaged or no database at all" in crmw("cases").refusal


def test_a_home_that_is_a_file_is_one_sentence(crmw: Crmw, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert str(tmp_path / "file") in crmw("cases", CRMW_HOME=str(tmp_path / "file")).refusal


def test_a_damaged_key_is_reported_and_kept(crmw: Crmw, home: Path) -> None:
    (home / "secret.key").write_text("damaged", encoding="utf-8")
    assert "damaged" in crmw("cases").refusal
    assert (home / "secret.key").read_text("utf-8") == "damaged"


def test_a_locked_database_says_so_and_loses_nothing(crmw: Crmw, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_sqlite, "BUSY_SECONDS", 0.2)
    good = SAMPLES / "good" / "application.json"
    with closing(store_sqlite.DRIVER.connect(home / "crm.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        said: Said = crmw("start", "supplier-vetting", "--input", good, "--idempotency-key", "K")
        assert "locked by another program" in said.refusal
        other.execute("ROLLBACK")
    assert crmw("start", "supplier-vetting", "--input", good, "--idempotency-key", "K").status == 0
    assert len(crmw("cases", "--json").json) == 1


def test_a_full_database_says_so_and_loses_nothing(crmw: Crmw, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that may not grow is full as a disk is."""
    good = SAMPLES / "good" / "application.json"
    with closing(store_sqlite.DRIVER.connect(home / "crm.db")) as other:
        (pages,) = other.execute("PRAGMA page_count").fetchone()
    prepare = store_sqlite._prepare

    def prepared(connection: Any, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA max_page_count={pages}")

    monkeypatch.setattr(store_sqlite, "_prepare", prepared)
    paper = SAMPLES / "good" / "documents" / "产品指南.pdf"
    assert "full" in crmw("start", "supplier-vetting", "--input", good, "--attach", paper).refusal
    monkeypatch.undo()
    assert crmw("cases", "--json", CRMW_HOME=str(home)).json == []
