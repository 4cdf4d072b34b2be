"""crmw report: the figures of a month, as a table for people and for programs (RP-1, RP-2)."""

import csv
import io
from pathlib import Path

from tests.interfaces.cli.conftest import MARKETING, Crmw, Story


def test_a_month_is_told_with_what_is_open_and_with_whom(at_gate: Story) -> None:
    said = at_gate.crmw("report", "--process", "supplier-vetting").out
    for word in ("Supplier vetting", "Days from request to recognition", "≤ 0 · met", "Recognition", "0–1 days"):
        assert word in said
    assert " · met" in said, "a target says whether it is met"
    assert "Nothing to count for: Days from request to recognition; Approved and rejected, and why; " in said
    rows = list(csv.DictReader(io.StringIO(at_gate.crmw("report", "--format", "csv").out)))
    year = at_gate.crmw("report", "--process", "supplier-vetting", "--month", at_gate.view()["opened_at"][:4]).out
    assert "Supplier vetting · 2" in year
    (opened,) = [
        r
        for r in rows
        if (r["Process"], r["Figure"]) == ("Supplier vetting", "Cases opened")
        and not r["Part"]
        and not r["Department or person"]
    ]
    assert (opened["Count"], opened["Value"], opened["Month before"]) == ("1", "1", "0")
    assert {r["Process"] for r in rows} >= {"Supplier vetting", "Customer onboarding", "Customer callback"}


def test_the_text_says_by_which_channel_people_decided(at_gate: Story) -> None:
    at_gate.crmw("decide", at_gate.waiting()["id"], "approve", "--as", MARKETING)
    for language, line in (("en", "Approvals by channel 1 command line 1"), ("zh", "答复途径 1 命令行 1")):
        said = at_gate.crmw("report", "--process", "supplier-vetting", LANG=f"{language}.UTF-8").out
        assert line in " ".join(said.split())


def test_a_month_without_cases_says_so_in_a_file_of_its_own_as_well(crmw: Crmw, tmp_path: Path) -> None:
    assert crmw("report", "--month", "2020-01").out.count("No cases in this month") >= 3
    target = tmp_path / "report.csv"
    crmw("report", "--month", "2020-01", "--format", "csv", "--to", str(target))
    assert target.read_bytes().startswith(b"\xef\xbb\xbfProcess,Figure")
    page = tmp_path / "report.html"
    crmw("report", "--format", "html", "--to", str(page))
    assert "Monthly report" in page.read_text("utf-8")
    assert "exists already" in crmw("report", "--format", "csv", "--to", str(target)).refusal


def test_a_figure_is_told_line_by_line(at_gate: Story) -> None:
    code = at_gate.view()["case"]
    said = at_gate.crmw("report", "--figure", "opened", "--process", "supplier-vetting").out
    assert "Cases opened: 1" in said
    assert code in said
    table = at_gate.crmw("report", "--figure", "load", "--process", "supplier-vetting", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["Code"], row["Part"]) for row in rows] == [(code, "Recognition of the supplier")]
    assert "say by --process which one is meant" in at_gate.crmw("report", "--figure", "opened").refusal
    assert "no figure nothing" in at_gate.crmw("report", "--figure", "nothing").refusal
    assert at_gate.crmw("report", "--figure", "cp_kinds", "--format", "pdf").status == 2


def test_what_cannot_be_reported_is_refused_in_one_sentence(crmw: Crmw) -> None:
    assert "2026-10" in crmw("report", "--month", "October").refusal
    assert "no process 'supplier'" in crmw("report", "--process", "supplier").refusal
    assert crmw("report", "--format", "docx").status == 2


def test_approvals_are_told_gate_by_gate(at_gate: Story) -> None:
    code = at_gate.view()["case"]
    at_gate.crmw("decide", at_gate.view()["waiting_for"][0]["id"], "reject", "--comment", "too dear", "--as", MARKETING)
    said = at_gate.crmw("report", "--process", "supplier-vetting").out
    assert "What each approval costs and what it changes" in said
    behind = at_gate.crmw("report", "--process", "supplier-vetting", "--figure", "gate_changes").out
    assert "100% · 1/1" in behind
    assert code in behind
    assert "rejected" in behind
