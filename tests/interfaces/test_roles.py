"""The work and the start of a process, part by part: who works on what, and what keeps a process from starting."""

import re
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.configuration.staff import put_in_force
from crm_workflows.adapters.database.schema_version import newest_version
from crm_workflows.adapters.mail import template_check
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_tracking import Way
from crm_workflows.bootstrap import CLOCK_ORIGIN, Office
from crm_workflows.domain.errors import ConfigurationError, Refused
from crm_workflows.domain.records import CaseRow, Meta
from crm_workflows.engine.ports import StretchSummary
from crm_workflows.engine.record import auditing
from crm_workflows.engine.requests import papers
from crm_workflows.engine.running import leases, opening, releases
from crm_workflows.engine.running.attempt import plainly
from crm_workflows.engine.views import views
from crm_workflows.interfaces import logs
from crm_workflows.interfaces.cli.failing import sentence_for
from crm_workflows.interfaces.cli.inputs import read_files
from crm_workflows.interfaces.up import everything, prefect
from crm_workflows.interfaces.up.authors import check_what_authors_wrote
from crm_workflows.interfaces.up.calendar import FOLLOWED, CalendarFollowed
from crm_workflows.interfaces.up.everything import Wanted
from crm_workflows.interfaces.up.mail_out import MailOut
from crm_workflows.interfaces.up.prefect import LateTracking
from crm_workflows.interfaces.up.roles import Supervisor
from crm_workflows.interfaces.up.web import Web
from crm_workflows.interfaces.up.work import IDLE_SECONDS, Worker
from crm_workflows.settings import Settings
from crm_workflows.shipped import shipped
from tests.interfaces.conftest import NOON, Opened, rows
from tests.office import application


class FakeTracking:
    """Carries stretches out as told, and remembers how."""

    def __init__(self, way: Any) -> None:
        self._way = way
        self.tracked: list[str] = []

    def way(self, ready: int) -> Any:
        return self._way

    def run_tracked(self, process: str, code: str, body: Callable[..., Any]) -> Any:
        self.tracked.append(code)
        return body(plainly)

    def run_drained(self, stretches: Sequence[Any]) -> list[Any]:
        return [self.run_tracked(each.process, each.code, each.body) for each in stretches]


@pytest.mark.parametrize("way", ["PLAIN", "SINGLY", "DRAINED", None])
def test_ready_cases_are_worked_on_whatever_the_way(opened: Opened, way: str | None) -> None:
    office = opened()
    codes = [opening.start(office.engine, "supplier-vetting", application(), requester=None, origin="cli").code
             for _ in range(5)]  # fmt: skip
    tracking: Any = FakeTracking(Way[way]) if way else None
    worker = Worker(office, lambda: tracking)
    while worker.one_pass():
        pass
    assert {row.status for row in rows(office, CaseRow)} == {"waiting"}
    assert sorted(tracking.tracked if tracking else []) == (codes if way in ("SINGLY", "DRAINED") else [])


def test_the_cases_of_a_dead_worker_are_taken_over_within_five_seconds(opened: Opened) -> None:
    """By our own waits; what a loaded machine adds is not ours."""
    assert leases.LEASE_SECONDS + IDLE_SECONDS < 5
    office = opened()
    code = opening.start(office.engine, "supplier-vetting", application(), requester=None, origin="cli").code
    assert leases.take(office.engine, code, "dead:1") is not None
    began, supervisor = time.monotonic(), Supervisor(office.store.wake)
    supervisor.start([Worker(office)])
    while [row.status for row in rows(office, CaseRow)] != ["waiting"]:
        assert time.monotonic() - began < 30
        office.store.wait(0.1)
    assert time.monotonic() - began > leases.LEASE_SECONDS / 2
    assert supervisor.stop(10) == []


