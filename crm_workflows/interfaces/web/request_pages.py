"""A request for approval: shows what a decision needs, takes one decision, shows the outcome. The engine judges it.

Only a POST with the page's own hidden fields decides; opening a page, however often and by whatever machine, decides
nothing and uses nothing up (mail.md).
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Assignee, CaseRow, Decision
from crm_workflows.domain.records import Request as Asked
from crm_workflows.domain.shown import Attachment, Shown
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.decisions import undoing
from crm_workflows.engine.decisions.answered import Answer, Answered, asked_anew, why_closed
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.mail_in import codes
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader as StoreReader
from crm_workflows.engine.requests.entitlement import entitled
from crm_workflows.engine.running.waiting import sentence_of
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.acting import PARAMETER
from crm_workflows.interfaces.web.doors import Door, deciding, reader_at
from crm_workflows.interfaces.web.posted import Posted
from crm_workflows.interfaces.web.site import Site
from crm_workflows.interfaces.web.words import CHANNELS, DECIDED, DECISIONS, OUTCOMES

CHOOSE: Final = bilingual("请选择一项决定", "please choose a decision")
GIVE_REASON: Final = bilingual("驳回或退回须写明原因", "a rejection or a send-back needs a reason")
CHOOSE_STEP: Final = bilingual("请选择退回到哪一步", "please choose the step to send it back to")
CHOOSE_PERSON: Final = bilingual("请选择一位同事", "please choose a colleague")
ASK_SOMETHING: Final = bilingual("请写明要问的问题", "please write the question that you want to ask")
COLLEAGUE: Final = {"delegate": "person", "add_approver": "added", "ask": "asked", "copy": "copied"}
"""The field of a form that names a colleague, by the verb."""
LONG_COMMENT: Final = 4000
TOO_LONG: Final = bilingual(f"最多 {LONG_COMMENT} 个字符", f"at most {LONG_COMMENT} characters")
CHANGED: Final = bilingual(
    "打开页面之后，本事项的内容有变化，您的答复没有记录；请看过现在的内容后再答复",
    "what this request shows has changed since you opened the page, and nothing was recorded; please look again",
)


def show(site: Site, http: Request, door: Door) -> Response:
    """The page of an approval: the form while it is open, the recorded outcome afterwards."""
    if not door.is_open:
        return outcome_page(site, http, door, 200)
    with site.engine.store.read() as reader:
        entitled(site.engine, door.case, door.request, door.by, reader)
    return _form_page(site, http, door, 200, {}, {})


def decide(site: Site, http: Request, door: Door, posted: Posted) -> Response:
    """Take a decision: 303 to the outcome, 422 with the form when something is missing, 409 when it came too late."""
    form_keys.check(site.office.key, posted, *door.purpose)
    if door.is_open and posted.text("shown") != door.shown:
        return changed(site, http, door, posted)
    part = mails.request_part(
        door.case, door.request, door.asked.assignee, site.engine.procedure_of(door.case), site.engine.staff.directory()
    )
    errors = _errors(posted, [target.rule for target in part.send_back_to], part.can) if door.is_open else {}
    if not errors and posted.text("decision") in codes.DECIDES and _link_alone(site, door):
        errors = {"decision": codes.alone(site.engine, door.asked.assignee)}
    if errors:
        return _form_page(site, http, door, 422, errors, posted.fields)
    decision = posted.text("decision")
    if not door.is_open and decision not in (*part.can, "undo"):
        return outcome_page(site, http, door, 409)
    to = posted.text({"send_back": "to", **COLLEAGUE}.get(decision, "")) or None
    to = f"{posted.text('changed')}={posted.text('value')}" if decision == "change" else to
    comment, place = posted.text("comment")[:LONG_COMMENT], posted.text("place") or "beside"
    given = Answer(decision, door.by, door.channel, comment, to, place=place)
    try:
        done = answer(site.engine, door.request.id, given)
    except InvalidInput as error:
        if not door.is_open:
            return outcome_page(site, http, door, 409, late=error.message)
        return _form_page(site, http, door, 422, {"": error.message}, posted.fields)
    if done.decision in ("delegate", "undo"):
        return _passed_on(site, http, door, done)
    if done.effective:
        return RedirectResponse(door.address, 303)
    return outcome_page(site, http, door, 409)


def changed(site: Site, http: Request, door: Door, posted: Posted) -> Response:
    """409 with what it shows now, for an answer to what it showed before (G-6)."""
    return _form_page(site, http, door, 409, {"": CHANGED}, posted.fields)


def _passed_on(site: Site, http: Request, door: Door, done: Answered) -> Response:
    """That somebody else decides now; the link itself is over for whoever passed it on."""
    return site.page(
        http, "passed_on.html", reader_at(site, http, door), case=door.case, door=door, sentence=done.sentence,
        follows=done.follows, with_nav=door.channel == "page", section="inbox",
    )  # fmt: skip


def _link_alone(site: Site, door: Door) -> bool:
    """Whether nothing but the link speaks for whoever opened the page, for what takes more (mail.md, Who)."""
    return door.is_open and door.channel == "link" and codes.is_needed(site.engine, door.request)


def _inside(site: Site, door: Door) -> str:
    """The address at which they decide as themselves; empty where the link does, and for people outside."""
    if not _link_alone(site, door) or door.asked.assignee.is_outside:
        return ""
    return f"/inbox/{door.request.id}" + ("" if site.office.settings.sign_in else f"?{urlencode({PARAMETER: door.by})}")


def _errors(posted: Posted, targets: list[str], can: tuple[str, ...]) -> dict[str, str]:
    decision, comment = posted.text("decision"), posted.text("comment")
    if decision not in can:
        return {"decision": CHOOSE}
    errors: dict[str, str] = {}
    if decision == "send_back" and posted.text("to") not in targets:
        errors["to"] = CHOOSE_STEP
    field = COLLEAGUE.get(decision, "")
    if decision in ("delegate", "add_approver", "copy") and not posted.text(field):
        errors[field] = CHOOSE_PERSON
    if decision in ("reject", "send_back", "ask") and not comment:
        errors["comment"] = ASK_SOMETHING if decision == "ask" else GIVE_REASON
    elif len(comment) > LONG_COMMENT:
        errors["comment"] = TOO_LONG
    return errors


def _form_page(
    site: Site, http: Request, door: Door, status: int, errors: Mapping[str, str], typed: Mapping[str, list[str]]
) -> Response:
    reader = reader_at(site, http, door)
    people = [p for p in site.office.staff.directory() if p.active and p.email not in (door.by, door.case.requester)]
    return site.page(
        http, "request.html", reader, status=status, errors=errors, typed=typed, decisions=DECISIONS, people=people,
        colleague=COLLEAGUE, inside=_inside(site, door),
        alone=codes.alone(site.engine, door.asked.assignee) if _link_alone(site, door) else "",
        **request_part(site, door, reader.language),
    )  # fmt: skip


def request_part(site: Site, door: Door, language: str) -> dict[str, Any]:
    """What every page of a request shows, whatever its kind: the same as its mail."""
    procedure = site.engine.procedure_of(door.case)
    directory = site.engine.staff.directory()
    with site.engine.store.read() as reader:
        asked = reader.find(Assignee, request=door.request.id, is_active=True)
    part = mails.request_part(door.case, door.request, door.asked.assignee, procedure, directory, language, asked)
    return {
        "door": door,
        "case": door.case,
        "process": procedure.title,
        "asked": part,
        "assignee": door.asked.assignee,
        "assignee_name": site.name(door.asked.assignee.person, language, door.asked.assignee.name),
        "files": Shown.from_json(door.request.shows).attachments,
        "hidden": form_keys.hidden(site.office.key, *door.purpose) | {"shown": door.shown},
        "with_nav": door.channel == "page",
        "section": "inbox",
    }  # fmt: skip


def outcome_page(site: Site, http: Request, door: Door, status: int, **more: Any) -> Response:
    """What was recorded, by whom, and what follows; with 409 for somebody whose answer came too late."""
    reader_ = reader_at(site, http, door)
    with site.engine.store.read() as reader:
        request = reader.get(type(door.request), door.request.id) or door.request
        decided = deciding(reader, door, request)
        row = reader.get(type(door.case), door.case.code) or door.case
        follows = "" if door.asked.assignee.is_outside else _follows(site, reader, row)
        undo_until = None
        if request.kind == "approval":
            undo_until = undoing.until(site.engine, reader, row, request, _identity(site, door))
        late = _why_late(site, reader, request, decided) if status == 409 else ""
    context: dict[str, Any] = {
        "decided": decided,
        "decided_by": site.name(decided.by, reader_.language) if decided and decided.channel != "silence" else "",
        "on_behalf_of": site.name(decided.on_behalf_of, reader_.language) if decided and decided.on_behalf_of else "",
        "is_mine": bool(decided) and decided is not None and decided.by == door.by,
        "follows": follows,
        "late": late,
        "decided_words": DECIDED,
        "channels": CHANNELS,
        "answers": [],
        "undo_until": undo_until,
    }
    return site.page(
        http,
        "outcome.html",
        reader_,
        status=status,
        **request_part(site, door, reader_.language),
        **{**context, **more},
    )


def _identity(site: Site, door: Door) -> str:
    return site.office.staff.directory().identity(door.by)


def _follows(site: Site, reader: StoreReader, row: CaseRow) -> str:
    """What the case waits for now, or how it ended."""
    if row.status != "closed":
        return sentence_of(site.engine, reader, row)
    outcome = OUTCOMES.get(row.outcome or "", row.outcome or "")
    zh, en = in_language(outcome, "zh"), in_language(outcome, "en").lower()
    return bilingual(f"案件已结束：{zh}", f"the case is closed: {en}")


def attachment(door: Door, sha256: str) -> Attachment | None:
    """The file that this request shows under that hash; None for any other."""
    files = Shown.from_json(door.request.shows).attachments
    return next((file for file in files if file.sha256 == sha256), None)


def _why_late(site: Site, reader: StoreReader, request: Asked, decided: Decision | None) -> str:
    anew = asked_anew(reader, request)
    return why_closed(site.engine, request, [decided] if decided else [], anew=anew)[0]
