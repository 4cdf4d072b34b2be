"""The digest of a morning as a page: what it lists as it stands now, and one form that answers all of it (G-10).

Opening it decides nothing; a posted form does, item by item as a reply would. It holds no rule of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast
from urllib.parse import urlencode

from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.domain.errors import Expired, NotEntitled, NotFound
from crm_workflows.domain.mail.reading import DigestItem, ReadingKind
from crm_workflows.domain.messages import DigestPart
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Decision, Digest
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.decisions.answered import settling
from crm_workflows.engine.digests import digest_answers, digest_items, digests
from crm_workflows.engine.digests.digest_answers import Listed
from crm_workflows.engine.mail_in import codes
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.doors import NO_LINK, OVER, SHOWN_AFTERWARDS, TOKEN
from crm_workflows.interfaces.web.language import PARAMETER, language_of
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.rendering import Reader
from crm_workflows.interfaces.web.request_pages import GIVE_REASON, LONG_COMMENT, TOO_LONG
from crm_workflows.interfaces.web.site import Site, site_of
from crm_workflows.interfaces.web.words import DECIDED, DECISIONS

CHOICES: Final = ("approve", "reject")
ALL: Final = "all"
CHOOSE: Final = bilingual("请至少选择一项决定", "please choose at least one decision")
GONE: Final = bilingual(
    "您已不在人员名册中，不能再以此链接办理", "you are no longer among the staff, and this link is of no use to you"
)
NO_ITEM: Final = bilingual("这份每日待办没有这个编号", "the digest has no such number")


@dataclass(frozen=True)
class _Door:
    """A digest as the person behind its link meets it."""

    digest: Digest
    person: Person
    token: str

    @property
    def purpose(self) -> tuple[str, ...]:
        """What a form on this page may do; part of its MAC."""
        return ("digest", self.digest.id, self.digest.nonce)


@dataclass(frozen=True)
class _Line:
    """One item on the page: what it shows, and whether the form asks for it; `state` is a label where it does not."""

    part: DigestPart
    asks: bool
    state: str
    is_done: bool


def show(http: HttpRequest) -> Response:
    """GET and HEAD: the items as they stand; changes nothing."""
    site = site_of(http)
    return _page(site, http, _door(site, http), 200)


def take(http: HttpRequest, posted: Posted) -> Response:
    """POST: the decisions that were chosen; 303 back when all are recorded, 409 with the others' causes, else 422."""
    site = site_of(http)
    door = _door(site, http)
    form_keys.check(site.office.key, posted, *door.purpose)
    items = digest_answers.listed(site.engine, door.digest)
    said = _said(posted, items)
    errors = _errors(said)
    if errors:
        return _page(site, http, door, 422, errors=errors, typed=posted.fields)
    by = digest_answers.By(door.person.email, "link", door.digest.id, partial(codes.is_needed, site.engine))
    results = digest_answers.apply(site.engine, door.digest, said, by)
    notes = {result.number: result.said for result in results if not result.is_applied}
    if notes:
        return _page(site, http, door, 409, notes=notes)
    return RedirectResponse(http.url.path + _query(http), 303)


def item(http: HttpRequest) -> Response:
    """GET of one number: on to the page of that request alone."""
    site = site_of(http)
    door = _door(site, http)
    found = digest_answers.listed(site.engine, door.digest).get(http.path_params["number"])
    if found is None:
        raise NotFound(NO_ITEM)
    return RedirectResponse(_own_page(site, found), 303)


def stop(http: HttpRequest, _posted: Posted) -> Response:
    """POST of the mail header List-Unsubscribe (RFC 8058), without hidden fields: no more digests, no decision."""
    site = site_of(http)
    door = _door(site, http)
    with site.engine.store.write() as tx:
        digests.stop(tx, door.digest.person, site.office.clock.now())
    return _page(site, http, door, 200, has_stopped=True)


