"""inbox, task, decide, submit, upload: what is recorded for whom, and what a lost race or a wrong answer says."""

import json
from pathlib import Path

import pytest

from crm_workflows.bootstrap import Office
from crm_workflows.domain.records import Decision, Document, Message
from crm_workflows.domain.verbs import VERBS
from crm_workflows.interfaces.cli.session import account
from tests.interfaces.cli.conftest import BUYER, MARKETING, MATERIALS, OTHER_BUYER, SAMPLES, SUPPLIER, Crmw, Story

DOCUMENTS = SAMPLES / "good" / "documents"


def test_the_inbox_lists_what_one_person_is_asked(crmw: Crmw, story: Story) -> None:
    assert crmw("inbox", "--as", BUYER, "--json").json == []
    assert BUYER in crmw("inbox", "--as", BUYER).out
    story.hand_in_papers()
    (item,) = crmw("inbox", "--as", BUYER, "--json").json
    assert (item["case"], item["kind"], item["rule"]) == (story.code, "task", "SV-3")
    assert "资料确认" in crmw("inbox", "--as", BUYER, LANG="zh_CN.UTF-8").out
    assert "Check of the papers" in crmw("inbox", "--as", BUYER).out
    assert "is asked nothing" in crmw("inbox", "--as", MARKETING).out


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_the_inbox_of_nobody_is_refused_so_that_a_script_notices(crmw: Crmw, words: tuple[str, ...]) -> None:
    assert "not among the staff" in crmw("inbox", "--as", "nobody@yongchang.example", *words).refusal


def test_the_example_of_a_task_can_be_submitted_as_it_is(crmw: Crmw, at_papers_check: Story) -> None:
    task = crmw("task", at_papers_check.waiting()["id"], "--json").json
    assert {"id", "case", "rule", "assignee", "due_at", "schema", "example"} <= set(task)
    assert task["schema"]["type"] == "object"
    assert crmw("task", task["id"], "--example").json == task["example"], "alone, to go into a file"
    submitted = at_papers_check.submit_example().json
    assert (submitted["decision"], submitted["effective"], submitted["by"]) == ("submit", True, BUYER)
    assert at_papers_check.waiting()["id"] != task["id"]


def test_a_task_is_shown_to_people_with_names_and_examples(crmw: Crmw, at_papers_check: Story) -> None:
    task = at_papers_check.waiting()["id"]
    assert "法定代表人" in crmw("task", task, LANG="zh_CN.UTF-8").out
    assert "Legal representative" in crmw("task", task).out


def test_a_task_names_the_values_that_a_choice_takes_with_their_titles(crmw: Crmw, at_papers_check: Story) -> None:
    task = at_papers_check.waiting()["id"]
    said = " ".join(crmw("task", task, LANG="zh_CN.UTF-8").out.split())
    assert "business_licence: 营业执照" in said
    assert "1800 … 2100" in said
    assert "annual_accounts: Latest annual accounts" in " ".join(crmw("task", task).out.split())


def test_a_decision_is_recorded_with_channel_account_and_comment(crmw: Crmw, at_gate: Story) -> None:
    gate = at_gate.waiting()["id"]
    done = crmw("decide", gate, "approve", "--as", MARKETING, "--comment", "同意，先小批量", "--json").json
    assert (done["request"], done["decision"], done["effective"], done["by"]) == (gate, "approve", True, MARKETING)
    (decision,) = [d for d in at_gate.view()["decisions"] if d["request"] == gate]
    assert (decision["channel"], decision["comment"]) == ("cli", "同意，先小批量")


def test_the_account_of_the_system_is_the_evidence(at_papers_check: Story, office: Office) -> None:
    at_papers_check.submit_example()
    with office.store.read() as reader:
        assert {d.evidence for d in reader.find(Decision, case=at_papers_check.code)} == {account()}
        assert {d.evidence for d in reader.find(Document, case=at_papers_check.code)} == {account()}
        assert {d.channel for d in reader.find(Document, case=at_papers_check.code)} == {"cli"}


def test_who_answers_twice_hears_what_stands_and_exits_with_one(crmw: Crmw, at_gate: Story) -> None:
    gate = at_gate.waiting()["id"]
    assert crmw("decide", gate, "approve", "--as", MARKETING).status == 0
    late = crmw("decide", gate, "reject", "--as", MARKETING, "--comment", "太晚了", "--json")
    assert "(approved) stands; this one is kept without effect" in late.refusal
    assert late.refusal.startswith("Zheng Xiaodong's answer of ")
    assert late.out == ""
    late = crmw("decide", gate, "approve", "--as", MARKETING, LANG="zh_CN.UTF-8")
    assert "答复的“同意”仍然有效，这次的答复已留存但不生效" in late.refusal


def test_a_requester_never_decides_their_own_request(crmw: Crmw) -> None:
    words = ("start", "supplier-vetting", "--input", SAMPLES / "good" / "application.json", "--as", MARKETING, "--json")
    story = Story(crmw, crmw(*words).json["case"])
    gate = story.go_to_gate()
    assert "(G-2)" in crmw("decide", gate, "approve", "--as", MARKETING).refusal
    assert story.view()["status"] == "waiting"


