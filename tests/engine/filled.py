"""Fills in the workbook that came with a digest, as a person would in a spreadsheet program, and sends it back."""

import io
from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook, load_workbook

from crm_workflows.adapters.documents.workbooks import XlsxWorkbooks
from crm_workflows.domain.records import Blob, Message
from crm_workflows.engine.digests import digests
from crm_workflows.engine.digests.digest_sheet import MEDIA_TYPE
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.requests.files import File
from tests.office import Office

Cells = Mapping[str, Mapping[str, Any]]
"""Request id -> heading -> what is typed."""


def with_workbooks(office: Office) -> Office:
    """The same office, whose digests carry workbooks."""
    object.__setattr__(office.engine, "workbooks", XlsxWorkbooks())
    return office


def morning(office: Office, to: str) -> Message:
    """The digest of this morning."""
    digests.make_due(office.engine)
    return office.mails("digest", to=to)[-1]


def workbook_of(office: Office, mail: Message) -> Workbook:
    """The attached workbook, opened."""
    (file,) = mail.attachments
    with office.engine.store.read() as reader:
        blob = reader.get(Blob, file["sha256"])
    assert blob is not None
    assert file["filename"].endswith(".xlsx")
    return load_workbook(io.BytesIO(blob.content))


def fill(book: Workbook, cells: Cells) -> Workbook:
    """Type into the rows of these requests, under these headings."""
    left = dict(cells)
    for sheet in book.worksheets:
        at = {cell.value: n for n, cell in enumerate(sheet[1], start=1)}
        for n, row in enumerate(sheet.iter_rows(min_row=2), start=2):
            identity = str(row[-1].value)
            for heading, value in left.pop(identity, {}).items():
                sheet.cell(n, at[heading], value)
    assert not left, "every request has its row"
    return book


def sent_back(
    office: Office, mail: Message, book: Workbook, text: str = "", *, n: int = 1, sender: str | None = None
) -> dict[str, Any]:
    """Reply with the workbook; what the one mail that answers says."""
    target = io.BytesIO()
    book.save(target)
    file = File("待办.xlsx", MEDIA_TYPE, target.getvalue())
    before = {told.id for told in office.mails("digest_answer")}
    raw = office.reply_bytes(mail, text, sender=sender, files=[file], n=n)
    intake.take_in(office.engine, raw, "test", sender)
    (told,) = [one for one in office.mails("digest_answer") if one.id not in before]
    return dict(told.context)
