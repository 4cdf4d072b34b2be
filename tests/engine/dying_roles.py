"""A supplier case as the roles of the product live it: pages, worker, sender and mailbox, each of which may die.

Every deed is done again by whoever starts next, as people, mail servers and timers do. Where a process dies is decided
by what its commit has written, so that a telling can have every kind of commit of every deed behind it once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx

from crm_workflows.adapters.keys import ServerKey
from crm_workflows.adapters.mail.imap_mailbox import FetchedMail
from crm_workflows.adapters.mail.mail_compose import Composer
from crm_workflows.adapters.mail.smtp_listener import Envelope
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.bootstrap import Office as Opened
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.records import (
    Assignee,
    Booking,
    BusinessRow,
    CaseRow,
    Decision,
    Document,
    InboundMail,
    Message,
    Request,
    Supplier,
)
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out.outbox import Habits, Sender
from crm_workflows.engine.mail_out.outbox_ports import Outcome, Sent
from crm_workflows.engine.ports import Store, Transaction
from crm_workflows.engine.record import sealing
from crm_workflows.engine.requests.request_order import place_of
from crm_workflows.engine.running import worker
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.up.imap import ImapFolder
from crm_workflows.interfaces.web.app import create_app
from crm_workflows.settings import Settings
from tests.engine.breaking import Killed
from tests.engine.databases import Databases
from tests.engine.stories import CASE, MORNING, at_work
from tests.engine.toys import OWNER
from tests.interfaces.web.world import InProcess
from tests.office import ON_SITE, ROOT, Office, application, contracts, documents

BASE: Final = "http://127.0.0.1:8000"
CLAIM: Final = timedelta(seconds=5)
"""Longer than a sender keeps a mail that it has claimed."""
Commit = tuple[str, ...]
"""What a commit has written: kinds of rows, and of mails which one."""


class Watched:
    """A transaction that notes what it writes."""

    def __init__(self, inner: Transaction) -> None:
        self._inner = inner
        self.written: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def next_number(self, series: str, **_how: object) -> int:
        """Without gaps, so that the case has the same number however often its opening dies."""
        return self._inner.next_number(series)

    def insert(self, *records: object) -> None:
        self._inner.insert(*records)
        self.written |= {_kind("insert", record) for record in records}

    def insert_new(self, record: object) -> bool:
        is_new = self._inner.insert_new(record)
        if is_new:
            self.written.add(_kind("insert", record))
        return is_new

    def put(self, *records: object) -> None:
        self._inner.put(*records)
        self.written |= {_kind("put", record) for record in records}

    def update(
        self,
        record: type[object],
        key: tuple[object, ...],
        expecting: dict[str, object] | None = None,
        **values: object,
    ) -> bool:
        has_changed = self._inner.update(record, key, expecting, **values)
        if has_changed:
            mail = self._inner.get(Message, *key) if record is Message else None
            which = f" {mail.template}" if mail is not None else ""
            self.written.add(f"update {record.__name__}{which} {values.get('status', '')}")
        return has_changed

    def update_where(self, record: type[object], where: dict[str, object], **values: object) -> int:
        changed = self._inner.update_where(record, where, **values)
        if changed:
            self.written.add(f"update {record.__name__}")
        return changed

    def update_each(self, record: type[object], changes: Any) -> None:
        self._inner.update_each(record, changes)
        if changes:
            self.written.add(f"update {record.__name__}")

    def claim_mail(self, *arguments: Any) -> list[Message]:
        claimed = self._inner.claim_mail(*arguments)
        if claimed:
            self.written.add("claim mails")
        return claimed


def _kind(verb: str, record: object) -> str:
    which = f" {record.template}" if isinstance(record, Message) else ""
    return f"{verb} {type(record).__name__}{which}"


class MortalStore:
    """Passes everything on to the real store; before and behind each commit that has written, asks whether to die."""

    def __init__(self, inner: Store, dies: Callable[[Commit, bool], None]) -> None:
        self.inner = inner
        self._dies = dies

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """See the port."""
        with self.inner.write() as tx:
            watched = Watched(tx)
            yield watched  # type: ignore[misc]
            commit = tuple(sorted(watched.written))
            if commit:
                self._dies(commit, False)
        if commit:
            self._dies(commit, True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


# -- the roles --------------------------------------------------------------------------------------------------


@cache
def _renderer() -> Renderer:
    return Renderer(ROOT / "templates" / "emails", BASE, lambda _address: "Asia/Shanghai")


@dataclass
class Folder:
    """An IMAP folder: what lies in it outlives whoever looks into it."""

    mails: list[bytes] = field(default_factory=list)

    def newest(self) -> tuple[int, int]:
        """The watermark after which only mails of the future come."""
        return 7, 0

    def fetch_new(self, watermark: tuple[int, int] | None, limit: int, since: object) -> Iterator[FetchedMail]:
        """Every mail behind the watermark."""
        for uid, raw in enumerate(self.mails, start=1):
            if watermark is None or uid > watermark[1]:
                yield FetchedMail(uid, 7, len(raw), raw)


class Roles:
    """One process that has just started: every role of the product on one store."""

    def __init__(self, store: Any, at: datetime, home: Path) -> None:
        self.office: Office = at_work(store, at)
        key = self.office.engine.secrets
        assert isinstance(key, ServerKey)
        settings = Settings(home=home, public_url=BASE, mail_from="crm@yongchang.example")
        self.opened = Opened(settings, store, self.office.clock, self.office.staff, key, self.office.engine)  # type: ignore[arg-type]

    def work(self) -> None:
        """The worker, until nothing is ready."""
        worker.work_until_idle(self.office.engine)

    def apply(self) -> None:
        """Intake of what is stored."""
        while intake.process_new(self.office.engine):
            pass

    def send(self) -> None:
        """The sender, into the embedded mail server, until nothing is due."""
        engine = self.office.engine
        sender = Sender(
            engine.store, self.office.clock, self.office.staff, self.opened.key,
            renderer=_renderer(), composer=Composer("crm@yongchang.example", engine.mail_domain), transport=self,
            habits=Habits(10),
        )  # fmt: skip
        while sender.send_due():
            pass

    def deliver(self, recipient: str, content: bytes) -> Outcome:
        """As the transport of the sender: hand the mail to the embedded server, which keeps it."""
        self.receive("crm@yongchang.example", recipient, content)
        return Sent("kept")

    def close(self) -> None:
        """Of the transport: nothing is kept open."""

    def receive(self, sender: str, recipient: str, content: bytes) -> None:
        """The embedded server takes a mail; what it has not acknowledged is handed in again."""
        assert mailbox.take(self.opened, Envelope(sender, (recipient,), content)) is None

    def poll(self, folder: Folder) -> None:
        """The poller of the company's mailbox."""
        ImapFolder(self.opened, "imap", folder).look()  # type: ignore[arg-type]

    def post(self, path: str, key: str, **body: Any) -> None:
        """One POST to the API under an idempotency key; whoever is not sure repeats it."""
        answer = self.browser().post(f"/api/v1/{path}", headers={"Idempotency-Key": key}, **body)
        assert answer.status_code in (200, 201), answer.text

    def browser(self) -> httpx.Client:
        """Somebody at the pages and the API."""
        _Here.opened = self.opened
        return httpx.Client(transport=InProcess(_application()), base_url=BASE)