def _door(site: Site, http: HttpRequest) -> _Door:
    """The digest of a link; NotFound for an unknown one, Expired long after, NotEntitled for who has left."""
    token = str(http.path_params["token"])
    digest = None
    if TOKEN.fullmatch(token):
        with site.engine.store.read() as reader:
            digest = next(iter(reader.find(Digest, token_hash=hash_of_secret(token))), None)
    if digest is None:
        raise NotFound(NO_LINK)
    if site.office.clock.now() - digest.made_at > SHOWN_AFTERWARDS:
        raise Expired(OVER["long_ago"])
    person = site.office.staff.directory().person(digest.person)
    if person is None or not person.active:
        raise NotEntitled(GONE)
    return _Door(digest, person, token)


def _said(posted: Posted, items: Mapping[int, Listed]) -> dict[int, DigestItem]:
    """What the form says of each number; the button for all, of every item that a word decides."""
    said: dict[int, DigestItem] = {}
    for number, one in items.items():
        chosen = posted.text(f"decision-{number}")
        if posted.text(ALL) and one.is_open and not one.held and not one.has_changed:
            chosen = "approve"
        if chosen in CHOICES:
            comment = posted.text(f"comment-{number}")
            said[number] = DigestItem((number,), cast(ReadingKind, chosen), None, comment)
    return said


def _errors(said: Mapping[int, DigestItem]) -> dict[str, str]:
    if not said:
        return {"": CHOOSE}
    bare = {f"comment-{n}": GIVE_REASON for n, one in said.items() if one.kind == "reject" and not one.comment}
    return bare | {f"comment-{n}": TOO_LONG for n, one in said.items() if len(one.comment) > LONG_COMMENT}


def _own_page(site: Site, one: Listed) -> str:
    """The address of the request's own page for the person of this digest, who has it in a mail of its own too."""
    token = site.engine.secrets.token(
        one.request.id, one.assignee.person, one.request.revision, one.assignee.nonce
    )  # fmt: skip
    return f"/{'r' if one.request.kind == 'approval' else 't'}/{token}"


def _page(site: Site, http: HttpRequest, door: _Door, status: int, **more: Any) -> Response:
    calendar = site.office.staff.calendar()
    reader = Reader(language_of(http, door.person.language), door.person.zone or calendar.zone)
    items = digest_answers.listed(site.engine, door.digest)
    lines = [_line(site, one, reader.language) for one in items.values()]
    given: dict[str, Any] = {"errors": {}, "typed": {}, "notes": {}, "has_stopped": False}
    return site.page(
        http, "digest.html", reader, status=status, lines=lines, digest=door.digest, person=door.person, with_nav=False,
        address=f"/d/{door.token}", query=_query(http),
        hidden=form_keys.hidden(site.office.key, *door.purpose), decisions=DECISIONS, **{**given, **more},
    )  # fmt: skip


def _query(http: HttpRequest) -> str:
    """What the form keeps of the address: a language chosen in it."""
    language = http.query_params.get(PARAMETER)
    return "?" + urlencode({PARAMETER: language}) if language else ""


def _line(site: Site, one: Listed, language: str) -> _Line:
    waiting = digest_items.Waiting(one.row, one.request, one.assignee, one.held)
    part = digest_items.part_of(site.engine, one.number, waiting, language, site.office.clock.now())
    if not one.is_open:
        return _Line(part, asks=False, state=_settled(site, one, language), is_done=True)
    if one.has_changed:
        return _Line(part, asks=False, state=digest_answers.CHANGED_SINCE, is_done=False)
    return _Line(part, asks=not one.held, state=one.held, is_done=False)


def _settled(site: Site, one: Listed, language: str) -> str:
    """How it was decided and by whom, as a label."""
    with site.engine.store.read() as reader:
        made = reader.find(Decision, request=one.request.id, order="n")
    decided = settling(made)
    if decided is None:
        return OVER.get(one.request.status, OVER["superseded"])
    word = DECIDED.get(decided.decision, decided.decision)
    by = site.name(decided.by, language) if decided.channel != "silence" else ""
    return " / ".join(f"{part}：{by}" if by else part for part in word.split(" / "))


ROUTES: Final = [
    Route("/d/{token}", show, methods=["GET"]),
    Route("/d/{token}", posting(take), methods=["POST"]),
    Route("/d/{token}/stop", posting(stop), methods=["POST"]),
    Route("/d/{token}/{number:int}", item, methods=["GET"]),
]
