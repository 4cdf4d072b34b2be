"""Starting and continuing cases from Prefect's own pages and commands, on a real server."""

import functools
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest
from prefect import Flow, flow

from crm_workflows import bootstrap
from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.adapters.orchestration.prefect_deployments import Served, procedure_of, process_flows, served
from crm_workflows.adapters.orchestration.prefect_desk import ProcessDesk
from crm_workflows.adapters.orchestration.prefect_front import continuing_flow, start_key
from crm_workflows.adapters.orchestration.prefect_tracking import Tracking
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.running import opening
from crm_workflows.interfaces.prefect_entry import open_case, reclaim
from tests.office import Office, application
from tests.prefect_server import Prefect, office_with_numbers_of_its_own, prefect

pytestmark = pytest.mark.breaks_invariants("codes begin high, so that runs are found by them", "no case lost")

__all__ = ["prefect"]


PAGES = "https://crm.example"
POOL = "a-team-s-pool"


def process_flow() -> Flow[..., Any]:
    load_processes()
    modules = [module for name, module in sys.modules.copy().items() if name.startswith("flows.")]
    return process_flows(modules)["supplier-vetting"]


@pytest.fixture
def office() -> Office:
    return office_with_numbers_of_its_own()


@pytest.fixture
def answers(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[Served]:
    here = cast(bootstrap.Office, office)
    found = process_flow()
    monkeypatch.setattr(procedure_of(found), "starter", functools.partial(open_case, here, PAGES))
    return served({"supplier-vetting": found}, continuing_flow(functools.partial(reclaim, here)))


@pytest.fixture
def desk(prefect: Prefect, answers: list[Served]) -> Iterator[ProcessDesk]:
    made = ProcessDesk(prefect.address, answers)
    made.start()
    assert made.wait_serving(30)
    yield made
    made.close(15)


def cases(office: Office) -> list[CaseRow]:
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, order="code")


@pytest.mark.usefixtures("desk")
def test_a_case_starts_from_the_form(prefect: Prefect, office: Office) -> None:
    run = prefect.ask("supplier-vetting/start", {"application": application()})
    (case,) = cases(office)
    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Started")
    assert case.code in run["state"]["message"]
    assert (case.origin, case.owner) == ("prefect", application()["owner"])
    assert case.idempotency_key == f"prefect:{run['id']}"
    assert run["name"] == f"{case.code} · start"
    assert case.code in run["tags"]
    assert run["parameters"] == {"application": {"case": case.code}}, "what was typed is not kept in Prefect"
    artifacts = prefect.post("/artifacts/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    assert [f"{PAGES}/cases/{case.code}" in artifact["data"] for artifact in artifacts] == [True]


@pytest.mark.usefixtures("desk")
def test_its_owner_confirms_before_anything_else_happens(prefect: Prefect, office: Office) -> None:
    prefect.ask("supplier-vetting/start", {"application": application()})
    office.work()
    (case,) = cases(office)
    (asked,) = office.view(case.code)["waiting_for"]
    assert asked["gate"] == "confirm_start"
    assert application()["owner"] in (asked["assignee"]["email"], asked["assignee"].get("deputy_for"))
    assert [mail.template for mail in office.mails()] == ["start_confirmation"]


@pytest.mark.usefixtures("desk")
def test_a_form_that_does_not_fit_is_refused_in_a_sentence(prefect: Prefect, office: Office) -> None:
    wrong = application(credit_code="91320500MAX0CL6160")
    run = prefect.ask("supplier-vetting/start", {"application": wrong})
    assert (run["state_type"], run["state_name"]) == ("FAILED", "Refused")
    assert "credit_code" in run["state"]["message"]
    assert wrong["contact"]["name"] not in run["state"]["message"]
    assert cases(office) == []


@pytest.mark.usefixtures("desk")
def test_retry_of_a_start_answers_the_same_case(prefect: Prefect, office: Office) -> None:
    run = prefect.ask("supplier-vetting/start", {"application": application()})
    prefect.set_state(run["id"], "SCHEDULED", "AwaitingRetry")
    again = prefect.end_of(run["id"])
    assert (again["run_count"], again["state_name"]) == (2, "Started")
    (case,) = cases(office)
    assert again["state"]["message"] == f"案件 {case.code} 已登记 / case {case.code} is opened already"


@pytest.mark.usefixtures("desk")
def test_a_start_for_later_waits_and_cancelled_before_opens_nothing(prefect: Prefect, office: Office) -> None:
    deployment = prefect.get("/deployments/name/supplier-vetting/start")
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}
    asked = {"parameters": {"application": application()}, "state": later}
    run = prefect.post(f"/deployments/{deployment['id']}/create_flow_run", asked)
    # A second start, asked for after it, is answered first: the desk has looked at both.
    prefect.ask("supplier-vetting/start", {"application": application("over-limit")})
    assert prefect.get(f"/flow_runs/{run['id']}")["state_type"] == "SCHEDULED"
    prefect.set_state(run["id"], "CANCELLED")
    assert [case.title for case in cases(office)] == [application("over-limit")["company"]]