class _Here:
    """The process whose pages answer, as the application knows it: making an application anew takes long."""

    opened: Opened

    def __getattr__(self, name: str) -> Any:
        return getattr(_Here.opened, name)


@cache
def _application() -> Any:
    return create_app(_Here())  # type: ignore[arg-type]


# -- what they do -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    """What one role does; done again after its death, it does what is left."""

    role: str
    name: str
    do: Callable[[Roles], None]


def starts(roles: Roles) -> None:
    body = {"process": "supplier-vetting", "input": application()}
    roles.post("cases", "start", json=body)


def uploads(gate: str, files: list[Any]) -> Callable[[Roles], None]:
    """The owner hands files in at the API."""

    def do(roles: Roles) -> None:
        request = _request(roles, gate)
        parts = [("files", (f.filename, f.content, f.media_type)) for f in files]
        roles.post(f"requests/{request}/files", f"{gate}", data={"as": OWNER}, files=parts)

    return do


def submits(gate: str, nth: int = 0, **changes: Any) -> Callable[[Roles], None]:
    """Whoever is asked fills in a form at the API; `nth` tells rounds apart."""

    def do(roles: Roles) -> None:
        request = _request(roles, gate, nth)
        task = roles.browser().get(f"/api/v1/requests/{request}").json()
        who = _asked(roles, request)
        body = {"as": who, "input": task["example"] | changes}
        roles.post(f"requests/{request}/submit", f"{request}", json=body)

    return do


