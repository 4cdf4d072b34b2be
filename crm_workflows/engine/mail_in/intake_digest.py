"""Takes the reply to a digest: applies it item by item, then marks the mail and queues the one mail that answers it.

A process that dies in between leaves the mail as it came: whoever takes it up again finds the items that were applied
by this very mail. It must not fetch or parse mails.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from crm_workflows.domain.mail.digest_forms import read_with_forms
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.mail.reading import DigestReading
from crm_workflows.domain.messages import DigestAnswer, DigestResult
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Digest, InboundMail, Message
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.digests import digest_answers, digest_items, digests
from crm_workflows.engine.mail_in import codes, intake_sheet, senders
from crm_workflows.engine.mail_in.intake_reading import LARGEST_DECISION, TOO_LARGE
from crm_workflows.engine.mail_in.intake_sheet import FromSheet
from crm_workflows.engine.mail_in.intake_writer import AlreadyTaken
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction

MOST_WITHOUT_EFFECT: Final = 10
"""Answers to mails of which nothing was applied, for one digest: two machines that answer each other come to an end."""
NOT_YOURS: Final = bilingual(
    "这封邮件回复的是他人的每日待办，没有记录；请回复您自己收到的邮件",
    "it answers somebody else's digest, and nothing was recorded; please answer the mail that you got",
)
FROM_ELSEWHERE: Final = bilingual(
    "回复来自另一个地址，不能代您答复", "it came from another address, which cannot answer for you"
)
STOPPED: Final = bilingual("已停发每日待办", "digests were stopped")


@dataclass(frozen=True)
class _Taken:
    """What a mail came to: its mark, what is told of it, and what was read."""

    status: str
    why: str
    results: tuple[DigestResult, ...] = ()
    reading: DigestReading | None = None
    sheet: FromSheet = field(default_factory=FromSheet)


@carries_out("G-10")
def take(engine: Engine, digest: Digest, row: InboundMail, mail: IncomingMail) -> None:
    """Apply a mail that carries the secret of that digest. Raises AlreadyTaken when another process was first."""
    directory = engine.staff.directory()
    writer = directory.person(mail.sender)
    if mail.sender is None:
        _refused(engine, digest, row, mail, mail.sender_problem, None)
    elif doubt := senders.doubt(row):
        _refused(engine, digest, row, mail, doubt, None)
    elif writer is None or not _may(engine, digest, writer):
        _refused(engine, digest, row, mail, FROM_ELSEWHERE, writer)
    else:
        _close(engine, digest, row, mail, writer, _applied(engine, digest, row, mail, writer))


def too_large(engine: Engine, tx: Transaction, digest: Digest, row: InboundMail, mail: IncomingMail, why: str) -> None:
    """Tell whoever may answer the digest that a mail was not fetched; of somebody else's is told as of a small one."""
    writer = engine.staff.directory().person(mail.sender)
    if mail.sender is not None and writer is not None and _may(engine, digest, writer):
        if _may_explain(tx, digest):
            _tell(engine, tx, digest, row, mail, writer, reason=why)
    elif row.status == "unclear":
        why = mail.sender_problem or FROM_ELSEWHERE
        tx.update(InboundMail, (row.id,), status="refused", why=why)
        _tell_of_another(engine, tx, digest, row, mail, why, writer)


def _may(engine: Engine, digest: Digest, writer: Person) -> bool:
    """The person it was made for, or who stands in for them today, while they are here; each item is judged after."""
    today = engine.today(engine.clock.now())
    deputies = engine.staff.directory().deputies_of(digest.person, today)
    is_own = engine.staff.directory().identity(digest.person) == writer.email
    return writer.active and (is_own or writer in deputies)


def _applied(engine: Engine, digest: Digest, row: InboundMail, mail: IncomingMail, writer: Person) -> _Taken:
    if row.size > LARGEST_DECISION:
        return _Taken("unclear", TOO_LARGE)
    names = [name for name in (mail.sender_name, writer.name, writer.name_en) if name]
    has_workbook = bool(intake_sheet.workbooks_in(mail))
    forms = () if has_workbook else _forms(engine, digest)
    reading, filled = engine.apart(read_with_forms, mail.text, len(digest.items), names, forms)
    if reading.stops:
        is_own = engine.staff.directory().identity(digest.person) == writer.email
        return _Taken("applied" if is_own else "refused", STOPPED if is_own else NOT_YOURS, reading=reading)
    address = writer.email if mail.sender is None else mail.sender
    by = digest_answers.By(
        address, "reply", row.id, lambda request: codes.is_needed(engine, request, row), row.authentication
    )  # fmt: skip
    if has_workbook:
        return _judged(reading, intake_sheet.take(engine, digest, mail, reading, names, by))
    if reading.why:
        return _Taken("unclear", reading.why, reading=reading)
    results = digest_answers.apply(engine, digest, reading.by_number, by)
    results += digest_answers.fill_in_words(engine, digest, filled, by)
    results.sort(key=lambda result: result.number)
    return _judged(reading, FromSheet(results=results, kinds={str(number): "submit" for number in filled}))


