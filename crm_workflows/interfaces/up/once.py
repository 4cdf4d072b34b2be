"""`crmw work --until-idle`: everything that is ready now, once. It must not keep anything running."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from crm_workflows.adapters.mail.smtp_listener import LoopbackMailServer
from crm_workflows.bootstrap import Office, open_office
from crm_workflows.business import beginnings, calling, payments, rounds, wanted_reviews
from crm_workflows.business.figures import monthly
from crm_workflows.engine.context import at_once, by_a_worker
from crm_workflows.engine.digests import digests
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.running import worker
from crm_workflows.interfaces import addresses, mailbox
from crm_workflows.interfaces.addresses import LOOPBACK
from crm_workflows.interfaces.opening import MIRROR_SECONDS, tracking_for
from crm_workflows.interfaces.up.lock import is_held
from crm_workflows.interfaces.up.mail_out import new_sender, smtp_port
from crm_workflows.settings import Settings

if TYPE_CHECKING:
    from crm_workflows.adapters.orchestration.prefect_tracking import Tracking


@dataclass(frozen=True)
class Done:
    """How much there was to do."""

    stretches: int
    mails: int


def work_once(settings: Settings, *, track: bool) -> Done:
    """Answers taken in, what time brought, stretches, mails; until nothing is ready. Untracked unless told."""
    tracking = tracking_for(settings) if track else None
    try:
        with contextlib.closing(_office(settings, tracking)) as office, _mail_port(office) as port:
            return _until_idle(office, tracking, port)
    finally:
        if tracking is not None:
            tracking.close(MIRROR_SECONDS)


def _office(settings: Settings, tracking: "Tracking | None") -> Office:
    return open_office(settings, tracking, at_once if tracking is None else by_a_worker)


def _until_idle(office: Office, tracking: "Tracking | None", port: int) -> Done:
    office.load_procedures()
    rounds.begin_morning(office.engine)
    run = tracking.run_tracked if tracking is not None else None
    sender = new_sender(office, addresses.public_url(office.settings), port)
    stretches = mails = 0
    try:
        while True:
            taken = intake.process_new(office.engine) + payments.act_on_overdue(office.engine)
            taken += wanted_reviews.act_on_wanted(office.engine)
            taken += calling.fire(office.engine) + beginnings.make_due(office.engine)
            worked = worker.work_until_idle(office.engine, run)
            digests.make_due(office.engine)
            monthly.make_due(office.engine)
            sent = sender.send_due()
            stretches, mails = stretches + worked, mails + sent
            if not (taken or worked or sent):
                return Done(stretches, mails)
    finally:
        sender.close()


@contextmanager
def _mail_port(office: Office) -> Iterator[int]:
    """Where mail goes: the company's server; else the loopback one of `crmw up`, or one of our own for so long."""
    settings = office.settings
    if not settings.is_local_mail:
        yield smtp_port(settings)
        return
    ports = addresses.published(settings.home) if is_held(settings.home) else None
    if ports is not None and ports.smtp is not None:
        yield ports.smtp
        return
    server = LoopbackMailServer(LOOPBACK, 0, partial(mailbox.take, office))
    server.start()
    try:
        yield server.port
    finally:
        server.stop()
