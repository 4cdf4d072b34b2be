"""What the procedures need of people and policy is known beforehand."""

import re

from crm_workflows.adapters.configuration.config_files import check_people, check_policy
from crm_workflows.adapters.configuration.processes import load_processes
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


def test_an_amount_in_another_currency_than_those_it_is_compared_with_is_refused() -> None:
    """What people fill in is in CNY (ON-5, CP-3): the first case that compared it would stop."""
    read = needs.policy_read(load_processes())
    for key in ("tier_full_value", "complaint_major_above"):
        text = re.sub(rf"(?m)^({key}: [0-9.]+) CNY", r"\1 USD", shipped_text("policy"))
        assert text != shipped_text("policy")
        (found,) = [one for one in check_policy(text, "policy.yaml", read) if one.severity == "error"]
        assert found.message == f'"{key}" is in USD, the other amounts in CNY; nothing converts them; give it in CNY'


def test_a_staff_without_a_role_that_a_gate_asks_is_refused() -> None:
    text = shipped_text("people").replace("head_of_marketing", "head_of_something")
    found = check_people(text, "people.yaml", needs.roles_asked(load_processes()))
    assert any("head_of_marketing" in finding.message for finding in found)
