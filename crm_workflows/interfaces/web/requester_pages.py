"""The requester's own page of a case: whom it waits for, reminding them, recalling it. The engine judges."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.verbs import VERBS
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.decisions.requesting import spoken_to
from crm_workflows.engine.views import views
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.doors import Door, reader_at
from crm_workflows.interfaces.web.posted import Posted
from crm_workflows.interfaces.web.request_pages import CHOOSE, LONG_COMMENT
from crm_workflows.interfaces.web.site import Site

OFFERED: Final = tuple(verb for verb in VERBS.values() if verb.by == "requester")
EFFECTS: Final = {
    "remind": bilingual("给正在办理的人发一封催办邮件", "those who are asked get a mail that reminds them"),
    "recall": bilingual(
        "在作出决定之前撤回：回到您填写的上一张表单；没有表单时案件以“已撤回”结束",
        "before it is decided: back to the form that you filled in last; without one the case ends as withdrawn",
    ),
}


def show(site: Site, http: Request, door: Door) -> Response:
    """Whom the case waits for, and what the requester can say."""
    return _page(site, http, door, 200, {}, {})


def take(site: Site, http: Request, door: Door, posted: Posted) -> Response:
    """Take a word of the requester: 422 with the form when it cannot be done, with why."""
    form_keys.check(site.office.key, posted, *door.purpose)
    verb = posted.text("decision")
    if verb not in {offered.word for offered in OFFERED}:
        return _page(site, http, door, 422, {"decision": CHOOSE}, posted.fields)
    try:
        with site.engine.store.read() as reader:
            request = spoken_to(reader, door.case.code)
        given = Answer(verb, door.by, door.channel, posted.text("comment")[:LONG_COMMENT])
        done = answer(site.engine, request.id, given)
    except InvalidInput as error:
        return _page(site, http, door, 422, {"": error.message}, posted.fields)
    return site.page(
        http, "passed_on.html", reader_at(site, http, door), case=door.case, door=door, sentence=done.sentence,
        follows=done.follows, with_nav=door.channel == "page", section="inbox",
    )  # fmt: skip


def _page(
    site: Site, http: Request, door: Door, status: int, errors: Mapping[str, str], typed: Mapping[str, list[str]]
) -> Response:
    view = views.case_view(site.engine, door.case.code)
    return site.page(
        http, "requester.html", reader_at(site, http, door), status=status, case=door.case, door=door, errors=errors,
        typed=typed, offered=OFFERED, effects=EFFECTS, waiting=[i for i in view["waiting_for"] if i["assignee"]],
        names=site.name, process=site.engine.title_of(door.case),
        hidden=form_keys.hidden(site.office.key, *door.purpose), with_nav=door.channel == "page", section="inbox",
    )  # fmt: skip
