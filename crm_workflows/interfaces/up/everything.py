"""`crmw up` and `crmw worker`: which roles run together, from the first port to the last goodbye. It holds no role."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

from crm_workflows.bootstrap import Office, open_office, prepare_prefect
from crm_workflows.engine.context import at_once
from crm_workflows.interfaces import addresses, logs
from crm_workflows.interfaces.addresses import Ports
from crm_workflows.interfaces.opening import prefect_api
from crm_workflows.interfaces.up.authors import check_what_authors_wrote
from crm_workflows.interfaces.up.calendar import CalendarFollowed
from crm_workflows.interfaces.up.duty import OnDuty
from crm_workflows.interfaces.up.lock import only_one
from crm_workflows.interfaces.up.mail_in import Intake, LocalMail
from crm_workflows.interfaces.up.mail_out import MailOut
from crm_workflows.interfaces.up.mornings import Mornings
from crm_workflows.interfaces.up.nightly import Nightly
from crm_workflows.interfaces.up.prefect import LateTracking, Prefect, prefect_beside, prefect_found
from crm_workflows.interfaces.up.roles import Role, Supervisor
from crm_workflows.interfaces.up.rounds import Rounds
from crm_workflows.interfaces.up.seals import Sealing
from crm_workflows.interfaces.up.web import Web, application, watched_application
from crm_workflows.interfaces.up.work import Worker
from crm_workflows.settings import Settings

STOP_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.5
PAGES_FIRST_SECONDS: Final = 0.3
"""So long the first page has the machine for itself."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Running:
    """What came up, for the one who started it; `prefect_page` may take some seconds more to answer."""

    settings: Settings
    ports: Ports
    public_url: str
    prefect_page: str | None


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for; port 0 is any free one."""

    port: int
    smtp_port: int
    prefect: bool


def serve(settings: Settings, wanted: Wanted, announce: Callable[[Running], None]) -> None:
    """Everything in one process, until a signal says stop; `announce` hears once when pages and mail listen.

    Raises Refused, MailTrouble or ConfigurationError at start. Ports are published in the home while they listen.
    """
    with only_one(settings.home), told_to_stop() as told:
        addresses.withdraw(settings.home)
        logs.to_file(settings.home / "logs" / "up.log")
        late = LateTracking() if wanted.prefect and settings.tracking != "off" else None
        with (
            contextlib.closing(Web(settings, wanted.port)) as web,
            contextlib.closing(_office(settings, late)) as office,
        ):
            prefect = prefect_beside(settings, late) if late is not None else None
            supervisor = Supervisor(office.store.wake)
            try:
                running = _open_doors(office, web, prefect, wanted, supervisor)
                announce(running)
                told.wait(PAGES_FIRST_SECONDS)
                if prefect is not None and not told.is_set():
                    prefect.begin()
                # Pages answer already; an author's mistake ends everything here, before any work.
                check_what_authors_wrote(office)
                supervisor.start(_behind_the_doors(office, running, late, prefect))
                _wait(told)
            finally:
                addresses.withdraw(settings.home)
                supervisor.stop(STOP_SECONDS)
                if prefect is not None:
                    prefect.close()


def serve_worker(settings: Settings, announce: Callable[[], None], metrics_port: int | None = None) -> None:
    """Worker, sweeps and the sending of mail, on any database, until a signal says stop.

    Raises Refused when `metrics_port`, for those who watch, is taken; 0 is any free one.
    """
    with told_to_stop() as told, _watched(settings, metrics_port) as web:
        logs.to_file(settings.home / "logs" / "worker.log")
        prepare_prefect(settings)
        late = LateTracking() if prefect_api(settings) is not None else None
        with contextlib.closing(_office(settings, late)) as office:
            check_what_authors_wrote(office)
            prefect = prefect_found(settings, late) if late is not None else None
            supervisor = Supervisor(office.store.wake)
            mail_out = MailOut(office, lambda: addresses.public_url(settings), lambda: _local_port(settings))
            roles: list[Role] = [_worker(office, late), mail_out, *_of_one(office)]
            if web is not None:
                web.serve(watched_application(office))
                roles.append(web)
            if prefect is not None:
                prefect.serve(office, addresses.public_url(settings))
                roles.append(prefect)
            try:
                supervisor.start(roles)
                announce()
                _wait(told)
            finally:
                supervisor.stop(STOP_SECONDS)


def _office(settings: Settings, late: LateTracking | None) -> Office:
    """Where Prefect is not there to show it, the first stretch of a case need not wait for a worker."""
    return open_office(settings, late, at_once if late is None else lambda: late.tracking() is None)


def _watched(settings: Settings, port: int | None) -> AbstractContextManager[Web | None]:
    """On this machine only, whatever the pages are bound to: nobody signs in there."""
    if port is None:
        return contextlib.nullcontext()
    return contextlib.closing(Web(settings.model_copy(update={"bind": addresses.LOOPBACK}), port, "--metrics-port"))


def _open_doors(office: Office, web: Web, prefect: Prefect | None, wanted: Wanted, supervisor: Supervisor) -> Running:
    settings = office.settings
    takes_mail = settings.is_local_mail or not settings.mailboxes
    local_mail = LocalMail(office, wanted.smtp_port) if takes_mail else None
    own_prefect = prefect.own_port if prefect else None
    ports = Ports(web.port, local_mail.port if local_mail else None, own_prefect)
    running = Running(settings, ports, addresses.public_url(settings, ports), prefect.address.page if prefect else None)
    web.serve(application(office, ports.smtp))
    supervisor.start([web, *([local_mail] if local_mail else [])])
    addresses.publish(settings.home, ports)
    return running


def _behind_the_doors(
    office: Office, running: Running, late: LateTracking | None, prefect: Prefect | None
) -> list[Role]:
    mail_out = MailOut(office, lambda: running.public_url, lambda: running.ports.smtp)
    roles: list[Role] = [_worker(office, late), Intake(office), mail_out, *_of_one(office)]
    if office.settings.mailboxes:
        from crm_workflows.interfaces.up.imap import imap_roles

        roles += [_once(office, role) for role in imap_roles(office)]
    if prefect is not None:
        prefect.serve(office, running.public_url)
        roles.append(prefect)
    return roles


def _once(office: Office, role: Role) -> Role:
    """A role for one process of all. On SQLite `crmw up` has its home for itself and needs no sign of life."""
    return OnDuty(office.store, role) if office.settings.is_shared else role


def _of_one(office: Office) -> list[Role]:
    """What one process of all does, whatever else it is there for."""
    roles = (Sealing(office), Rounds(office), CalendarFollowed(office), Mornings(office), Nightly(office))
    return [_once(office, role) for role in roles]


def _worker(office: Office, late: LateTracking | None) -> Worker:
    return Worker(office, late.tracking) if late is not None else Worker(office)


def _local_port(settings: Settings) -> int | None:
    found = addresses.published(settings.home)
    return found.smtp if found else None


def _wait(told: threading.Event) -> None:
    while not told.wait(LOOK_SECONDS):
        pass


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second one ends the process at once.

    Signals come to the main thread only; elsewhere, as in a run that Prefect started, the event is never set.
    """
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield told
        return

    def handle(_number: int, _frame: object) -> None:
        if told.is_set():
            raise KeyboardInterrupt
        told.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
