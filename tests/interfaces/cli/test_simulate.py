"""`crmw simulate` tells every path of a procedure, and fails where one cannot end; nothing real happens meanwhile."""

from pathlib import Path

from tests.interfaces.cli.conftest import SAMPLES, Crmw


def test_every_path_is_told_and_no_case_is_opened(crmw: Crmw) -> None:
    said = crmw("simulate", "customer-review", "--all-paths", "--json")
    assert said.status == 0, said
    assert said.json["ends"]
    assert {path["outcome"] for path in said.json["paths"]} == {"approved", "rejected"}
    assert said.json["cannot_end"] == []
    assert crmw("cases", "--json").json == []
    table = crmw("simulate", "customer-review", "--all-paths").out
    assert "ON-12" in table
    assert "working days" in table
    assert "are walked in full" in table, "what was left out is said"


def test_a_policy_under_which_a_path_cannot_end_is_found_before_it_is_applied(crmw: Crmw, tmp_path: Path) -> None:
    draft = tmp_path / "policy.yaml"
    shipped = (SAMPLES.parent / "config" / "policy.yaml").read_text(encoding="utf-8")
    draft.write_text("".join(line for line in shipped.splitlines(True) if "performance_share" not in line), "utf-8")
    said = crmw("simulate", "supplier-reevaluation", "--all-paths", "--policy", str(draft))
    assert said.status == 1
    assert "SV-12 reevaluation_scores" in said.err
    assert 'policy has no "performance_share"' in said.err


def test_what_it_needs_is_asked_for(crmw: Crmw) -> None:
    assert "there is no process" in crmw("simulate", "nothing", "--all-paths").refusal
    assert (
        "among the staff"
        in crmw("simulate", "customer-review", "--all-paths", "--as", "nobody@yongchang.example").refusal
    )
