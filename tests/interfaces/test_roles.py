"""The roles of a running product, each by itself: what each does, and that it is started again when it fails."""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.configuration.staff import put_in_force
from crm_workflows.adapters.mail import template_check
from crm_workflows.adapters.mail.imap_mailbox import FetchedMail
from crm_workflows.adapters.mail.smtp_listener import Envelope
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_tracking import Way
from crm_workflows.bootstrap import CLOCK_ORIGIN, Office, open_office
from crm_workflows.domain.errors import ConfigurationError, MailTrouble, Refused, StoreBusy
from crm_workflows.domain.records import CaseRow, InboundMail, MailboxMail, Message, Meta, Watermark
from crm_workflows.engine.ports import StretchSummary
from crm_workflows.engine.record import auditing
from crm_workflows.engine.requests import papers
from crm_workflows.engine.running import leases, opening
from crm_workflows.engine.running.attempt import plainly
from crm_workflows.engine.views import views
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.cli.failing import sentence_for
from crm_workflows.interfaces.cli.inputs import read_files
from crm_workflows.interfaces.up import everything, prefect, roles
from crm_workflows.interfaces.up.authors import check_what_authors_wrote
from crm_workflows.interfaces.up.calendar import FOLLOWED, CalendarFollowed
from crm_workflows.interfaces.up.everything import Wanted
from crm_workflows.interfaces.up.imap import ImapFolder
from crm_workflows.interfaces.up.lock import is_held, only_one
from crm_workflows.interfaces.up.mail_out import is_loopback
from crm_workflows.interfaces.up.prefect import LateTracking
from crm_workflows.interfaces.up.roles import Supervisor
from crm_workflows.interfaces.up.web import Web
from crm_workflows.interfaces.up.work import IDLE_SECONDS, Worker
from crm_workflows.settings import Settings
from crm_workflows.shipped import shipped
from tests.office import application

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MAIL = (
    b"From: x@else.example\r\nTo: a@b.example\r\nMessage-ID: <1@else.example>\r\n"
    b"Subject: =?utf-8?b?5L2g5aW9?=\r\n\r\nhi\r\n"
)
Opened = Callable[..., Office]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Opens offices on SQLite with settings of the test's own."""
    monkeypatch.chdir(tmp_path)
    offices: list[Office] = []

    def make(**settings: Any) -> Office:
        offices.append(open_office(Settings(home=tmp_path / "home", **settings)))
        return offices[-1]

    yield make
    for office in offices:
        office.close()


def rows(office: Office, record: type) -> list[Any]:
    with office.store.read() as reader:
        return reader.find(record)


# -- the supervisor -----------------------------------------------------------------------------------------------


class Stumbling:
    """Fails so often, then works until told to stop."""

    name = "stumbling"

    def __init__(self, times: int) -> None:
        self.left = times
        self.works = threading.Event()

    def run(self, stop: threading.Event) -> None:
        if self.left:
            self.left -= 1
            raise OSError("no luck")
        self.works.set()
        stop.wait()


def test_a_role_that_fails_is_started_again_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(roles, "FIRST_PAUSE", 0.001)
    role, supervisor = Stumbling(4), Supervisor()
    supervisor.start([role])
    assert role.works.wait(10)
    assert supervisor.stop(10) == []
    assert [r.message for r in caplog.records].count("a role failed and is started again") == 4


