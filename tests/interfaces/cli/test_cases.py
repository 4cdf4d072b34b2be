"""start, cases, case, cancel, retry: what they print for people and for scripts, and what they put on record."""

import json
import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.bootstrap import Office
from crm_workflows.domain.records import AuditEntry, CaseRow, Request
from crm_workflows.engine.views import views
from crm_workflows.interfaces.cli import case_tables
from crm_workflows.interfaces.cli.session import account
from crm_workflows.interfaces.cli.words import ROWS
from crm_workflows.interfaces.up.lock import only_one
from tests.interfaces.cli.conftest import ADMIN, BUYER, MARKETING, OTHER_BUYER, SAMPLES, Crmw, Story

ROOT = SAMPLES.parent
WRITES = re.compile(r'books\.write\(\s*"(\w+)"')
GOOD = SAMPLES / "good" / "application.json"


def changed(tmp_path: Path, **fields: object) -> Path:
    """The good application with other values."""
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(json.loads(GOOD.read_text("utf-8")) | fields), encoding="utf-8")
    return path


def events(office: Office, code: str, event: str) -> list[AuditEntry]:
    with office.store.read() as reader:
        return reader.find(AuditEntry, case=code, event=event)


def test_start_opens_a_case_and_prints_where_it_is(crmw: Crmw) -> None:
    started = crmw("start", "supplier-vetting", "--input", GOOD, "--json").json
    assert started["case"].startswith("SV-")
    assert started["status"] == "waiting"
    assert started["url"] == f"http://127.0.0.1:8000/cases/{started['case']}"


def test_start_says_when_nothing_runs_that_would_send_the_mails(crmw: Crmw, home: Path) -> None:
    said = crmw("start", "supplier-vetting", "--input", GOOD)
    assert "once crmw up runs" in said.out.splitlines()[-1]
    assert said.err == ""
    with only_one(home):
        assert "crmw up" not in crmw("start", "supplier-vetting", "--input", GOOD, "--idempotency-key", "k").out


def test_start_takes_the_public_address_for_the_case_page(crmw: Crmw) -> None:
    said = crmw(
        "start", "supplier-vetting", "--input", GOOD, "--json", CRMW_PUBLIC_URL="https://crm.yongchang.example/"
    )
    assert said.json["url"] == f"https://crm.yongchang.example/cases/{said.json['case']}"


def test_start_reads_yaml_as_well(crmw: Crmw, tmp_path: Path) -> None:
    document = tmp_path / "application.yaml"
    document.write_text(yaml.safe_dump(json.loads(GOOD.read_text("utf-8")), allow_unicode=True), encoding="utf-8")
    code = crmw("start", "supplier-vetting", "--input", document, "--json").json["case"]
    assert crmw("case", code, "--json").json["subject"]["yearly_amount"] == {"amount": "480000.00", "currency": "CNY"}


def test_the_requester_is_who_is_named_else_the_owner(crmw: Crmw) -> None:
    first = crmw("start", "supplier-vetting", "--input", GOOD, "--json").json["case"]
    second = crmw("start", "supplier-vetting", "--input", GOOD, "--as", OTHER_BUYER, "--json").json["case"]
    assert crmw("case", first, "--json").json["requester"] == BUYER
    assert crmw("case", second, "--json").json["requester"] == OTHER_BUYER


def test_the_same_key_and_input_give_the_same_case(crmw: Crmw, tmp_path: Path) -> None:
    words = ("start", "supplier-vetting", "--idempotency-key", "K1", "--json", "--input")
    first, again = crmw(*words, GOOD).json, crmw(*words, GOOD).json
    assert first["case"] == again["case"]
    assert (first["created"], again["created"]) == (True, False)
    other = crmw(*words, changed(tmp_path, goods="轴承座"))
    assert "K1" in other.refusal
    assert len(crmw("cases", "--json").json) == 1


@pytest.mark.parametrize("repeated", [True, False])
def test_files_are_attached_one_by_one_or_in_a_row(crmw: Crmw, *, repeated: bool) -> None:
    files = sorted((SAMPLES / "good" / "documents").iterdir())[:2]
    given = ["--attach", files[0], "--attach", files[1]] if repeated else ["--attach", *files]
    code = crmw("start", "supplier-vetting", "--input", GOOD, *given, "--json").json["case"]
    assert [d["filename"] for d in crmw("case", code, "--json").json["documents"]] == [f.name for f in files]


def test_what_the_command_line_starts_and_cancels_names_the_account(crmw: Crmw, story: Story, office: Office) -> None:
    crmw("cancel", story.code, "--as", BUYER, "--reason", "供应商已停产")
    (opened,), (cancelled,) = events(office, story.code, "opened_case"), events(office, story.code, "cancelled")
    assert (opened.data["origin"], opened.data["evidence"]) == ("cli", account())
    assert (cancelled.data["channel"], cancelled.data["evidence"]) == ("cli", account())