@pytest.mark.usefixtures("desk")
def test_retry_answers_the_same_case_also_when_prefect_still_has_the_form(prefect: Prefect, office: Office) -> None:
    run = prefect.ask("supplier-vetting/start", {"application": application()})
    prefect.patch(f"/flow_runs/{run['id']}", {"parameters": {"application": application()}})
    prefect.set_state(run["id"], "SCHEDULED", "AwaitingRetry")
    assert prefect.end_of(run["id"])["state"]["message"] == run["state"]["message"]
    assert len(cases(office)) == 1


@pytest.mark.usefixtures("desk")
def test_retry_of_a_stretch_continues_the_case_if_it_can_and_else_does_nothing(
    prefect: Prefect, office: Office
) -> None:
    tracking = Tracking(prefect.address, begin_seconds=20)
    tracking.run_tracked("supplier-vetting", "warm-up", lambda _: None)
    opened = opening.start(office.engine, "supplier-vetting", application(), requester=None, origin="cli")

    # The stretch below failed half-way: nothing was written, the case is still ready.
    def broken(_: object) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        tracking.run_tracked("supplier-vetting", opened.code, broken)
    run = prefect.ended_run(opened.code)
    assert run["deployment_id"], "so that Prefect's page offers the button"

    prefect.set_state(run["id"], "SCHEDULED", "AwaitingRetry")
    retried = prefect.end_of(run["id"])
    assert retried["state_name"] == "Waiting"
    assert office.view(opened.code)["status"] == "waiting"
    assert [task["name"][:4] for task in prefect.tasks(retried, 2)] == ["SV-2", "SV-3"]

    before = office.view(opened.code)
    prefect.set_state(run["id"], "SCHEDULED", "AwaitingRetry")
    assert prefect.end_of(run["id"])["state"]["message"] == retried["state"]["message"]
    assert office.view(opened.code) == before
    tracking.close(5)


@pytest.mark.usefixtures("desk")
def test_continuing_an_unknown_case_is_refused(prefect: Prefect) -> None:
    run = prefect.ask("supplier-vetting/stretch", {"case": "SV-1999-00001"})
    assert (run["state_type"], run["state_name"]) == ("FAILED", "Refused")
    assert "no case SV-1999-00001" in run["state"]["message"]


@pytest.mark.usefixtures("desk")
def test_the_form_is_bilingual_and_money_is_no_choice_of_types(prefect: Prefect) -> None:
    deployment = prefect.get("/deployments/name/supplier-vetting/start")
    assert deployment["status"] == "READY"
    assert "供应商认定 / Supplier vetting" in deployment["description"]
    schema = deployment["parameter_openapi_schema"]
    fields = schema["definitions"]["SupplierApplication"]["properties"]
    assert {name: field["title"] for name, field in fields.items() if " / " not in field["title"]} == {}
    assert schema["definitions"]["Money"]["properties"]["amount"]["type"] == "string"
    assert "anyOf" not in str(schema["definitions"]["Money"])
    assert "申请表" in schema["properties"]["application"]["description"]
    assert " / " in schema["definitions"]["SupplierContact"]["description"], "Prefect shows it as a hint"


def test_what_a_team_deployed_to_a_pool_is_left_to_them(prefect: Prefect, answers: list[Served]) -> None:
    pool = {"name": POOL, "type": "process", "base_job_template": {}}
    prefect.post("/work_pools/", pool)
    theirs = answers[0].deployment
    flow_id = prefect.post("/flows/", {"name": theirs.flow_name})["id"]
    body = {"name": theirs.name, "flow_id": flow_id, "entrypoint": "theirs.flow", "work_pool_name": POOL}
    taken = prefect.post("/deployments/", body)
    desk = ProcessDesk(prefect.address, answers)
    desk.start()
    assert desk.wait_serving(30)
    desk.close(15)
    found = prefect.get(f"/deployments/{taken['id']}")
    assert (found["entrypoint"], found["work_pool_name"]) == ("theirs.flow", POOL)
    prefect.delete(f"/deployments/{taken['id']}")


def test_a_flow_named_unlike_its_process_is_an_author_s_mistake() -> None:
    found = process_flow()
    other = type(sys)("flows.other")
    other.wrong = flow(name="supplier-recognition")(found.fn)  # type: ignore[attr-defined]
    with pytest.raises(AuthorMistake, match="supplier-recognition"):
        process_flows([other])


def test_outside_a_flow_run_there_is_no_key_and_no_artifact(monkeypatch: pytest.MonkeyPatch, office: Office) -> None:
    found = process_flow()
    monkeypatch.setattr(
        procedure_of(found), "starter", functools.partial(open_case, cast(bootstrap.Office, office), PAGES)
    )
    assert start_key() is None
    assert found.fn(application()).name == "Started"
    assert len(cases(office)) == 1
