"""crmw digest: whose morning lists what (G-10)."""

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