def test_cases_are_found_by_process_status_owner_text_and_day(crmw: Crmw, story: Story, tmp_path: Path) -> None:
    other = crmw("start", "supplier-vetting", "--input", changed(tmp_path, owner=OTHER_BUYER), "--json").json["case"]
    crmw("cancel", other, "--as", OTHER_BUYER, "--reason", "x")

    def found(*words: str) -> list[str]:
        return [item["case"] for item in crmw("cases", *words, "--json").json]

    assert found() == [other, story.code]
    assert found("--owner", BUYER) == [story.code]
    assert found("--status", "cancelled") == [other]
    assert found("--text", "澄岚") == [other, story.code]
    assert found("--process", "customer-onboarding") == []
    assert found("--limit", "1") == [other]
    assert found("--from", "2000-01-01") == [other, story.code]
    assert found("--from", "2000-01-01", "--to", "2000-12-31") == []
    assert crmw("cases", "--from", "soon").status == 2


def test_overdue_cases_are_found(crmw: Crmw, at_gate: Story, office: Office) -> None:
    assert crmw("cases", "--overdue", "--json").json == []
    with office.engine.store.write() as tx:
        (asked,) = tx.find(Request, case=at_gate.code, status="open")
        tx.update(Request, (asked.id,), due_at=asked.opened_at - timedelta(days=9999))
    assert [item["case"] for item in crmw("cases", "--overdue", "--json").json] == [at_gate.code]


def test_a_list_says_what_each_case_waits_for_and_whom(crmw: Crmw, at_gate: Story) -> None:
    (item,) = crmw("cases", "--json").json[0]["now"]
    assert item["title"] == "供应商认定审批 / Recognition of the supplier"
    assert [one["email"] for one in item["who"]] == [MARKETING]
    assert item["due_at"] == crmw("case", at_gate.code, "--json").json["waiting_for"][0]["due_at"]
    assert "供应商认定审批 · 郑晓东" in crmw("cases", LANG="zh_CN.UTF-8").out
    crmw("cancel", at_gate.code, "--as", BUYER, "--reason", "x")
    assert crmw("cases", "--json").json[0]["now"] == []


def test_tables_name_colleagues_in_the_language_of_the_terminal(crmw: Crmw, at_gate: Story) -> None:
    for command in (("cases",), ("case", at_gate.code), ("inbox", "--as", MARKETING)):
        english, chinese = crmw(*command).out, crmw(*command, LANG="zh_CN.UTF-8").out
        assert "Zheng Xiaodong" in english
        assert "郑晓东" not in english
        assert "郑晓东" in chinese


@pytest.mark.parametrize(
    ("row", "value", "words"),
    [
        ("solved_at", "2026-03-02T06:16:32.748300+00:00", "2026-03-02 14:16"),
        ("verdict", "partly", "Partly upheld"),
        ("remedy", "redelivery", "Delivery of what is missing"),
        ("appeal", "redelivery", "redelivery"),
        ("appeal", {"reason": "quality", "granted": True, "remark": ""}, "quality, Yes"),
        ("department", "quality", "Quality management"),
        ("customer_status", "active", "Active"),
        ("credit", {"limit": {"amount": "80000.00", "currency": "CNY"}}, "CNY 80,000.00"),
        (
            "cause_found",
            {"category": "rust", "cause": "锈蚀 / Rust", "department": "技术部 / Technique"},
            "Rust · Technique",
        ),
    ],
)
def test_what_a_procedure_wrote_is_told_in_words(row: str, value: object, words: str) -> None:
    labels = load_processes()["complaint-resolution", 1].labels()
    assert labels["contact.language"]["zh"] == "中文 / Chinese"
    assert case_tables.row_in_words(row, value, ZoneInfo("Asia/Shanghai"), labels) == words


@pytest.mark.parametrize(
    ("language", "heading", "mostly_at", "says"),
    [
        ("zh_CN.UTF-8", "预测，非承诺", "2026-03-02T06:16:32+00:00", "2026-03-02 14:16"),
        ("en_GB.UTF-8", "Forecast, no promise", None, "too few answers"),
    ],
)
def test_a_forecast_is_marked_as_one_that_promises_nothing(
    crmw: Crmw, story: Story, monkeypatch: pytest.MonkeyPatch, language: str, heading: str, mostly_at: str | None,
    says: str,
) -> None:  # fmt: skip
    """The later of the two instants, in the company's zone; or why there is none."""
    why = "答复记录太少，无法预测 / too few answers so far to forecast"
    found = {"likely_at": None, "mostly_at": mostly_at, "answers": 0, "why": why}
    monkeypatch.setattr(views, "with_forecasts", lambda *given: [item | {"forecast": found} for item in given[-1]])
    said = crmw("case", story.code, LANG=language).out
    assert heading in said
    assert says in said


