"""The two ways to a request: the link of a mail, and the inbox on this machine. It must not decide anything.

A link is looked up by the SHA-256 of its token (mail.md): it opens one request for one person and nothing else.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import urlencode

from starlette.requests import Request as HttpRequest

from crm_workflows.domain.errors import Expired, NotEntitled, NotFound
from crm_workflows.domain.records import Assignee, CaseRow, Decision, Request
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.amended import replaced_by
from crm_workflows.engine.decisions.answered import settling
from crm_workflows.engine.decisions.requesting import DOOR, REQUESTER, door_request, is_door, speaker
from crm_workflows.engine.mail_in.intake_requester import asked_at_door
from crm_workflows.engine.mail_in.intake_writer import Asked
from crm_workflows.engine.ports import Reader as StoreReader
from crm_workflows.engine.requests.entitlement import is_passed_on, may_hand_in
from crm_workflows.interfaces.web.language import PARAMETER, language_of
from crm_workflows.interfaces.web.rendering import Reader
from crm_workflows.interfaces.web.site import Site

SHOWN_AFTERWARDS: Final = timedelta(days=180)
"""How long a link goes on to show what was recorded; then it is over."""
TOKEN: Final = re.compile(r"[a-z2-7]{16,64}")
NO_LINK: Final = bilingual(
    "这个链接不存在或不完整，请从邮件中重新打开完整的链接",
    "this link does not exist or is incomplete; open the whole link from the mail again",
)
OVER: Final = {
    "superseded": bilingual(
        "本事项已退回、撤销或更改，此链接不再有效；如另有新邮件，请使用其中的链接",
        "this was sent back, undone or amended, and its link is over; where a later mail came, use the link in that",
    ),
    "withdrawn": "本案件已取消，无需再答复 / the case was cancelled; no answer is needed any more",
    "lapsed": "期限已过，本事项已终止 / the time for this is over and it has ended",
    "passed_on": "本事项已转由他人答复 / this was passed on to somebody else",
    "long_ago": "本事项早已办结，链接不再显示内容 / this was settled long ago; the link no longer shows it",
}


@dataclass(frozen=True)
class Door:
    """A request as one person meets it; `by` is who answers, `path` and `query` are the address of the page."""

    asked: Asked
    by: str
    channel: Literal["link", "page"]
    path: str
    query: str = ""

    @property
    def address(self) -> str:
        """The page's own address, to which its form posts."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def request(self) -> Request:
        return self.asked.request

    @property
    def case(self) -> CaseRow:
        return self.asked.row

    @property
    def is_open(self) -> bool:
        """Whether this person's answer is still wanted: of several who decide together, not of who has answered."""
        return self.request.status == "open" and self.asked.assignee.is_active

    @property
    def shown(self) -> str:
        """What the page shows, in a form that changes with it (G-6)."""
        return f"{self.request.revision}.{self.request.fingerprint[:16]}"

    @property
    def purpose(self) -> tuple[str, ...]:
        """What a form on this page may do; part of its MAC."""
        return (self.channel, self.request.id, self.asked.assignee.person, self.asked.assignee.nonce, self.by)


def by_link(site: Site, http: HttpRequest, token: str) -> Door:
    """The door of a mail's link; NotFound for an unknown token."""
    asked = _by_token(site.engine, token)
    kind = "r" if asked.request.kind in ("approval", REQUESTER) else "t"
    return Door(asked, asked.assignee.person, "link", f"/{kind}/{token}", _kept(http, {}))


def renewed(site: Site, http: HttpRequest, door: Door) -> Door | None:
    """Where the same is asked of the same person on what has been amended since; None where it is not.

    Whoever holds the old secret is the person asked: their new one is worked out, never handed to anybody else.
    """
    new = replaced_by(door.request)
    with site.engine.store.read() as reader:
        request = reader.get(Request, new) if new else None
        assignee = reader.get(Assignee, request.id, door.asked.assignee.person) if request else None
    if request is None or assignee is None:
        return None
    if door.channel == "page":
        return by_inbox(site, http, request.id, door.by)
    return by_link(site, http, site.engine.secrets.token(request.id, assignee.person, request.revision, assignee.nonce))