def test_a_rejection_and_a_send_back_need_a_reason_and_a_place(crmw: Crmw, at_gate: Story) -> None:
    gate = at_gate.waiting()["id"]
    assert "reason" in crmw("decide", gate, "reject", "--as", MARKETING).refusal
    assert "SV-3, SV-4, SV-5, SV-6" in crmw("decide", gate, "send_back", "--as", MARKETING, "--comment", "x").refusal
    assert (
        "SV-3, SV-4, SV-5, SV-6"
        in crmw("decide", gate, "send_back", "--to", "SV-1", "--as", MARKETING, "--comment", "x").refusal
    )
    back = crmw("decide", gate, "send_back", "--to", "SV-6", "--as", MARKETING, "--comment", "请补充理由")
    assert back.status == 0
    assert at_gate.waiting()["rule"] == "SV-6"


def test_a_decision_that_this_request_does_not_know_is_refused(crmw: Crmw, at_gate: Story) -> None:
    gate = at_gate.waiting()["id"]
    for word in ("agree", "sign"):
        unknown = crmw("decide", gate, word, "--as", MARKETING)
        assert unknown.status == 2
        assert ", ".join(VERBS) in unknown.err


def test_the_help_offers_only_decisions_that_exist(crmw: Crmw) -> None:
    said = "".join(crmw("decide", "--help").out.replace("│", "").split())
    assert "Thedecision:" + ",".join(VERBS) + "[required]" in said


def test_somebody_who_was_not_asked_is_refused(crmw: Crmw, at_gate: Story) -> None:
    gate = at_gate.waiting()["id"]
    assert "not asked" in crmw("decide", gate, "approve", "--as", MATERIALS).refusal
    assert "not asked" in crmw("decide", gate, "approve", "--as", "nobody@else.example").refusal
    assert "no request" in crmw("decide", "SV-2026-99999-R1", "approve", "--as", MARKETING).refusal
    assert "asks for a decision; give it with crmw decide" in crmw("task", gate).refusal


def test_a_form_that_does_not_fit_names_the_field(crmw: Crmw, at_papers_check: Story, tmp_path: Path) -> None:
    item = at_papers_check.waiting()
    example = crmw("task", item["id"], "--json").json["example"]
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(example | {"employees": "viele"}), encoding="utf-8")
    assert "employees" in crmw("submit", item["id"], "--as", BUYER, "--input", wrong).refusal
    assert "founded_in" in crmw("submit", item["id"], "--as", BUYER, "--input", "-", typed="{}").refusal
    assert at_papers_check.waiting()["id"] == item["id"]


def test_an_upload_says_what_was_taken_and_what_is_missing(crmw: Crmw, story: Story) -> None:
    collection = story.waiting()["id"]
    handed = crmw("upload", collection, DOCUMENTS / "营业执照.jpg", "--as", BUYER, "--json").json
    assert [a["filename"] for a in handed["accepted"]] == ["营业执照.jpg"]
    assert "business_licence" not in handed["missing"]
    assert "annual_accounts" in handed["missing"]
    assert not handed["complete"]
    people = crmw("upload", collection, DOCUMENTS / "产品指南.pdf", "--as", SUPPLIER, LANG="zh_CN.UTF-8")
    assert "还缺：" in people.out
    assert "最新年度决算表" in people.out


def test_a_file_whose_name_says_nothing_needs_its_kind(crmw: Crmw, story: Story, tmp_path: Path) -> None:
    collection = story.waiting()["id"]
    scan = tmp_path / "scan0001.pdf"
    scan.write_bytes((DOCUMENTS / "企业概况.pdf").read_bytes())
    assert "scan0001.pdf" in crmw("upload", collection, scan, "--as", BUYER).refusal
    assert "there is no kind 'profile'" in crmw("upload", collection, scan, "--as", BUYER, "--kind", "profile").refusal
    taken = crmw("upload", collection, scan, "--as", BUYER, "--kind", "company_profile", "--json").json
    assert taken["accepted"] == [{"filename": "scan0001.pdf", "kind": "企业概况 / Company profile"}]


def test_files_that_cannot_be_taken_are_told_one_by_one(crmw: Crmw, story: Story, tmp_path: Path) -> None:
    collection = story.waiting()["id"]
    empty, swapped, archive = tmp_path / "企业概况.pdf", tmp_path / "企业沿革.docx", tmp_path / "全部.zip"
    empty.write_bytes(b"")
    swapped.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    archive.write_bytes(b"PK\x03\x04")
    said = crmw("upload", collection, empty, swapped, archive, "--as", BUYER, "--json")
    assert "none of the files was taken" in said.refusal
    assert len(said.json["problems"]) == 3
    assert len([d for d in story.view()["documents"] if d["problem"]]) == 3
    assert "not asked" in crmw("upload", collection, DOCUMENTS / "产品指南.pdf", "--as", OTHER_BUYER).refusal


def test_whoever_an_admin_answers_for_hears_of_it_and_can_undo_it(crmw: Crmw, at_gate: Story, office: Office) -> None:
    gate = at_gate.waiting()["id"]
    crmw("decide", gate, "approve", "--as", MARKETING)
    with office.store.read() as reader:
        (told,) = reader.find(Message, template="receipt", request=gate)
    assert (told.recipient, told.request, told.context["recorded_by"]) == (MARKETING, gate, account())
    assert told.context["undo_until"], "so that the mail can be answered by the word that undoes"
    crmw("decide", gate, "approve", "--as", MARKETING)
    with office.store.read() as reader:
        assert reader.count(Message, template="receipt", request=gate) == 1, "what has no effect is not told"
