"""crmw digest: whose morning lists what (G-10)."""

from pathlib import Path

import pytest

from crm_workflows.bootstrap import Office
from crm_workflows.engine.digests import digests
from tests.interfaces.cli.conftest import Crmw, Story
from tests.office import shipped_text

HEAD = "zheng.xiaodong@yongchang.example"


def test_a_digest_is_shown_before_it_is_sent(at_gate: Story) -> None:
    crmw = at_gate.crmw
    said = crmw("digest", "show", HEAD, "--json").json
    assert (said["person"], said["digest"]) == (HEAD, "also")
    assert said["next_at"]
    (item,) = said["waiting"]
    assert (item["number"], item["case"], "100,000" in item["held"]) == (1, at_gate.code, True)
    shown = crmw("digest", "show", HEAD).out
    assert "beside the single mails" in shown
    assert at_gate.code in shown
    assert "not among the staff" in crmw("digest", "show", "nobody@elsewhere.example").refusal


def test_whoever_has_stopped_digests_can_have_them_again(at_gate: Story, office: Office) -> None:
    crmw = at_gate.crmw
    assert "has not stopped digests" in crmw("digest", "resume", HEAD).refusal
    with office.engine.store.write() as tx:
        digests.stop(tx, HEAD, office.engine.clock.now())
    assert crmw("digest", "show", HEAD, "--json").json["has_stopped"]
    assert "crmw digest resume" in crmw("digest", "show", HEAD).out
    said = crmw("digest", "resume", HEAD).out
    assert "has not stopped digests any more and gets a digest beside the single mails" in said
    assert "beside the single mails" in crmw("digest", "show", HEAD).out
    assert "not among the staff" in crmw("digest", "resume", "nobody@elsewhere.example").refusal


@pytest.mark.parametrize(
    ("own", "why"),
    [("", 'gets no digest (digest: "off"'), ("\n    digest: also", "gets no digest (the policy has no digest_at")],
    ids=["switched off", "no time"],
)
def test_who_would_get_none_anyway_is_not_told_that_they_do_again(
    crmw: Crmw, office: Office, tmp_path: Path, own: str, why: str
) -> None:
    policy, people = tmp_path / "policy.yaml", tmp_path / "people.yaml"
    off = shipped_text("policy").replace("digest: also", 'digest: "off"', 1).replace('digest_at: "08:30"', "", 1)
    policy.write_text(off, encoding="utf-8")
    people.write_text(shipped_text("people").replace(f"email: {HEAD}", f"email: {HEAD}{own}", 1), encoding="utf-8")
    for kind, file in (("policy", policy), ("people", people)):
        assert crmw(kind, "apply", file, "--yes").status == 0
    with office.engine.store.write() as tx:
        digests.stop(tx, HEAD, office.engine.clock.now())
    assert f"has not stopped digests any more and {why}" in crmw("digest", "resume", HEAD).out
    assert why in crmw("digest", "show", HEAD).out