def decides(gate: str, nth: int, text: str) -> Callable[[Roles], bytes]:
    """The answer that a mail program would send to the request as it arrived."""

    def raw(roles: Roles) -> bytes:
        request = _request(roles, gate, nth)
        asked = next(m for m in roles.office.mails("approval_request") if m.request == request)
        return roles.office.reply_bytes(asked, text)

    return raw


def by_mail(raw: Callable[[Roles], bytes], sender: str) -> Callable[[Roles], None]:
    """An answer handed to the embedded server until it is acknowledged."""
    return lambda roles: roles.receive(sender, f"approvals@{roles.office.engine.mail_domain}", raw(roles))


def polled(raw: Callable[[Roles], bytes]) -> Callable[[Roles], None]:
    """An answer that lies in the company's mailbox until it is fetched."""
    return lambda roles: roles.poll(Folder([raw(roles)]))


def some_papers(roles: Roles) -> bytes:
    """The supplier's answer to the first mail, with a part of the papers."""
    asked = roles.office.mails("documents_request")[0]
    return roles.office.reply_bytes(asked, "见附件", files=documents()[:3])


def passes(days: int) -> Callable[[Roles], None]:
    """Until so many working days after the first morning, and what has come due then."""

    def do(roles: Roles) -> None:
        office = roles.office
        office.clock.move_to(max(office.staff.hours.add(MORNING, working_days(days)), office.clock.now()))
        roles.work()

    return do


def seals(roles: Roles) -> None:
    """The role that seals the record."""
    sealing.seal(roles.office.engine)


def _request(roles: Roles, gate: str, nth: int = 0) -> str:
    with roles.opened.store.read() as reader:
        found = [r.id for r in reader.find(Request, case=CASE, name=gate)]
    return sorted(found, key=place_of)[nth]


def _asked(roles: Roles, request: str) -> str:
    with roles.opened.store.read() as reader:
        return reader.find(Assignee, request=request)[0].person


HEAD = "zheng.xiaodong@yongchang.example"
SUPPLIER = "gu.wanqing@chenglan.example"
WHAT_HAPPENS: Final[list[Deed]] = [
    Deed("web", "a case begins", starts),
    Deed("mailbox", "some papers by mail", by_mail(some_papers, SUPPLIER)),
    Deed("worker", "a reminder", passes(3)),
    Deed("web", "the rest of the papers", uploads("survey_papers", documents()[3:])),
    *(
        Deed("web", task, submits(task))
        for task in ("papers_check", "technical_talk", "management_talk", "overall_judgement", *ON_SITE)
    ),
    Deed("web", "criteria", submits("criteria")),
    Deed("web", "application", submits("recognition_application")),
    Deed("worker", "a reminder at the gate", passes(4)),
    Deed("mailbox", "sent back by mail", by_mail(decides("recognition", 0, "退回 SV-6 请补充基本方针"), HEAD)),
    Deed("web", "application again", submits("recognition_application", 1, basic_policy="独家")),
    Deed("mailbox", "approved in the company's mailbox", polled(decides("recognition", 1, "同意"))),
    Deed("web", "signers", submits("contract_signers")),
    Deed("web", "contracts", uploads("contracts", contracts())),
    Deed("web", "contracts confirmed", submits("contract_check")),
    Deed("web", "account", submits("bank_details")),
    Deed("web", "another account", submits("bank_check", account_number="6222000011112222")),
    Deed("web", "account again", submits("bank_details", 1)),
    Deed("web", "account confirmed", submits("bank_check", 1)),
    Deed("web", "terms of payment", submits("payment_terms")),
    Deed("worker", "long afterwards", passes(40)),
    Deed("worker", "sealed", seals),
]