def test_what_happens_before_the_tracking_is_there_is_told_when_it_is() -> None:
    class Tracking:
        def __init__(self) -> None:
            self.heard: list[str] = []

        def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
            self.heard.append(code)

    late, summary = LateTracking(), StretchSummary("Waiting", "等 / waits", ())
    late.stretch_done("SV-2026-00001", "supplier-vetting", summary)
    assert late.tracking() is None
    tracking: Any = Tracking()
    late.arrived(tracking)
    late.stretch_done("SV-2026-00002", "supplier-vetting", summary)
    assert tracking.heard == ["SV-2026-00001", "SV-2026-00002"]
    assert late.tracking() is tracking


def test_closing_gives_a_port_back_that_was_never_served() -> None:
    taken = r"cannot be used \(it is in use already\); choose another one with --metrics-port"
    with closing(Web(Settings(), 0)) as first, pytest.raises(Refused, match=f"port {first.port} {taken}"):
        Web(Settings(), first.port, "--metrics-port")
    Web(Settings(), first.port).close()


# -- the start ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "tracking", "listens"), [(True, "auto", True), (False, "auto", False), (True, "off", False)]
)
def test_without_prefect_nobody_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool, tracking: Any, listens: bool
) -> None:
    """What a listener would be told is neither read nor kept; until Prefect is there, cases begin at once."""
    given: list[object] = []

    def opens(_settings: Settings, listener: object, begins_at_once: Callable[[], bool]) -> Office:
        given.append(listener)
        assert begins_at_once()
        raise Refused("not today")

    monkeypatch.setattr(everything, "open_office", opens)
    monkeypatch.setattr(logs, "to_file", lambda _: None)
    with pytest.raises(Refused):
        everything.serve(Settings(home=tmp_path, tracking=tracking), Wanted(0, 0, wanted), lambda _: None)
    assert [listener is not None for listener in given] == [listens]