def test_a_database_that_is_back_finds_its_roles_within_seconds_however_long_it_was_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And what is no fault of ours fills the log with no traceback."""
    pauses: list[float] = []

    class Away(Stumbling):
        def run(self, stop: threading.Event) -> None:
            if len(pauses) == 10:
                self.works.set()
                stop.wait(20)
            raise StoreBusy("无法连接 / away")

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is not None and not isinstance(timeout, int):
                pauses.append(timeout)
                return self.is_set()
            return super().wait(timeout)

    role, supervisor = Away(0), Supervisor()
    supervisor._stop = Stop()
    supervisor.start([role])
    assert role.works.wait(10)
    assert supervisor.stop(10) == []
    assert max(pauses) <= roles.LONGEST_BUSY_PAUSE
    assert not any(record.exc_info for record in caplog.records)


def test_a_role_that_ends_by_itself_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "FIRST_PAUSE", 0.001)
    twice = threading.Barrier(2, timeout=10)

    class Ending:
        name = "ending"

        def run(self, stop: threading.Event) -> None:
            if not stop.is_set():
                twice.wait()

    supervisor = Supervisor()
    supervisor.start([Ending()])
    twice.wait()
    twice.wait()
    twice.abort()
    assert supervisor.stop(10) == []


def test_a_role_that_does_not_end_is_named_and_left_behind() -> None:
    released = threading.Event()

    class Stubborn:
        name = "stubborn"

        def run(self, stop: threading.Event) -> None:
            released.wait(20)

    supervisor = Supervisor()
    supervisor.start([Stubborn()])
    assert supervisor.stop(0.1) == ["stubborn"]
    released.set()


def test_roles_that_wait_for_work_are_woken_to_stop() -> None:
    bell = threading.Event()

    class Waiting:
        name = "waiting"

        def run(self, stop: threading.Event) -> None:
            bell.wait(20)

    supervisor = Supervisor(bell.set)
    supervisor.start([Waiting()])
    assert supervisor.stop(10) == []


def test_a_home_is_held_by_one_and_free_again_afterwards(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with only_one(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(Refused, match="crmw up runs on"), only_one(tmp_path):
            pass
    assert not is_held(tmp_path)


# -- mail ---------------------------------------------------------------------------------------------------------


def test_the_local_server_keeps_every_mail_and_hands_answers_to_intake(opened: Opened) -> None:
    office = opened()
    assert mailbox.take(office, Envelope("x@else.example", ("gu@chenglan.example",), MAIL)) is None
    assert mailbox.take(office, Envelope("x@else.example", ("approvals+abc@localhost",), MAIL)) is None
    assert [m.status for m in rows(office, InboundMail)] == ["new"]
    latest, first = mailbox.LocalMailbox(office.store).list()
    assert (first.to, first.sender, first.subject, first.message_id) == (
        "gu@chenglan.example", "x@else.example", "你好", "<1@else.example>",
    )  # fmt: skip
    assert mailbox.LocalMailbox(office.store).get(latest.id) == MAIL
    assert [m.id for m in mailbox.LocalMailbox(office.store).list(to="GU@chenglan.example")] == [first.id]
    assert mailbox.LocalMailbox(office.store).get("nothing") is None


def test_a_mail_handed_in_twice_is_two_in_the_mailbox_and_one_answer(opened: Opened) -> None:
    office = opened()
    for _ in range(2):
        mailbox.take(office, Envelope("x@else.example", ("approvals@localhost",), MAIL))
    assert len(rows(office, MailboxMail)) == 2
    assert len(rows(office, InboundMail)) == 1


def test_beside_a_real_server_only_answers_are_taken(opened: Opened) -> None:
    office = opened(smtp_host="smtp.yongchang.example", reply_domain="yongchang.example")
    refused = mailbox.take(office, Envelope("x@else.example", ("gu@chenglan.example",), MAIL))
    assert refused is not None
    assert refused.startswith("550 ")
    assert mailbox.take(office, Envelope("", ("Approvals+abc@Yongchang.example",), MAIL)) is None
    assert (len(rows(office, MailboxMail)), len(rows(office, InboundMail))) == (0, 1)


def test_reports_about_our_mails_come_to_our_own_address(opened: Opened) -> None:
    office = opened(mail_from="永昌客户关系 <crm@yongchang.example>")
    assert office.engine.mail_domain == "yongchang.example"
    assert mailbox.answers_us(office, "crm@yongchang.example")
    assert mailbox.answers_us(office, "approvals+x@yongchang.example")
    assert not mailbox.answers_us(office, "approvals+x@else.example")
    assert not mailbox.answers_us(office, "wang.fang@yongchang.example")


class FakeMailbox:
    """An IMAP folder with these mails, which fails when it is told to."""

    def __init__(self, *mails: bytes | None) -> None:
        self.mails = [FetchedMail(n, 7, len(raw or b"") or 99_000_000, raw) for n, raw in enumerate(mails, start=1)]
        self.fails_after: int | None = None
        self.asked: list[tuple[int, int] | None] = []

    def newest(self) -> tuple[int, int]:
        return 7, max((mail.uid for mail in self.mails), default=0)

    def fetch_new(self, watermark: tuple[int, int] | None, limit: int, since: object) -> Iterator[FetchedMail]:
        self.asked.append(watermark)
        for n, mail in enumerate(m for m in self.mails if watermark is None or m.uid > watermark[1]):
            if n == self.fails_after:
                raise MailTrouble("away")
            yield mail


def imap_of(office: Office, folder: FakeMailbox) -> ImapFolder:
    return ImapFolder(office, "imap:x", folder)  # type: ignore[arg-type]


def numbered(n: int) -> bytes:
    return MAIL.replace(b"<1@", b"<%d@" % n)


def test_a_mailbox_connected_first_is_read_from_now_on(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox(numbered(1), numbered(2))
    role = imap_of(office, folder)
    assert role.look() == 0
    folder.mails.append(FetchedMail(3, 7, 10, numbered(3)))
    assert role.look() == 1
    assert [m.message_id for m in rows(office, InboundMail)] == ["<3@else.example>"]
    assert [(w.uid_validity, w.uid) for w in rows(office, Watermark)] == [(7, 3)]


def test_a_mailbox_connected_after_people_were_asked_is_read_from_its_beginning(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox(numbered(1))
    with office.store.write() as tx:
        tx.insert(
            Message(
                "m", "SV-1", "request", "x@y.example", "zh", {}, "sent", "<m@x>", NOON, None, attempts=1, sent_at=NOON
            )
        )
    assert imap_of(office, folder).look() == 1


def test_what_came_before_a_failure_is_stored_and_not_fetched_again(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox()
    role = imap_of(office, folder)
    role.look()
    folder.mails = [FetchedMail(n, 7, 10, numbered(n)) for n in (1, 2, 3)]
    folder.fails_after = 2
    with pytest.raises(MailTrouble):
        role.look()
    folder.fails_after = None
    assert role.look() == 1
    assert folder.asked[-1] == (7, 2)
    assert len(rows(office, InboundMail)) == 3


def test_a_mail_too_large_to_fetch_is_shown_and_passed(opened: Opened) -> None:
    office, folder = opened(imap_host="imap.example"), FakeMailbox()
    role = imap_of(office, folder)
    role.look()
    folder.mails = [FetchedMail(1, 7, 99_000_000, None), FetchedMail(2, 7, 10, numbered(2))]
    assert role.look() == 2
    large, small = sorted(rows(office, InboundMail), key=lambda m: -m.size)
    assert (large.status, large.size, small.status) == ("unreadable", 99_000_000, "new")
    assert [mail.context["mail"] for mail in rows(office, Message)] == [large.id], "an admin is told"
    assert role.look() == 0
    assert len(rows(office, Message)) == 1


@pytest.mark.parametrize(
    ("url", "only_here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000/", True),
        ("https://crm.yongchang.example", False),
        ("http://10.1.2.3", False),
    ],
)
def test_links_to_this_machine_are_known_as_such(url: str, *, only_here: bool) -> None:
    assert is_loopback(url) is only_here


# -- work ---------------------------------------------------------------------------------------------------------


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

    late, summary = LateTracking(), StretchSummary("Waiting", "等 / waits", (), NOON, NOON)
    late.stretch_done("SV-2026-00001", "supplier-vetting", summary)
    assert late.tracking() is None
    tracking: Any = Tracking()
    late.arrived(tracking)
    late.stretch_done("SV-2026-00002", "supplier-vetting", summary)
    assert tracking.heard == ["SV-2026-00001", "SV-2026-00002"]
    assert late.tracking() is tracking


def test_closing_gives_a_port_back_that_was_never_served() -> None:
    with closing(Web(Settings(), 0)) as first, pytest.raises(Refused, match=f"port {first.port} cannot be used"):
        Web(Settings(), first.port)
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
    monkeypatch.setattr(everything.logs, "to_file", lambda _: None)
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
    monkeypatch.setattr(everything.logs, "to_file", lambda _: None)
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
        held = tx.get(Meta, CLOCK_ORIGIN)
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


class UntilLookedAgain(threading.Event):
    """Told to stop when the role waits for the second time: before the calendar is followed, and after it."""

    waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        return super().wait(0) if self.waits == 1 else not self.set()


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