def by_inbox(site: Site, http: HttpRequest, request_id: str, address: str) -> Door:
    """The door of somebody's inbox; NotFound or NotEntitled.

    Owner and requester may hand in papers that came another way (SV-3); they see the request as whoever was asked.
    """
    person = site.office.staff.directory().person(address)
    identity = person.email if person else address.strip().lower()
    if is_door(request_id):
        return _requesters(site, http, request_id, identity)
    with site.engine.store.read() as reader:
        request = reader.get(Request, request_id)
        row = reader.get(CaseRow, request.case) if request else None
        assignees = reader.find(Assignee, request=request_id) if request else []
        own = next((a for a in assignees if a.person == identity), None)
        if request is None or row is None or not assignees:
            zh = f"没有编号为 {request_id} 的事项，请核对编号"
            raise NotFound(bilingual(zh, f"there is no request {request_id}; check the id"))
        if own is None and request.kind == "documents":
            may_hand_in(site.engine, row, request, identity, reader)
            own = assignees[0]
    if own is None:
        zh = f"事项 {request_id} 没有请您答复"
        raise NotEntitled(bilingual(zh, f"you were not asked about request {request_id}"))
    return Door(Asked(row, request, own), identity, "page", f"/inbox/{request_id}", _kept(http, {"as": identity}))


def _requesters(site: Site, http: HttpRequest, door: str, identity: str) -> Door:
    """The page of whoever requested a case, or may remind in their place; NotFound or NotEntitled."""
    with site.engine.store.read() as reader:
        row = reader.get(CaseRow, door.removesuffix(f"-{DOOR}"))
    if row is None:
        raise NotFound(NO_LINK)
    standing = speaker(site.engine, row, identity, also=True)
    own = Assignee(
        request=door, person=standing.person, case=row.code, name=site.name(standing.person, language_of(http)),
        role=REQUESTER, language=language_of(http), nonce="", token_hash="", asked_at=row.opened_at,
    )  # fmt: skip
    return Door(Asked(row, door_request(row), own), identity, "page", f"/inbox/{door}", _kept(http, {"as": identity}))


def _by_token(engine: Engine, token: str) -> Asked:
    if not TOKEN.fullmatch(token):
        raise NotFound(NO_LINK)
    with engine.store.read() as reader:
        found = reader.find(Assignee, token_hash=hash_of_secret(token), limit=1)
        request = reader.get(Request, found[0].request) if found else None
        row = reader.get(CaseRow, request.case) if request else None
        own = asked_at_door(reader, found[0]) if found else None
    if own is not None:
        return own
    if request is None or row is None:
        raise NotFound(NO_LINK)
    return Asked(row, request, found[0])


def reader_at(site: Site, http: HttpRequest, door: Door) -> Reader:
    """Who reads the page: by the link of a mail the person asked, in their language; else somebody who acts here, in
    the language of the pages around it."""
    asked = site.reader_asked(http, door.asked.assignee)
    return asked if door.channel == "link" else replace(asked, language=language_of(http))


def check_of_use(site: Site, door: Door) -> None:
    """Expired when the door leads nowhere any more: over without a decision, passed on, or settled long ago."""
    request = door.request
    if request.kind == REQUESTER:
        return
    if request.status == "open":
        if is_passed_on(request, door.asked.assignee):
            raise Expired(OVER["passed_on"])
        return
    if request.status != "decided":
        raise Expired(OVER.get(request.status, OVER["superseded"]))
    if request.closed_at is not None and site.office.clock.now() - request.closed_at > SHOWN_AFTERWARDS:
        raise Expired(OVER["long_ago"])


def _kept(http: HttpRequest, own: dict[str, str]) -> str:
    """The query that a form must keep: whose inbox it is, and a language chosen in the address."""
    language = http.query_params.get(PARAMETER)
    return urlencode(own | ({PARAMETER: language} if language else {}))


def deciding(reader: StoreReader, door: Door, request: Request) -> Decision | None:
    """The decision that settled a request, None while there is none; while others are still asked, one's own."""
    made = [d for d in reader.find(Decision, request=request.id, order="n") if d.effective]
    holder = door.asked.assignee
    own = [d for d in made if d.by in (door.by, holder.person) or d.on_behalf_of == holder.person]
    return settling(own or made if request.status == "open" else made)
