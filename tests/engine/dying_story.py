"""A supplier case deed by deed, the longest story, in which any role may die at any kind of commit.

Every deed is done again by whoever starts next, as people, mail servers and timers do. Where a process dies is decided
by what its commit has written, so that a telling can have every kind of commit of every deed behind it once.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NoReturn

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
from crm_workflows.engine.ports import Store
from crm_workflows.engine.record import sealing
from crm_workflows.engine.requests.request_order import place_of
from tests.engine.breaking import Killed
from tests.engine.databases import Databases
from tests.engine.dying_roles import Folder, Roles
from tests.engine.dying_store import Commit, MortalStore
from tests.engine.stories import CASE, MORNING
from tests.engine.toys import OWNER
from tests.office import ON_SITE, application, contracts, documents

CLAIM: Final = timedelta(seconds=5)
"""Longer than a sender keeps a mail that it has claimed."""


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
