"""`crmw catalogue` describes a process by the people and the policy in force."""

from tests.interfaces.cli.conftest import Crmw


def test_one_process_or_all_with_what_every_process_sends(crmw: Crmw) -> None:
    one = crmw("catalogue", "customer-review").out
    assert one.startswith("## 客户复核 Customer review (`customer-review`)")
    assert "```mermaid\nflowchart TD" in one
    assert "所有流程" not in one
    every = crmw("catalogue").out
    assert one.strip() in every
    assert "## 所有流程 Every process" in every
    assert "there is no process" in crmw("catalogue", "nothing").refusal
