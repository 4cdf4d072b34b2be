"""The report of a month as a file: csv, html or pdf, for command and page alike (RP-1). It measures nothing."""

import io
from collections.abc import Iterable, Sequence
from typing import Final

from crm_workflows.adapters.documents.spreadsheets import new_csv
from crm_workflows.bootstrap import Office
from crm_workflows.business.figures import document, said
from crm_workflows.business.figures.behind import Behind
from crm_workflows.business.figures.reporting import ProcessReport
from crm_workflows.business.figures.said_lines import headings, lines
from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.report import as_html
from crm_workflows.domain.text import bilingual, in_language

MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
MOST_IN_FILE: Final = 50_000
"""Lines behind a figure; of a larger register the first of them."""
NO_PDF: Final = bilingual(
    "此处不能生成 PDF：请安装附加组件 pdf 和中文字体，或改用 html",
    "no PDF can be made here: install the extra pdf and a Chinese font, or take html",
)


def content(office: Office, reports: Sequence[ProcessReport], how: str, language: str) -> bytes:
    """The file; raises NotFound where no PDF can be made. A table is in one language, a document in both."""
    directory = office.staff.directory()
    if how == "csv":
        return _table(office, reports, language)
    made = document.document(reports, in_language(directory.company, language))
    if how == "html":
        return as_html(made).encode()
    printed = office.engine.printer.pdf(made, office.clock.now())
    if printed is None:
        raise NotFound(NO_PDF)
    return printed


def _table(office: Office, reports: Sequence[ProcessReport], language: str) -> bytes:
    directory = office.staff.directory()
    rows = (row for one in reports for row in said.rows(one, directory, language))
    return _csv((*said.HEADINGS, reports[0].month.BEFORE), rows, language)


def lines_as_csv(office: Office, found: Behind, language: str) -> bytes:
    """What a figure counts, a line each."""
    rows = lines(found, office.staff.directory(), language, office.staff.calendar().zone)
    return _csv(headings(found), rows, language)


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]], language: str) -> bytes:
    text = io.StringIO(newline="")
    with new_csv(text, [in_language(heading, language) for heading in heads]) as write:
        for row in rows:
            write(row)
    return text.getvalue().encode("utf-8-sig")
