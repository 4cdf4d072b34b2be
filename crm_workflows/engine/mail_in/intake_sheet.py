"""Takes the workbook that came back with a digest: a row counts where nothing in it, and nothing beside it, is in doubt
(G-10).

What we did not send ourselves is doubt (`sheet_differences`).
What the mail itself says of the same item must not differ. It must not mark mails or answer them (`intake_digest`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.mail.digest import TWICE
from crm_workflows.domain.mail.enclosing import note_beside
from crm_workflows.domain.mail.grammar import why_doubtful
from crm_workflows.domain.mail.incoming import IncomingFile, IncomingMail, UnreadableMail
from crm_workflows.domain.mail.reading import DigestItem, DigestReading
from crm_workflows.domain.messages import CellFinding, DigestResult
from crm_workflows.domain.records import Blob, Decision, Digest, Message
from crm_workflows.domain.sheets import FilledSheet
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.digests import digest_answers
from crm_workflows.engine.digests.digest_answers import By, Listed
from crm_workflows.engine.digests.digest_items import form_of
from crm_workflows.engine.digests.sheet_reading import NOT_OURS, SheetReading, read_sheets

MOST: Final = 4
"""Tables of one mail that are looked into."""
ENDINGS: Final = (".xlsx", ".xlsm", ".xls", ".et", ".ods", ".csv")
SEVERAL: Final = bilingual(
    "邮件附有多个工作簿，不知以哪个为准；请只附一个", "the mail carries several workbooks; attach only one"
)

EMPTY: Final = bilingual(
    "附件里没有填写任何答复；请填好有底色的列再发回",
    "nothing is filled in; fill in the coloured columns and send it back",
)


@dataclass
class FromSheet:
    """What a workbook came to: `why` where nothing at all could be taken from it, else what became of each row."""

    why: str = ""
    results: list[DigestResult] = field(default_factory=list)
    cells: list[CellFinding] = field(default_factory=list)
    seen: frozenset[int] = frozenset()
    """The numbers that a row said anything of."""
    kinds: dict[str, str] = field(default_factory=dict)
    """How each number was read."""


def workbooks_in(mail: IncomingMail) -> list[IncomingFile]:
    """The attached files that are tables."""
    return [file for file in mail.attachments if file.name.lower().endswith(ENDINGS)]


def take(
    engine: Engine, digest: Digest, mail: IncomingMail, body: DigestReading, names: list[str], by: By
) -> FromSheet:
    """Apply the workbook and what the mail itself says, item by item. Raises StoreBusy; the same again does nothing."""
    items = digest_answers.listed(engine, digest)
    try:
        ours = [read for read in _each(engine, mail, items, _sent(engine, digest)) if read.is_ours]
    except (InvalidInput, UnreadableMail) as error:
        return FromSheet(error.message)
    if len(ours) > 1 or not (ours or body.by_number):
        return FromSheet(SEVERAL if ours else NOT_OURS)
    read = ours[0] if ours else SheetReading()  # a price list beside an answer in words is no answer
    _leave_out_what_stands(engine, items, read, by)
    note = engine.apart(note_beside, mail.text, names) if read.decisions else ""
    decisions = _together(body.by_number, read, note)
    results = digest_answers.apply(engine, digest, decisions, by)
    for number, values in sorted(read.forms.items()):
        done, errors = digest_answers.fill_in(engine, digest, items[number], values, by)
        read.findings += read.of_form(number, errors)
        results += [] if errors else [done]
    results.sort(key=lambda result: result.number)
    kinds = {str(n): item.kind for n, item in decisions.items()} | {str(n): "submit" for n in read.forms}
    seen = frozenset([*read.places, *body.by_number])
    if not (seen or read.findings or body.unknown):
        return FromSheet(EMPTY)
    return FromSheet("", results, sorted(read.findings, key=_place), seen, kinds)


def _sent(engine: Engine, digest: Digest) -> list[FilledSheet]:
    """The workbook as it went out with the digest; nothing where none is kept."""
    with engine.store.read() as reader:
        mails = reader.find(Message, case=digest.id, template="digest")
        blobs = [reader.get(Blob, file["sha256"]) for mail in mails for file in mail.attachments]
    return next((engine.workbooks.read(blob.content, digest.id) for blob in blobs if blob is not None), [])


def _each(
    engine: Engine, mail: IncomingMail, items: Mapping[int, Listed], sent: Sequence[FilledSheet]
) -> Iterator[SheetReading]:
    """What each table says; too many are not looked at."""
    books = workbooks_in(mail)
    if len(books) > MOST:
        raise InvalidInput(SEVERAL)
    for book in books:
        sheets = engine.apart(engine.workbooks.read, book.content, book.name)
        yield read_sheets(sheets, sent, items, lambda item: form_of(engine, item.row, item.request))


def _together(body: Mapping[int, DigestItem], read: SheetReading, note: str) -> dict[int, DigestItem]:
    """Two answers to an item must both approve; what the sheet approves beside an unknown note is asked back."""
    said = dict(body)
    for number, written in read.decisions.items():
        is_doubtful = bool(note) and written.kind == "approve"
        item = replace(written, kind="unclear", why=why_doubtful(note)) if is_doubtful else written
        other = said.get(number)
        agrees = other is None or (other.kind == item.kind == "approve")
        said[number] = item if agrees else _twice(number, item.comment)
    for number in (read.doubtful | set(read.forms)) & set(body):
        read.forms.pop(number, None)
        said[number] = _twice(number, body[number].comment)
    return said


def _twice(number: int, comment: str) -> DigestItem:
    return DigestItem((number,), "unclear", None, comment, why=TWICE)


def _leave_out_what_stands(engine: Engine, items: Mapping[int, Listed], read: SheetReading, by: By) -> None:
    """A corrected workbook comes with its good rows once more: what they say has been recorded and needs no word."""
    who = engine.staff.directory().identity(by.address)
    with engine.store.read() as reader:
        for number in [*read.decisions, *read.forms]:
            item = items[number]
            made = reader.find(Decision, request=item.request.id, by=who, effective=True)
            if item.is_open or not made or made[-1].evidence == by.evidence:
                continue
            if number in read.forms or made[-1].decision == read.decisions[number].kind:
                read.decisions.pop(number, None)
                read.forms.pop(number, None)


def _place(finding: CellFinding) -> tuple[str, int, Any]:
    return finding.sheet, finding.row, (len(finding.column), finding.column)