def test_a_mistake_in_a_template_ends_the_start_with_its_place(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Path(shutil.copytree(shipped("templates"), tmp_path / "templates"))
    body = broken / "emails" / "receipt" / "body.zh.html"
    body.write_text(
        body.read_text("utf-8").replace("{% endblock %}", "{{ nobody.knows }}{% endblock %}"), encoding="utf-8"
    )
    office = opened()
    check_what_authors_wrote(office)
    monkeypatch.setattr(template_check, "shipped", lambda _: broken)
    with pytest.raises(ConfigurationError) as refused:
        check_what_authors_wrote(office)
    assert re.match(r"templates/emails/receipt/body\.zh\.html:\d+: ", sentence_for(refused.value))


def test_an_end_before_its_role_runs_ends_the_prefect_server_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An author's mistake, or Ctrl-C right after the start: the server is a process already, its role no thread yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "to_file", lambda _: None)
    server = FakeServer()
    monkeypatch.setattr(prefect, "PrefectServer", lambda _home: server)

    def mistaken(_office: Office) -> None:
        assert server.runs
        raise ConfigurationError(["templates/emails/x:1: is wrong"])

    monkeypatch.setattr(everything, "check_what_authors_wrote", mistaken)
    with pytest.raises(ConfigurationError):
        everything.serve(Settings(home=tmp_path / "home"), Wanted(0, 0, prefect=True), lambda _: None)
    assert not server.runs


class FakeServer:
    """Where a Prefect server would be."""

    address = PrefectAddress("http://127.0.0.1:9/api", ours=True)
    runs = False

    @property
    def is_running(self) -> bool:
        return self.runs

    def start(self) -> None:
        self.runs = True

    def stop(self) -> None:
        self.runs = False


def test_a_clock_that_was_set_back_between_two_starts_disturbs_no_case(opened: Opened) -> None:
    first = opened(now=datetime(2026, 3, 10, 1, 0, tzinfo=UTC))
    first.load_procedures()
    code = opening.start(first.engine, "supplier-vetting", application(), requester=None, origin="cli").code
    while Worker(first).one_pass():
        pass
    with first.store.write() as tx:
        (held,) = tx.find(Meta, key=CLOCK_ORIGIN)
        tx.update(Meta, (CLOCK_ORIGIN,), value=held.value.replace("2026-03-10", "2026-03-03", 1))
    second = opened()
    assert second.clock.now() < first.clock.now()
    files = read_files(sorted((shipped("samples") / "good" / "documents").iterdir()))
    papers.hand_in(second.engine, f"{code}-R1", files, by=application()["owner"], channel="cli")
    while Worker(second).one_pass():
        pass
    case = views.case_view(second.engine, code)
    assert (case["status"], [item["gate"] for item in case["waiting_for"]]) == ("waiting", ["papers_check"])
    assert auditing.verify(second.engine) == []


def test_a_worker_of_an_older_release_takes_no_work_once_a_newer_one_is_there(opened: Opened) -> None:
    older, newer = opened(), opened()
    older.load_procedures()
    Worker(older).one_pass()
    versions = dict(newer.engine.versions)
    versions["supplier-vetting", 2] = replace(versions["supplier-vetting", 1], version=2)
    newer = replace(newer, engine=replace(newer.engine, versions=versions, begins_at_once=lambda: False))
    newer.load_procedures()
    code = opening.start(newer.engine, "supplier-vetting", application(), requester=None, origin="cli").code
    older.load_procedures()
    with pytest.raises(Refused, match=r"a newer release \(supplier-vetting 2\) works on this database"):
        Worker(older).one_pass()
    assert views.case_view(newer.engine, code)["status"] == "running", "nobody has marked it as needing attention"
    while Worker(newer).one_pass():
        pass
    assert views.case_view(newer.engine, code)["waiting_for"][0]["gate"] == "survey_papers"


class AFewLooks(threading.Event):
    """Told to stop when it has been looked at a few times."""

    looks = 0

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > 3


def test_once_newer_tables_are_there_an_older_release_neither_works_nor_sends(opened: Opened) -> None:
    """Its cases may run on code, and its mails say what only that release knows of."""
    older = opened()
    older.load_procedures()
    releases.note(older.engine, int(newest_version()) + 1)
    older.load_procedures()
    roles: list[Callable[[threading.Event], None]] = [
        Worker(older).run, MailOut(older, lambda: "https://crm.example", lambda: 25).run
    ]  # fmt: skip
    for role in roles:
        with pytest.raises(Refused, match=r"a newer release \(tables \d+\) works on this database"):
            role(AFewLooks())


class UntilLookedAgain(threading.Event):
    """Told to stop when the role waits for the second time: before the calendar is followed, and after it."""

    waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        if self.waits == 2:
            self.set()
        return super().wait(0)


def test_what_was_opened_by_the_calendar_of_before_follows_the_one_in_force(opened: Opened) -> None:
    office = opened(now=NOON)
    code = opening.start(office.engine, "supplier-vetting", application(), requester=None, origin="cli").code
    Worker(office).one_pass()
    (before,) = views.case_view(office.engine, code)["waiting_for"]
    text = (shipped("config") / "calendar.yaml").read_text("utf-8")
    closed = text.replace("overrides:", "overrides:\n  - {date: 2026-03-03, to: 2026-03-06, hours: closed}")
    put_in_force(office.store, "calendar", closed, ["closed"], "test", NOON)
    CalendarFollowed(office).run(UntilLookedAgain())
    (after,) = views.case_view(office.engine, code)["waiting_for"]
    assert after["due_at"] > before["due_at"]
    with office.store.read() as reader:
        assert reader.get(Meta, FOLLOWED) is not None
        length = reader.get(CaseRow, code).audit_length  # type: ignore[union-attr]
    again = UntilLookedAgain()
    again.waits = 1
    CalendarFollowed(office).run(again)
    with office.store.read() as reader:
        assert reader.get(CaseRow, code).audit_length == length  # type: ignore[union-attr]
