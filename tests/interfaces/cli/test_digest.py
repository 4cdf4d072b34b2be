"""crmw digest: whose morning lists what (G-10)."""

from crm_workflows.bootstrap import Office
from crm_workflows.engine.digests import digests
from tests.interfaces.cli.conftest import Story

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
    assert "gets digests again" in crmw("digest", "resume", HEAD).out
    assert "beside the single mails" in crmw("digest", "show", HEAD).out
    assert "not among the staff" in crmw("digest", "resume", "nobody@elsewhere.example").refusal
