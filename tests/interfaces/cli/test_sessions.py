"""crmw session: who is signed in, ending it, and tokens for programs."""

from pathlib import Path

from tests.interfaces.cli.conftest import Crmw

WANG = "wang.fang@yongchang.example"


def test_tokens_are_made_listed_and_ended(crmw: Crmw) -> None:
    assert "nobody is signed in" in crmw("session", "list").out
    made = crmw("session", "token", "--as", WANG, "--for", "ERP", "--json").json
    (one,) = crmw("session", "list", "--json").json
    assert (one["id"], one["person"], one["kind"], one["label"]) == (made["id"], WANG, "token", "ERP")
    shown = crmw("session", "list").out
    assert made["token"] not in shown
    assert WANG in shown
    assert crmw("session", "end", made["id"], "--json").json == {"ended": 1}
    crmw("session", "token", "--as", WANG, "--for", "CRM")
    assert crmw("session", "end", "--of", WANG, "--json").json == {"ended": 1}
    assert crmw("session", "list", "--of", WANG, "--json").json == []
    assert "there is no session or token P-0" in crmw("session", "end", "P-0").refusal
    assert "not among the staff" in crmw("session", "token", "--as", "x@elsewhere.example", "--for", "ERP").refusal


def test_leavers_lose_their_tokens_with_the_people_file(crmw: Crmw, tmp_path: Path) -> None:
    crmw("session", "token", "--as", WANG, "--for", "ERP")
    file = tmp_path / "people.yaml"
    text = crmw("people", "show").out
    entry = text.index(f"  - email: {WANG}")
    file.write_text(text[:entry] + text[entry:].replace("    name:", "    active: false\n    name:", 1), "utf-8")
    crmw("people", "apply", str(file), "--yes")
    assert crmw("session", "list", "--json").json == []