AFTER: Final = {
    "web": (Deed("worker", "worked", Roles.work),),
    "mailbox": (Deed("mailbox", "applied", Roles.apply), Deed("worker", "worked", Roles.work)),
    "worker": (),
}
SENDS: Final = Deed("sender", "sent", Roles.send)


def whole_case() -> list[Deed]:
    """The longest story; after each deed intake, worker and sender do what there is to do."""
    return [
        replace(one, name=f"{deed.name}: {one.name}")
        for deed in WHAT_HAPPENS
        for one in (deed, *AFTER[deed.role], SENDS)
    ]


# -- telling it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Death:
    """Where a role died."""

    role: str
    deed: str
    commit: Commit
    behind: bool
    at: datetime

    @property
    def place(self) -> tuple[str, str, Commit, bool]:
        """The same wherever the same commit is meant; to the sender one mail of a kind is as good as another."""
        return self.role, "" if self.role == "sender" else self.deed, self.commit, self.behind


Die = Callable[[Death], NoReturn]


def live(store: Store, deed: Deed, at: datetime, home: Path, is_time: Callable[[Death], bool], die: Die) -> datetime:
    """One life of one role: do the deed, and `die` where it is time; returns the time at its end."""

    def looks(commit: Commit, behind: bool) -> None:
        if threading.current_thread().name == "mail-claim":
            return  # comes when it likes: the place would be another in every telling
        death = Death(deed.role, deed.name, commit, behind, roles.office.clock.now())
        if is_time(death):
            die(death)

    roles = Roles(MortalStore(store, looks), at, home)
    deed.do(roles)
    return roles.office.clock.now()


class Dead(Killed):
    """With the place."""

    def __init__(self, death: Death) -> None:
        super().__init__(death)
        self.death = death


def never(_death: Death) -> bool:
    """Nobody dies."""
    return False


def told(databases: Databases, home: Path, seen: set[object] | None) -> list[Death]:
    """Tell the case in this process; with `seen`, roles die wherever is not in there yet, and somebody else goes on."""
    deaths: list[Death] = []
    at = MORNING
    for deed in whole_case():
        while True:
            try:
                with databases.opened() as store:
                    at = live(store, deed, at, home, lambda death: seen is not None and death.place not in seen, _dies)
                break
            except Dead as dead:
                assert seen is not None
                seen.add(dead.death.place)
                deaths.append(dead.death)
                at = dead.death.at + CLAIM
    return deaths


def _dies(death: Death) -> NoReturn:
    raise Dead(death)


def essence(store: Store) -> dict[str, Any]:
    """What came of it, without instants, numbers of attempts and what only a repetition leaves."""
    with store.read() as reader:
        return {
            "cases": reader.columns(CaseRow, "code", "process", "status", "outcome"),
            "requests": reader.columns(Request, "id", "name", "round", "status"),
            "decisions": reader.columns(Decision, "request", "decision", "by", "channel", effective=True),
            "documents": reader.columns(Document, "request", "kind", "sha256", problem=None),
            "received": sorted(reader.columns(InboundMail, "id", "status", "case")),
            "mails": sorted(
                (
                    row
                    for row in reader.columns(Message, "template", "recipient", "request", "status", "in_reply_to")
                    if row[0] not in ("reminder", "escalation")
                ),
                key=str,
            ),
            "register": reader.columns(Supplier, "code", "name", "credit_code", "payment"),
            "bookings": reader.columns(Booking, "key", "process", "is_open"),
            "results": reader.columns(BusinessRow, "name", "round"),
        }
