"""`crmw simulate` tells every path of a procedure, and fails where one cannot end; nothing real happens meanwhile."""

import re
import shutil
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import SAMPLES, Crmw, Story


def test_every_path_is_told_and_no_case_is_opened(crmw: Crmw) -> None:
    said = crmw("simulate", "customer-review", "--all-paths", "--json")
    assert said.status == 0, said
    assert said.json["ends"]
    assert {path["outcome"] for path in said.json["paths"]} == {"approved", "rejected"}
    assert said.json["cannot_end"] == []
    assert crmw("cases", "--json").json == []
    table = crmw("simulate", "customer-review", "--all-paths").out
    assert "：" not in table, "an English text has English punctuation"
    assert "ON-12" in table
    assert "working days" in table
    assert "are walked in full" in table, "what was left out is said"


def test_in_chinese_the_ends_are_in_chinese_as_well(
    crmw: Crmw, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    table = crmw("simulate", "customer-review", "--all-paths").out
    assert "通过" in table
    assert "ON-12 客户复核" in table
    assert not re.search("approved|rejected|:review", table)
    cases = tmp_path / "cases.yaml"
    cases.write_text("cases: [{at: 2026-03-02T09:00:00+08:00}]\n", "utf-8")
    assert re.search("结果 +通过 1", crmw("simulate", "customer-review", "--with", cases).out)


def test_a_policy_under_which_no_case_can_begin_is_found_before_it_is_applied(crmw: Crmw, tmp_path: Path) -> None:
    draft = tmp_path / "policy.yaml"
    shipped = (SAMPLES.parent / "config" / "policy.yaml").read_text(encoding="utf-8")
    draft.write_text("".join(line for line in shipped.splitlines(True) if "performance_share" not in line), "utf-8")
    said = crmw("simulate", "supplier-reevaluation", "--all-paths", "--policy", str(draft))
    assert said.status == 1
    assert f"{draft} lacks performance_share" in said.err, "not the policy in force: that one is not asked"
    assert "crmw policy apply" not in said.err


def test_who_owns_the_examples_may_be_named(crmw: Crmw) -> None:
    walked = crmw("simulate", "customer-review", "--all-paths", "--as", "王芳", "--json")
    assert (walked.status, walked.json["ends"]) == (0, True)


def test_what_it_needs_is_asked_for(crmw: Crmw, tmp_path: Path) -> None:
    for option in ("--policy", "--with", "--input"):
        words = [option, tmp_path / "nowhere.yaml", *(() if option == "--with" else ("--all-paths",))]
        assert "nowhere.yaml" in crmw("simulate", "customer-review", *words).refusal
    nowhere = crmw("simulate", "customer-review", "--all-paths", "--draft", tmp_path / "nowhere")
    assert "has no procedure of the process customer-review" in nowhere.refusal
    assert "there is no process" in crmw("simulate", "nothing", "--all-paths").refusal
    assert (
        "among the staff"
        in crmw("simulate", "customer-review", "--all-paths", "--as", "nobody@yongchang.example").refusal
    )


@pytest.mark.parametrize(
    ("option", "name", "text", "says"),
    [
        ("--with", "cases.csv", "at,goods\n1,2,3\n", "row 1 has more cells than there are headings"),
        ("--with", "cases.csv", "at,contact,contact.name\n1,2,3\n", "both a column contact and a column contact.name"),
        ("--input", "application.json", "[1]", "must be a set of fields"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(
    crmw: Crmw, tmp_path: Path, option: str, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    walked = () if option == "--with" else ("--all-paths",)
    assert says in crmw("simulate", "customer-review", option, tmp_path / name, *walked).refusal


def test_cases_of_a_file_go_through_todays_procedure_and_a_draft_side_by_side(crmw: Crmw, tmp_path: Path) -> None:
    given = tmp_path / "cases.yaml"
    given.write_text(
        "answers: {review_approval: {says: {reject: 0.5}}}\n"
        "cases: [{at: '2026-03-02T09:00:00+08:00', times: 6}]\n",
        encoding="utf-8",
    )  # fmt: skip
    shutil.copytree(SAMPLES.parent / "flows" / "customer_review", tmp_path / "customer_review")
    story = tmp_path / "customer_review" / "procedure.py"
    text = story.read_text(encoding="utf-8")
    story.write_text(
        text.replace("    found = look_at(customer)\n", "    return case.approve()\n", 1), encoding="utf-8"
    )
    said = crmw("simulate", "customer-review", "--with", given, "--draft", tmp_path / "customer_review", "--json")
    assert said.status == 0, said
    today, draft = said.json["runs"]
    assert (today["cases"], draft["cases"]) == (6, 6)
    assert today["people"]
    assert (draft["people"], draft["outcomes"]) == ([], {"approved": 6})
    table = crmw("simulate", "customer-review", "--with", given, "--seed", "5").out
    assert "seed 5" in table
    assert "Lead time" in table
    every = crmw("simulate", "customer-review", "--all-paths", "--draft", tmp_path / "customer_review", "--json").json
    assert [path["outcome"] for path in every["paths"]] == ["approved"]
    story.write_text("import no_such_thing\n", encoding="utf-8")
    broken = crmw("simulate", "customer-review", "--with", given, "--draft", tmp_path / "customer_review")
    assert "no_such_thing" in broken.refusal


def test_a_draft_of_which_a_path_cannot_end_fails_and_names_the_gate(crmw: Crmw, tmp_path: Path) -> None:
    draft = shutil.copytree(SAMPLES.parent / "flows" / "customer_review", tmp_path / "customer_review")
    gates = draft / "elements.py"
    text = gates.read_text(encoding="utf-8")
    watched = (
        'due=working_days("onboarding_due"), remind=working_days(1), escalate_to=manager, on_silence=keep_waiting,'
    )
    before, _, after = text.rpartition(watched)
    assert before, "the gate is to be forgotten once it was asked"
    gates.write_text(before + after, encoding="utf-8")
    said = crmw("simulate", "customer-review", "--all-paths", "--draft", draft, "--json")
    assert said.status == 1
    assert not said.json["ends"]
    assert {one["element"] for one in said.json["cannot_end"]} == {"review_approval"}


def test_a_form_that_no_page_can_draw_is_found_before_the_start(crmw: Crmw, tmp_path: Path) -> None:
    draft = shutil.copytree(SAMPLES.parent / "flows" / "customer_review", tmp_path / "customer_review")
    for file in draft.glob("*.py"):
        text = file.read_text("utf-8")
        file.write_text(text.replace("json_schema_extra=choices(", "description=str("), "utf-8")
    said = crmw("simulate", "customer-review", "--all-paths", "--draft", draft).refusal
    assert "has choices without a label in both languages" in said


def test_cases_on_record_are_run_again(crmw: Crmw, story: Story) -> None:
    run = crmw("simulate", "supplier-vetting", "--recorded", "--json").json["runs"][0]
    assert run["cases"] == 1
    assert "no case was opened" in crmw("simulate", "supplier-vetting", "--recorded", "--to", "2001-01-01").refusal
    assert "say one of" in crmw("simulate", "supplier-vetting").refusal


def test_a_misspelt_role_is_told_with_its_line_and_the_role_that_was_meant(crmw: Crmw, tmp_path: Path) -> None:
    draft = shutil.copytree(SAMPLES.parent / "flows" / "customer_review", tmp_path / "customer_review")
    gates = draft / "elements.py"
    text = gates.read_text(encoding="utf-8")
    gates.write_text(text.replace('role("sales_manager")', 'role("sales_manger")'), encoding="utf-8")
    said = crmw("simulate", "customer-review", "--all-paths", "--draft", draft)
    assert re.search(
        r"elements\.py\S*:\d+: .* asks the role sales_manger, .*did you mean sales_manager\?", said.refusal
    )
