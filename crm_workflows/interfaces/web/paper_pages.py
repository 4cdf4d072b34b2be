"""Papers asked for: shows what is here and what is missing, and takes files, also from the contact outside the company.

Which kind a file is, its sender chooses by the place of upload, or its name says. It must not open files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crm_workflows.domain.elements import Papers
from crm_workflows.domain.records import Document
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.requests.entitlement import may_hand_in
from crm_workflows.engine.requests.papers import hand_in
from crm_workflows.interfaces.web import form_keys
from crm_workflows.interfaces.web.doors import Door, reader_at
from crm_workflows.interfaces.web.posted import Posted
from crm_workflows.interfaces.web.request_pages import outcome_page, request_part
from crm_workflows.interfaces.web.site import Site

NO_FILE = bilingual("请选择要上传的文件", "please choose the files to upload")
PREFIX = "file."


def show(site: Site, http: Request, door: Door) -> Response:
    """The upload form with the state of each kind; the list of what was received once all is here."""
    if not door.is_open:
        return outcome_page(site, http, door, 200, **_state(site, door))
    with site.engine.store.read() as reader:
        may_hand_in(site.engine, door.case, door.request, door.by, reader)
    return _form_page(site, http, door, 200, {})


def upload(site: Site, http: Request, door: Door, posted: Posted) -> Response:
    """Take files: 303 back to the page, which shows what became of each.

    409 once the collection is complete, 410 once it is over; the files are kept for the owner even then.
    """
    form_keys.check(site.office.key, posted, *door.purpose)
    papers = _papers(site, door)
    files = []
    for name, file in posted.files:
        paper = papers.paper(name.removeprefix(PREFIX))
        files.append(replace(file, kind=paper.kind if paper else None))
    if not files:
        return _form_page(site, http, door, 422, {"": NO_FILE})
    handed = hand_in(site.engine, door.request.id, files, by=door.by, channel=door.channel)
    if handed.late:
        return outcome_page(site, http, door, 409 if door.request.status == "decided" else 410, **_state(site, door))
    return RedirectResponse(door.address, 303)


def _papers(site: Site, door: Door) -> Papers:
    return site.engine.procedure_of(door.case).element(door.request.name)  # type: ignore[no-any-return]


def _form_page(site: Site, http: Request, door: Door, status: int, errors: Mapping[str, str]) -> Response:
    reader = reader_at(site, http, door)
    return site.page(
        http, "papers.html", reader, status=status, errors=errors, **request_part(site, door, reader.language),
        **_state(site, door),
    )  # fmt: skip


def _state(site: Site, door: Door) -> dict[str, Any]:
    """Each kind asked for with the files taken for it, and the files of this request that were not taken."""
    papers = _papers(site, door)
    with site.engine.store.read() as reader:
        rows: Sequence[Document] = reader.find(Document, request=door.request.id, order="n")
    taken = [d for d in rows if d.problem is None]
    kinds = [
        {"paper": paper, "files": [d for d in taken if d.kind == paper.kind]}
        for paper in papers.asked(door.request.shows)
    ]
    here = {document.sha256 for document in taken}
    problems = {d.filename: d for d in rows if d.problem is not None and d.sha256 not in here}
    resolved = {d.filename for d in taken}
    return {"kinds": kinds, "problems": [d for name, d in problems.items() if name not in resolved], "prefix": PREFIX}
