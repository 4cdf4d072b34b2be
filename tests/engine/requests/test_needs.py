"""What the procedures need of people and policy is known beforehand."""

from crm_workflows.adapters.configuration.config_files import check_people, check_policy
from crm_workflows.bootstrap import load_processes
from crm_workflows.engine.requests import needs
from tests.office import shipped_text


def test_the_shipped_files_hold_what_the_procedures_need() -> None:
    versions = load_processes()
    people = check_people(shipped_text("people"), "people.yaml", needs.roles_asked(versions))
    policy = check_policy(shipped_text("policy"), "policy.yaml", needs.policy_read(versions))
    assert [f for f in (*people, *policy) if f.severity == "error"] == []


def test_a_policy_without_a_value_that_a_gate_reads_is_refused() -> None:
    text = "\n".join(line for line in shipped_text("policy").splitlines() if "recognition_due" not in line)
    found = check_policy(text, "policy.yaml", needs.policy_read(load_processes()))
    assert any("recognition_due" in finding.message and finding.severity == "error" for finding in found)


def test_a_staff_without_a_role_that_a_gate_asks_is_refused() -> None:
    text = shipped_text("people").replace("head_of_marketing", "head_of_something")
    found = check_people(text, "people.yaml", needs.roles_asked(load_processes()))
    assert any("head_of_marketing" in finding.message for finding in found)
