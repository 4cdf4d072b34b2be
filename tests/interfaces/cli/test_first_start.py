"""The first start of a company with files of its own: what keeps it from starting can be listed beforehand."""

import shutil
from pathlib import Path

import pytest

from crm_workflows.bootstrap import open_office
from crm_workflows.domain.errors import NothingInForce
from crm_workflows.settings import Settings
from crm_workflows.shipped import shipped
from tests.interfaces.cli.conftest import runner_on

PEOPLE_OF_ONE = """\
departments: {office: 办公室 / Office}
roles: {admin: 系统管理员 / Administrator}
people:
  - {email: li@a.example, name: 李, department: office, roles: [admin]}
"""
"""From which nothing can start: nearly every role has nobody."""


def test_a_company_whose_files_keep_it_from_its_first_start_is_told_how_to_list_what_is_wrong_and_can(
    tmp_path: Path,
) -> None:
    config, fresh = Path(shutil.copytree(shipped("config"), tmp_path / "config")), runner_on(tmp_path / "home")
    people = config / "people.yaml"
    people.write_text(PEOPLE_OF_ONE, encoding="utf-8")
    refused = fresh("cases", CRMW_CONFIG=str(config))
    assert refused.status == 1
    assert f"; for all of them: crmw people check {people})" in refused.err
    listed = fresh("people", "check", people, CRMW_CONFIG=str(config))
    assert listed.status == 1
    roles = [line.partition("the role ")[2].split()[0] for line in listed.err.splitlines()]
    assert {"compliance", "finance", "sales_manager", "general_manager"} <= set(roles)
    assert len(roles) == len(set(roles)), "one line per role"
    assert listed.err.count("one person may hold several: roles: [compliance, data_steward]") == 1
    policy = fresh("policy", "check", config / "policy.yaml", CRMW_CONFIG=str(config))
    assert policy.status == 0, policy.err


def test_a_first_start_that_is_refused_leaves_no_database_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite removes its log when the last connection is closed."""
    config = Path(shutil.copytree(shipped("config"), tmp_path / "config"))
    (config / "people.yaml").write_text(PEOPLE_OF_ONE, encoding="utf-8")
    monkeypatch.setenv("CRMW_CONFIG", str(config))
    with pytest.raises(NothingInForce) as refused:
        open_office(Settings.load(tmp_path / "home"))
    assert (tmp_path / "home" / "crm.db").exists()
    assert not (tmp_path / "home" / "crm.db-wal").exists(), refused
