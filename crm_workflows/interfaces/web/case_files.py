"""The files of a case, each once: reports that requests showed, and what was handed in. It must not hand them out."""

from dataclasses import dataclass

from crm_workflows.domain.records import CaseRow, Document, Request
from crm_workflows.domain.shown import Shown
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests.request_order import place_of
from crm_workflows.engine.running.opening import BROUGHT
from crm_workflows.engine.views.view_titles import BROUGHT_TITLE
from crm_workflows.engine.views.views import when_received
from crm_workflows.interfaces.web.timeline import kind_titles


@dataclass(frozen=True)
class CaseFile:
    """A file as the page of its case lists it; `label` is bilingual and says what it is, `size` is 0 where unknown."""

    sha256: str
    filename: str
    label: str
    size: int = 0
    taken: bool = True
    """False for a file that was refused when it came in: kept, but never shown by a browser."""


def files_of(reader: Reader, procedure: Procedure, row: CaseRow) -> list[CaseFile]:
    """Reports first, the latest at the top, then papers in the order in which they came."""
    titles = kind_titles(procedure)
    handed_in: dict[str, CaseFile] = {}
    for d in sorted(reader.find(Document, case=row.code), key=when_received):
        label = BROUGHT_TITLE if d.kind == BROUGHT else titles.get(d.kind, "")
        if d.sha256 not in handed_in or d.problem is None:
            handed_in[d.sha256] = CaseFile(d.sha256, d.filename, label, d.size, d.problem is None)
    reports: dict[str, CaseFile] = {}
    requests = sorted(reader.find(Request, case=row.code), key=lambda request: place_of(request.id), reverse=True)
    for request in requests:
        for file in Shown.from_json(request.shows).attachments:
            if file.sha256 not in handed_in:
                label = bilingual(f"报告 · 第 {request.round} 轮", f"Report · round {request.round}")
                reports[file.sha256] = CaseFile(file.sha256, file.filename, label)
    return [*reports.values(), *handed_in.values()]
