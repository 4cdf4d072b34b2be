"""people, policy, calendar: what is in force, what a file would change, who changed it; mistakes with file and line."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from crm_workflows.adapters.configuration.config_files import parse_policy
from crm_workflows.domain.approvers import role
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.panels import at_least
from crm_workflows.engine.case import Case
from crm_workflows.engine.record.doctor import NAME_SOMEBODY
from crm_workflows.engine.results import Outcome
from crm_workflows.interfaces.cli.doctor import stranded
from crm_workflows.interfaces.cli.session import account
from crm_workflows.testing import MemoryStore
from tests.engine.toys import Matter, office_of, start, toy
from tests.interfaces.cli.conftest import ADMIN, BUYER, MARKETING, OTHER_BUYER, SAMPLES, Crmw, Story
from tests.interfaces.cli.staff_files import KINDS, edit, leaving
from tests.office import shipped_text


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_files_have_no_mistakes_and_change_nothing(crmw: Crmw, kind: str, files: dict[str, Path]) -> None:
    assert crmw(kind, "check", files[kind]).status == 0
    assert "nothing differs" in crmw(kind, "apply", files[kind]).out
    assert [v["version"] for v in crmw(kind, "history", "--json").json] == [1]


def test_apply_shows_the_difference_and_records_who(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["policy"], "pass_mark: 60", "pass_mark: 65")
    said = crmw("policy", "apply", files["policy"])
    assert "pass_mark: 60 → 65" in said.out
    assert "version 2 is in force" in said.out
    latest, first = crmw("policy", "history", "--json").json
    assert (latest["version"], latest["changes"], latest["applied_by"]) == (
        2,
        ["pass_mark: 60 → 65"],
        account(),
    )
    assert first["version"] == 1
    assert "pass_mark: 65" in crmw("policy", "show").out
    assert "65" in crmw("policy", "history", LANG="zh_CN.UTF-8").out
    edit(files["policy"], "undo_minutes: ", "# undo_minutes: ")
    assert "undo_minutes: 移除 (原为 10)" in crmw("policy", "apply", files["policy"], LANG="zh_CN.UTF-8").out
    assert crmw("policy", "history", "--json").json[0]["changes"] == ["undo_minutes: removed (was 10)"]


@pytest.mark.parametrize(("answer", "status", "versions"), [("y", 0, [2, 1]), ("n", 1, [1]), ("", 1, [1])])
def test_at_a_terminal_it_asks(
    crmw: Crmw, home: Path, files: dict[str, Path], answer: str, status: int, versions: list[int]
) -> None:
    """In a process of its own with a real terminal."""
    edit(files["calendar"], "zone: Asia/Shanghai", "zone: Asia/Hong_Kong")
    words = [sys.executable, "-m", "crm_workflows.interfaces.cli", "calendar", "apply", str(files["calendar"])]
    outer, inner = pty.openpty()
    process = subprocess.Popen(words, stdin=inner, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    os.write(outer, f"{answer}\n".encode())
    said, _ = process.communicate(timeout=60)
    os.close(inner)
    os.close(outer)
    assert "Put it in force?" in said
    assert (process.returncode, [v["version"] for v in crmw("calendar", "history", "--json").json]) == (
        status,
        versions,
    )


def test_a_member_of_staff_is_named_beside_the_account(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], "name_en: Wang Fang", "name_en: Fanny Wang")
    done = crmw("people", "apply", files["people"], "--as", ADMIN, "--json").json
    assert done["applied_by"] == f"{ADMIN} ({account()})"
    assert done["changes"] == ["王芳: name_en Wang Fang → Fanny Wang"]
    assert "not among the staff" in crmw("people", "apply", files["people"], "--as", "x@y.example").refusal


def test_only_an_administrator_is_named_for_a_change(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], "name_en: Wang Fang", "name_en: Fanny Wang")
    assert "no administrator" in crmw("people", "apply", files["people"], "--as", BUYER, "--yes").refusal
    assert [v["version"] for v in crmw("people", "history", "--json").json] == [1]


def test_a_change_holds_for_the_next_command(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], f"email: {BUYER}", "email: fanny@yongchang.example")
    assert crmw("people", "apply", files["people"], "--yes").status == 0
    assert "fanny@yongchang.example" in crmw("people", "show").out


def test_mistakes_are_listed_with_file_and_line_and_nothing_changes(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], "manager: chen.guodong@yongchang.example", "manager: chen@nowhere.example")
    edit(files["people"], "language: en", "language: fr")
    said = crmw("people", "check", files["people"])
    assert said.status == 1
    assert len(said.err.splitlines()) >= 2
    assert all(line.startswith(f"{files['people']}:") for line in said.err.splitlines())
    found = crmw("people", "check", files["people"], "--json").json
    assert {f["severity"] for f in found} == {"error"}
    refused = crmw("people", "apply", files["people"]).refusal
    assert refused.startswith(f"{files['people']}:")
    assert refused.endswith(f"(and 1 more; for all of them: crmw people check {files['people']})")
    assert [v["version"] for v in crmw("people", "history", "--json").json] == [1]


def test_nobody_is_given_the_address_of_somebody_else(crmw: Crmw, files: dict[str, Path]) -> None:
    """What 郑晓东 is asked would be decided by 赵磊; nor after it was given up in a version between."""
    edit(files["people"], f"- email: {MARKETING}", "- email: zheng@yongchang.example")
    assert crmw("people", "apply", files["people"], "--yes").status == 0
    edit(files["people"], "[zhaolei.caigou@yongchang.example]", f"[zhaolei.caigou@yongchang.example, {MARKETING}]")
    refused = crmw("people", "apply", files["people"], "--yes").refusal
    assert refused.startswith(f"{files['people']}:")
    assert f"{MARKETING} was the address of 郑晓东, so 赵磊 could answer" in refused
    assert crmw("people", "check", files["people"]).status == 1
    assert [v["version"] for v in crmw("people", "history", "--json").json] == [2, 1]


BOSS = "chen.guodong@yongchang.example"
MANAGER = "li.weimin@yongchang.example"


def test_an_administrator_gives_a_request_to_somebody_else(crmw: Crmw, story: Story) -> None:
    story.hand_in_papers()
    item = story.waiting()
    words = ("reassign", item["id"], "--from", BUYER, "--to", OTHER_BUYER, "--reason", "在外地")
    assert "only an administrator may reassign" in crmw(*words, "--as", BUYER).refusal
    said = crmw(*words, "--as", ADMIN, "--json").json
    assert said["sentence"].endswith(f"reassigned: Wang Fang → Zhao Lei ({item['id']})")
    assert story.waiting()["assignee"] == {
        "name": "赵磊", "email": OTHER_BUYER, "role": "owner", "deputy_for": BUYER,
    }  # fmt: skip
    assert "does not ask" in crmw(*words, "--as", ADMIN).refusal
    example = json.dumps(crmw("task", item["id"], "--json").json["example"])
    assert "not asked" in crmw("submit", item["id"], "--as", BUYER, "--input", "-", typed=example).refusal


def test_who_leaves_open_work_behind_is_told_of_with_those_who_can_answer(
    crmw: Crmw, story: Story, files: dict[str, Path]
) -> None:
    request = story.waiting()["id"]
    assert story.hand_in_papers().status == 0
    item = story.waiting()
    assert (item["assignee"]["email"], item["id"] != request) == (BUYER, True)
    edit(files["people"], f"- email: {BUYER}", leaving(BUYER))
    said = crmw("people", "apply", files["people"], "--yes", "--json").json
    (warning,) = said["warnings"]
    message = warning.pop("message")
    assert warning == {
        "email": BUYER,
        "open_requests": 1,
        "unanswerable": 0,
        "open_cases": 1,
        "cases": [story.code],
        "can_answer": [MANAGER],
    }
    assert f"leaves 1 open request and 1 open case of their own ({story.code}); to be answered by" in message
    assert (said["version"], said["moved"]) == (2, 1)
    assert (story.waiting()["id"], story.waiting()["assignee"]["email"]) == (item["id"], MANAGER), "moved"


def test_a_deputy_of_who_leaves_is_named(crmw: Crmw, story: Story, files: dict[str, Path]) -> None:
    story.waiting()
    story.hand_in_papers()
    story.waiting()
    edit(files["people"], f"- email: {BUYER}", leaving(BUYER, OTHER_BUYER))
    said = crmw("people", "apply", files["people"], "--yes").out
    assert "; to be answered by Zhao Lei\n" in said
    assert "version 2 is in force" in said
    assert "1 request of who has left was moved" in said
    edit(files["people"], "name_en: Wang Fang", "name_en: Fanny Wang")
    assert crmw("people", "apply", files["people"], "--yes", "--json").json["warnings"] == []


def test_nobody_is_warned_of_who_has_nothing_open_or_only_another_address(
    crmw: Crmw, story: Story, files: dict[str, Path]
) -> None:
    story.waiting()
    edit(files["people"], f"- email: {BUYER}", f"- email: fanny@yongchang.example\n    other_emails: [{BUYER}]")
    edit(files["people"], f"- email: {OTHER_BUYER}", leaving(OTHER_BUYER))
    done = crmw("people", "apply", files["people"], "--yes", "--json").json
    assert (done["version"], done["warnings"]) == (2, [])


def test_a_role_that_a_procedure_asks_must_be_held(crmw: Crmw, files: dict[str, Path]) -> None:
    edit(files["people"], "roles: [head_of_marketing]", "roles: [buyer]")
    assert "head_of_marketing" in crmw("people", "check", files["people"]).err


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_missing_or_no_text_is_one_sentence(crmw: Crmw, kind: str, tmp_path: Path) -> None:
    assert "cannot be read" in crmw(kind, "check", tmp_path / "nowhere.yaml").refusal
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xd8\xff\xe0")
    assert "UTF-8" in crmw(kind, "apply", tmp_path / "picture.yaml").refusal
    (tmp_path / "broken.yaml").write_text("a: [1, 2\nb: 3\n", encoding="utf-8")
    assert f"{tmp_path / 'broken.yaml'}:" in crmw(kind, "apply", tmp_path / "broken.yaml").refusal


def test_another_calendar_moves_the_due_dates_of_what_is_open(crmw: Crmw, story: Story, files: dict[str, Path]) -> None:
    before = story.waiting()["due_at"]
    first, second = (f"\n  - {{date: {before[:10]}, hours: {hours}}}" for hours in ("closed", "[20:00-21:00]"))
    edit(files["calendar"], "overrides:", f"overrides:{first}")
    said = crmw("calendar", "apply", files["calendar"], "--yes", "--json").json
    assert (said["version"], said["moved"]) == (2, 1)
    assert story.waiting()["due_at"][:10] > before[:10]
    edit(files["calendar"], first, second)
    assert "the times of 1 open request were moved" in crmw("calendar", "apply", files["calendar"], "--yes").out
    assert story.waiting()["due_at"][:10] == before[:10]


def test_a_people_file_that_would_strand_a_case_is_refused_until_it_is_meant(
    crmw: Crmw, story: Story, files: dict[str, Path]
) -> None:
    """G-2, G-5: the general manager asked for this supplier, and would be the only one to recognise it."""
    words = ("start", "supplier-vetting", "--input", SAMPLES / "good" / "application.json", "--as", BOSS, "--json")
    code = crmw(*words).json["case"]
    assert "nobody above them" in crmw("doctor").out, "above the limit it is theirs to decide already"
    edit(files["people"], "roles: [head_of_marketing]", "roles: [sales]")
    edit(files["people"], "roles: [general_manager]", "roles: [general_manager, head_of_marketing]")
    refused = crmw("people", "apply", files["people"])
    assert refused.status == 1
    assert "would strand 1 case (" in refused.err
    assert "会使 1 个案件办不下去" in crmw("people", "apply", files["people"], LANG="zh_CN.UTF-8").err
    assert "SV-7 Recognition of the supplier: There is nobody to ask" in refused.out
    assert [v["version"] for v in crmw("people", "history", "--json").json] == [1]
    done = crmw("people", "apply", files["people"], "--yes", "--json").json
    assert [finding["cases"] for finding in done["stuck"]] == [[code]]
    found = crmw("doctor", "--json")
    assert found.status == 1
    assert {**done["stuck"][0], "remedy": NAME_SOMEBODY} in found.json
    assert story.code != code


def test_a_policy_under_which_a_gate_could_not_be_filled_is_found_before_it_is_in_force() -> None:
    """What `crmw policy apply` asks; that it then refuses is shown above with a people file."""
    many = Gate("many", "会签 / Many", rule="T-2", approver=at_least("signatures", role("finance")))

    def signed(case: Case[Matter]) -> Outcome:
        """As many of finance as the policy says."""
        case.approval(many)
        return case.approve()

    office = office_of(MemoryStore(), toy(signed, many, name="signed-by-many", code="SB"))
    shipped = shipped_text("policy")
    office.staff.rules = parse_policy(f"{shipped}\nsignatures: 2\n")
    code = start(office, process="signed-by-many")
    opened = office.opened()
    (finding,) = stranded(opened, "policy", f"{shipped}\nsignatures: 9\n")
    assert finding.cases == (code,)
    assert stranded(opened, "policy", f"{shipped}\nsignatures: 2\n") == []


def test_a_file_whose_people_cannot_be_read_is_told_the_cause_alone(crmw: Crmw, tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("people:\n  - email: a@yongchang.example\n    name: 安\n", encoding="utf-8")
    said = crmw("people", "check", file)
    assert said.status == 1
    assert [line for line in said.err.splitlines() if "department" not in line] == []