def test_tables_speak_the_language_of_the_terminal(crmw: Crmw, story: Story) -> None:
    english, chinese = crmw("cases"), crmw("cases", LANG="zh_CN.UTF-8")
    assert "Owner" in english.out
    assert "waiting" in english.out
    assert "负责人" in chinese.out
    assert "等待中" in chinese.out
    assert "苏州澄岚精密轴承有限公司" in english.out


def test_a_table_stays_in_line_with_wide_characters(crmw: Crmw, story: Story) -> None:
    from rich.cells import cell_len

    crmw("start", "supplier-vetting", "--input", SAMPLES / "over-limit" / "application.json")
    lines = [line for line in crmw("cases", LANG="zh_CN.UTF-8").out.splitlines() if "SV-" in line]
    assert len(lines) == 2
    assert len({cell_len(line.partition("等待中")[0]) for line in lines}) == 1


def test_case_shows_everything_in_both_languages(crmw: Crmw, at_gate: Story) -> None:
    english, chinese = crmw("case", at_gate.code), crmw("case", at_gate.code, LC_ALL="zh_CN.UTF-8")
    for words in ("Waits for", "Decisions", "Documents", "Mails", "Recognition of the supplier", "营业执照.jpg"):
        assert words in english.out
    papers = english.out[english.out.index("Documents") : english.out.index("Mails")]
    assert " KB " in papers, "a size has its unit"
    for words in ("等待", "决定", "文件", "邮件", "供应商认定", "营业执照.jpg"):
        assert words in chinese.out


def test_case_as_a_document_has_what_the_contract_promises(crmw: Crmw, at_gate: Story) -> None:
    gate = at_gate.waiting()["id"]
    case = at_gate.view()
    promised = (
        "case process version status outcome subject owner opened_at resolved_at closed_at waiting_for steps requests "
        "decisions mails linked rows"
    )
    assert set(promised.split()) <= set(case)
    (item,) = case["waiting_for"]
    assert (item["id"], item["kind"], item["rule"]) == (gate, "approval", "SV-7")
    assert {"name", "email", "role", "deputy_for"} <= set(item["assignee"])
    assert case["opened_at"].endswith("+00:00")


def test_cancel_needs_a_person_of_the_case_and_happens_once(crmw: Crmw, story: Story) -> None:
    assert "G-" not in crmw("cancel", story.code, "--as", OTHER_BUYER, "--reason", "x").refusal
    done = crmw("cancel", story.code, "--as", ADMIN, "--reason", "重复立案", "--json").json
    assert (done["status"], done["outcome"]) == ("cancelled", "withdrawn")
    assert "over" in crmw("cancel", story.code, "--as", ADMIN, "--reason", "x").refusal


def test_retry_lets_a_case_go_on_that_needed_attention(crmw: Crmw, story: Story, office: Office) -> None:
    assert "does not need attention" in crmw("retry", story.code).refusal
    with office.store.write() as tx:
        tx.update(
            CaseRow, (story.code,), status="needs_attention", attention="磁盘已满 / the disk was full", ready_at=None
        )
    assert "the disk was full" in crmw("case", story.code).out
    assert crmw("retry", story.code).status == 0
    assert story.waiting()["kind"] == "documents"
    (retried,) = events(office, story.code, "retried")
    assert retried.actor == f"cli:{account()}"


def test_case_says_why_it_ended(crmw: Crmw, story: Story) -> None:
    crmw("cancel", story.code, "--as", BUYER, "--reason", "applied twice")
    assert "the case was cancelled · applied twice · Wang Fang" in crmw("case", story.code).out
    assert crmw("case", story.code, "--json").json["ending"]["comment"] == "applied twice"


def test_case_is_told_in_words_in_the_language_of_the_terminal_and_names_its_zone(crmw: Crmw, story: Story) -> None:
    story.waiting()
    english, chinese = crmw("case", story.code).out, crmw("case", story.code, LANG="zh_CN.UTF-8").out
    for said in ("Supplier vetting v1", "look up the company", "Request for papers", "Company history", "China Time"):
        assert said in english
    for said in ("供应商认定 v1", "核对是否已有该供应商", "资料请求", "企业沿革", "时间均为中国时间（Asia/Shanghai）"):
        assert said in chinese
    for raw in ("look_up_company", "documents_request", "company_history", "supplier-vetting"):
        assert raw not in english + chinese


def test_lists_of_cases_and_of_requests_name_their_zone(crmw: Crmw, story: Story) -> None:
    assert "all times are China Time (Asia/Shanghai)" in crmw("cases").out
    assert "Asia/Shanghai" not in crmw("cases", "--json").out


def test_every_row_that_a_procedure_writes_has_a_name_for_people() -> None:
    sources = [path for folder in ("flows", "crm_workflows/business") for path in (ROOT / folder).rglob("*.py")]
    written = {name for path in sources for name in WRITES.findall(path.read_text(encoding="utf-8"))}
    assert {"tier", "contracts"} <= written
    assert sorted(written - set(ROWS)) == []