def _forms(engine: Engine, digest: Digest) -> tuple[int, ...]:
    """The numbers whose forms one line answers."""
    items = digest_answers.listed(engine, digest).items()
    tasks = {number: digest_items.form_of(engine, item.row, item.request) for number, item in items}
    return tuple(number for number, task in tasks.items() if task and task.form.BY_REPLY)


def _judged(reading: DigestReading, said: FromSheet) -> _Taken:
    """The mark of a mail of which these results came."""
    results = tuple(said.results)
    unclear = bool(said.why or said.cells) or any(result.is_unclear for result in results) or not results
    status = "applied" if any(result.is_applied for result in results) else "unclear" if unclear else "refused"
    why = said.why or next((result.said for result in results if not result.is_applied), "")
    return _Taken(status, why or next((cell.what for cell in said.cells), ""), results, reading, said)


def _close(engine: Engine, digest: Digest, row: InboundMail, mail: IncomingMail, writer: Person, taken: _Taken) -> None:
    """Mark the mail and answer it, in one commit."""
    with engine.store.write() as tx:
        has_stopped = taken.reading is not None and taken.reading.stops and taken.status == "applied"
        if has_stopped:
            digests.stop(tx, digest.person, engine.clock.now())
        _mark(tx, digest, row, taken)
        if taken.status == "applied" or _may_explain(tx, digest):
            is_told = taken.results or taken.sheet.cells or (taken.sheet.seen and not taken.sheet.why)
            reason = taken.why if not is_told and not has_stopped else ""
            unknown = taken.reading.unknown if taken.reading else ()
            left = () if reason or has_stopped else tuple(_left(engine, tx, digest, taken))
            _tell(
                engine, tx, digest, row, mail, writer, results=taken.results, reason=reason, unknown=unknown,
                left=left, has_stopped=has_stopped, cells=tuple(taken.sheet.cells),
            )  # fmt: skip
    engine.store.wake()


def _left(engine: Engine, tx: Transaction, digest: Digest, taken: _Taken) -> list[int]:
    """The numbers that nothing was said of and that still wait for a word."""
    said = {result.number for result in taken.results} | taken.sheet.seen
    items = digest_answers.listed_in(engine, tx, digest)
    return [number for number, item in items.items() if number not in said and item.is_open and not item.held]


def _refused(
    engine: Engine, digest: Digest, row: InboundMail, mail: IncomingMail, why: str, writer: Person | None
) -> None:
    with engine.store.write() as tx:
        _mark(tx, digest, row, _Taken("refused", why))
        _tell_of_another(engine, tx, digest, row, mail, why, writer)
    engine.store.wake()


def _tell_of_another(
    engine: Engine,
    tx: Transaction,
    digest: Digest,
    row: InboundMail,
    mail: IncomingMail,
    why: str,
    writer: Person | None,
) -> None:
    """It came from somebody who may not: told to a colleague who wrote it, and to the person it was made for."""
    person = engine.staff.directory().person(digest.person)
    if not _may_explain(tx, digest):
        return
    if writer is not None:
        _tell(engine, tx, digest, row, mail, writer, reason=NOT_YOURS)
    if person is not None and person.active:
        is_answer = writer is None
        _tell(engine, tx, digest, row, mail, person, is_answer=is_answer, reason=why, written_by=row.sender)


def _may_explain(tx: Transaction, digest: Digest) -> bool:
    return tx.count(Message, case=digest.id, template="digest_answer") < MOST_WITHOUT_EFFECT


def _tell(
    engine: Engine,
    tx: Transaction,
    digest: Digest,
    row: InboundMail,
    mail: IncomingMail,
    to: Person,
    *,
    is_answer: bool = True,
    **what: Any,
) -> None:
    is_own = to.email == digest.person
    context = DigestAnswer(
        case=digests.head(digest.day, to.language), to_name=to.shown_name(to.language),
        person=digest.person if is_own else "", made_at=digest.made_at, **what,
    )  # fmt: skip
    address = mail.sender if is_answer and mail.sender in to.emails else to.email
    tx.insert(
        mails.mail_of(
            digest.id, address or to.email, to.language, context, engine.clock.now(),
            mail_domain=engine.mail_domain, key=row.id, in_reply_to=mail.message_id or None if is_answer else None,
        )
    )  # fmt: skip


def _mark(tx: Transaction, digest: Digest, row: InboundMail, taken: _Taken) -> None:
    read: dict[str, Any] | None = None
    if taken.reading is not None:
        said = {str(n): item.kind for n, item in taken.reading.by_number.items()} | taken.sheet.kinds
        read = {"kind": "digest", "target": None, "why": taken.why, "items": said, "stops": taken.reading.stops}
    changed = tx.update(
        InboundMail, (row.id,), {"status": "new"}, status=taken.status, why=taken.why, reading=read, request=digest.id,
        authentication=row.authentication,
    )  # fmt: skip
    if not changed:
        raise AlreadyTaken
