"""Rounds of callbacks as a page (CB-2): the list, a form that shows whom a round would call, then saving it.

Looking at a round changes nothing; only a posted form does. It holds no rules.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.business import calling, round_faults, rounds
from crm_workflows.business.tiering import TIERS
from crm_workflows.domain.errors import InvalidInput, Refused
from crm_workflows.domain.records import Round
from crm_workflows.domain.recurrence_choices import GROUPS, OTHER, choice_of, rule_of
from crm_workflows.domain.recurrence_words import in_words
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.acting import acting, choosable, myself, remembered
from crm_workflows.interfaces.web.overview_pages import choice_labels
from crm_workflows.interfaces.web.posted import Posted, posting
from crm_workflows.interfaces.web.site import Site, site_of

LONGEST: Final = 2000
PLAIN: Final = ("title", "cron", "zone", "questions", "does")
DAYS: Final = ("valid_from", "valid_to")
CHOICES: Final = ("tier", "region", "owner", "industry", "tag", "silent_days")
ASKED: Final = ("by", "code", "edition", *PLAIN, *DAYS, *CHOICES)
CHOSEN: Final = ("days", "at")
"""The usual rules, which need not be written (`recurrence_choices`)."""
SHOWN_AT_MOST: Final = 20
CHANGES: Final = {"pause": rounds.pause, "resume": rounds.resume, "remove": rounds.remove}
REQUIRED: Final = ("by", "title")
USUAL: Final = "workday 09:00"


def schedules(request: Request) -> Response:
    """GET: the rounds; with a rule in the query also whom it would call in the next 30 days, before it is saved."""
    site = site_of(request)
    asked = {name: request.query_params.get(name, "").replace("\0", "").strip()[:LONGEST] for name in ASKED}
    edited = _round(site, asked["code"]) if asked["code"] else None
    if edited is not None:
        asked["edition"] = asked["edition"] or str(edited.edition)
    chosen = {name: request.query_params.get(name, "").replace("\0", "").strip()[:LONGEST] for name in CHOSEN}
    if edited is not None and not (asked["cron"] or chosen["days"]):
        asked |= _values_of(edited)
    me = myself()
    asked["by"] = me.email if me else asked["by"] or (_an_admin(request, edited) if edited else "")
    ahead, wrong = None, None
    if asked["cron"] or chosen["days"]:
        try:
            ahead = rounds.preview(site.engine, _chosen(site, asked, chosen))
        except Refused as refused:
            wrong = refused
    return _page(request, 422 if wrong else 200, asked, ahead, wrong, chosen if wrong else None)


def submit(request: Request, posted: Posted) -> Response:
    """POST: keeps what the preview has shown, or pauses, resumes or removes a round; then back to the list."""
    site = site_of(request)
    form_keys.check(site.office.key, posted, "schedules")
    asked = {name: posted.text(name)[:LONGEST] for name in ASKED}
    asked["by"] = acting(request, asked["by"])
    change = posted.text("change")
    try:
        if change in CHANGES:
            CHANGES[change](site.engine, asked["code"], asked["by"], seen=_seen(asked))
        else:
            rounds.save(site.engine, _draft(site, asked))
    except Refused as refused:
        return _page(request, 422, asked, None, refused)
    return RedirectResponse("/schedules", 303)


def _seen(asked: Mapping[str, str]) -> int | None:
    """The edition that the page has shown; None for an address that names none."""
    return int(asked["edition"]) if asked["edition"].isascii() and asked["edition"].isdigit() else None


def _draft(site: Site, asked: Mapping[str, str]) -> Round:
    before = _round(site, asked["code"]) if asked["code"] else None
    given: dict[str, Any] = {name: asked[name] for name in PLAIN if asked[name] or name in ("questions", "does")}
    given |= {name: asked[name] or None for name in DAYS}
    chooses: dict[str, Any] = {name: asked[name] for name in CHOICES if asked[name]}
    days = chooses.get("silent_days", "")
    if days.isascii() and days.isdigit():
        chooses["silent_days"] = int(days)
    return rounds.draft(site.engine, asked["by"], before, seen=_seen(asked), **given, chooses=chooses)


def _chosen(site: Site, asked: dict[str, str], chosen: Mapping[str, str]) -> Round:
    """By the usual rule that was chosen, unless one is written; raises InvalidInput of all that is wrong."""
    wrong: dict[str, str] = {}
    try:
        asked["cron"] = rule_of(chosen["days"], chosen["at"], asked["cron"])
    except InvalidInput as refused:
        wrong["days"] = refused.message
    try:
        draft = _draft(site, asked | ({"cron": USUAL} if wrong else {}))
    except InvalidInput as refused:
        round_faults.refuse(wrong | refused.fields)
        raise
    round_faults.refuse(wrong)
    return draft


def _an_admin(request: Request, edited: Round) -> str:
    """Whom the form opens with: whom this browser acts for, or who changed the round last, if an admin; else any.

    The morning round was made by nobody who could change it.
    """
    admins = choosable(site_of(request).office.staff.directory().with_role("admin"))
    likely = [p.email for name in (remembered(request), edited.changed_by) for p in admins if name in p.emails]
    return next(iter([*likely, *(p.email for p in admins)]), "")


def _round(site: Site, code: str) -> Round:
    return rounds.found(site.engine, code)


def _values_of(one: Round) -> dict[str, str]:
    """What stands in the form when a round is edited."""
    plain = {name: str(getattr(one, name) or "") for name in (*PLAIN, *DAYS, "edition")}
    return plain | {name: str(value) for name, value in (one.chooses or {}).items()}


def _page(
    request: Request,
    status: int,
    asked: Mapping[str, str],
    ahead: rounds.Preview | None,
    wrong: Refused | None,
    chosen: Mapping[str, str] | None = None,
) -> Response:
    site = site_of(request)
    days, at = choice_of(asked["cron"] or USUAL)
    if chosen and chosen["days"]:
        days, at = chosen["days"], chosen["at"]
    with site.engine.store.read() as reader:
        found = reader.find(Round, order="code")
        runs = {code: calling.said_of(run) for code, run in calling.last_runs(reader, [r.code for r in found]).items()}
        waiting, known_tags = reader.waiting_by_owner(), round_faults.tags_known(reader)
    directory = site.office.staff.directory()
    who = directory.person(asked["by"] or remembered(request))
    more = ahead.many - len(ahead.customers) if ahead else 0
    later = len(ahead.occurrences) - SHOWN_AT_MOST if ahead else 0
    return site.page(
        request, "schedules.html", status=status, section="schedules", rounds=found, runs=runs,
        waiting=waiting, asked=asked, ahead=ahead, error=wrong.message if wrong else "",
        errors=getattr(wrong, "fields", {}), tags=known_tags, directory=directory,
        admins=choosable(directory.with_role("admin")),
        people=[p for p in directory if p.active], tiers=TIERS, acting=who.email if who else "",
        industries=choice_labels(site.engine).get("industry", {}),
        hidden=form_keys.hidden(site.office.key, "schedules"),
        acting_is_admin=who is not None and "admin" in who.roles,
        zone=site.engine.staff.calendar().zone, most=SHOWN_AT_MOST, fields=ASKED, required=REQUIRED,
        days=days, at=at, groups=GROUPS, other=OTHER, title_in=rounds.title_in, in_words=in_words,
        left_out=calling.left_out(ahead.not_called) if ahead else "",
        later=bilingual(f"另有 {later} 次", f"{later} more") if later > 0 else "",
        more=bilingual(f"另有 {more} 家", f"{more} more") if more > 0 else "",
    )  # fmt: skip


ROUTES: Final = [
    Route("/schedules", schedules, methods=["GET"]),
    Route("/schedules", posting(submit), methods=["POST"]),
]
