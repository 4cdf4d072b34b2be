"""The roles of the product as a world runs them: looks of workers, senders and mailbox. Who looks when is drawn.

It must not hold behaviour of the product: each look is one pass of the real role.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from crm_workflows.adapters.keys import ServerKey
from crm_workflows.adapters.mail.imap_mailbox import FetchedMail
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Booking, CaseRow, InboundMail, Message, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out.outbox import Habits, Sender
from crm_workflows.engine.mail_out.outbox_claim import Claim
from crm_workflows.engine.running import leases, worker
from crm_workflows.engine.running.attempt import plainly
from crm_workflows.interfaces.up.imap import ImapFolder
from tests.office import FixedStaff
from tests.simulator.company import DOMAIN, engine_of
from tests.simulator.post import PlainMail, PostOffice
from tests.simulator.store import SteppedStore
from tests.simulator.world import Process, World

WEB = ("web-1", "web-2")
WORKERS = ("worker-1", "worker-2")
SENDERS = ("sender-1", "sender-2")
MAIL = ("mail-1", "mail-2")
POLL_SECONDS = 0.5
SETTINGS = SimpleNamespace(
    imap_user="approvals", imap_host="mail", imap_folder="INBOX", imap_poll_seconds=30, is_local_mail=True,
    mail_from=f"approvals@{DOMAIN}",
)  # fmt: skip


class Folder:
    """The company's own mailbox: mails by UID, kept for ever."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    def fetch_new(self, watermark: tuple[int, int] | None, limit: int, *more: object) -> Iterator[FetchedMail]:
        """See `ImapMailbox`."""
        for uid in range((watermark[1] if watermark else 0) + 1, len(self.mails) + 1):
            raw = self.mails[uid - 1]
            yield FetchedMail(uid, 1, len(raw), raw)

    def newest(self) -> tuple[int, int]:
        """See `ImapMailbox`."""
        return 1, len(self.mails)


class Roles:
    """Every process of the product, and who looks next."""

    def __init__(self, world: World, staff: FixedStaff, key: ServerKey) -> None:
        self.world, self.staff, self.key = world, staff, key
        self.engines: dict[str, Engine] = {}
        self.folder, self.mail = Folder(), PlainMail()
        self.observer = SteppedStore(world.file, lambda place: None)
        self.post: PostOffice
        self._looks: dict[str, datetime] = {}
        self._in_vain: dict[str, bool] = {}
        self._seen = -1
        self._fetched = 0
        for name in (*WEB, *WORKERS, *SENDERS, *MAIL):
            self.engines[name] = engine_of(world.process(name), world, staff, key)
        world.after_event = self.wake

    def engine(self, process: Process) -> Engine:
        """What that process works with."""
        return self.engines[process.name]

    def office(self, process: Process) -> Any:
        """The same as the roles around the engine take it."""
        return SimpleNamespace(
            settings=SETTINGS, store=process.store, engine=self.engine(process), clock=self.world.clock
        )

    # -- who looks when -----------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Whatever was committed is seen by all, as a look at the database's version shows it."""
        commits = sum(process.store.commits for process in self.world.processes.values())
        if commits == self._seen:
            return
        self._seen = commits
        with self.observer.read() as reader:
            times = [reader.earliest(CaseRow, "ready_at", status=["running", "waiting"])]
            times += [reader.earliest(Request, c, status="open") for c in ("lapse_at", "escalate_at", "remind_at")]
            times.append(reader.earliest(Booking, "due_at", is_open=True))
            next_mail = reader.earliest(Message, "next_at")
            received = reader.count(InboundMail, status="new")
        known = [at for at in times if at is not None]
        if known:
            self._look(WORKERS, "works", self._work, min(known))
        if next_mail is not None:
            self._look(SENDERS, "sends", self._send, next_mail)
        if received:
            self._look(MAIL, "applies", self._apply, self.world.clock.now())
        if len(self.folder.mails) > self._fetched:
            self._look(MAIL[:1], "fetches", self._fetch, self.world.later(self.world.rng.uniform(0, 30)))

    def _look(self, names: tuple[str, ...], what: str, do: Any, due: datetime) -> None:
        world = self.world
        chosen = [name for name in names if f"{name} {what}" in self._looks]
        wait = world.rng.uniform(0.01, POLL_SECONDS) + (POLL_SECONDS if self._in_vain.get(what) else 0)
        at = max(due, world.clock.now()) + timedelta(seconds=round(wait, 3))
        if any(self._looks[f"{name} {what}"] <= at for name in chosen):
            return
        both = world.rng.random() < 0.25
        for name in names if both else (world.rng.choice(names),):
            self._looks[f"{name} {what}"] = at
            world.at(at, name, what, partial(self._looked, f"{name} {what}", do))

    def _looked(self, look: str, do: Any, process: Process) -> object:
        self._looks.pop(look, None)
        what, self._seen = look.partition(" ")[2], -1
        try:
            done, said = do(process)
        except StoreBusy:
            done, said = 0, "busy"
        self._in_vain[what] = not done
        return said

    # -- one look each ------------------------------------------------------------------------------------------

    def _work(self, process: Process) -> tuple[int, str]:
        """The second worker runs every stretch by itself under a lease, as tracked ones are."""
        tracked = (lambda _process, _code, body: body(plainly)) if process.name == WORKERS[1] else None
        done = worker.one_pass(self.engine(process), tracked)
        return done.swept + done.stretches, f"{done.swept} due, {done.stretches} stretches"

    def _send(self, process: Process) -> tuple[int, str]:
        sender = process.memory.get("sender")
        if sender is None:
            sender = process.memory["sender"] = Sender(
                process.store, self.world.clock, self.staff, self.key, renderer=self.mail, composer=self.mail,
                transport=self.post, habits=Habits(300),
            )  # fmt: skip
        handled = sender.send_due()
        return handled, f"{handled} mails"

    def _apply(self, process: Process) -> tuple[int, str]:
        applied = intake.process_new(self.engine(process))
        return applied, f"{applied} mails"

    def _fetch(self, process: Process) -> tuple[int, str]:
        role = process.memory.get("imap")
        if role is None:
            role = process.memory["imap"] = ImapFolder(self.office(process), "imap", self.folder)  # type: ignore[arg-type]
        upto = len(self.folder.mails)
        taken = role.look()
        self._fetched = max(self._fetched, upto)
        return taken, f"{taken} mails"


@contextmanager
def alone() -> Iterator[None]:
    """Nothing runs beside the one thread: leases and claims are not renewed, as if their process was always slow."""
    kept = leases.keep_lease, Claim.kept, worker.worker_name
    leases.keep_lease, Claim.kept, worker.worker_name = _unrenewed, _held, _nameless  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        leases.keep_lease, Claim.kept, worker.worker_name = kept  # type: ignore[method-assign]


def _nameless() -> str:
    return "a worker"


@contextmanager
def _unrenewed(engine: Engine, row: CaseRow) -> Iterator[None]:
    yield


@contextmanager
def _held(claim: Claim) -> Iterator[None]:
    yield
    claim._let_go()
