"""Puts a mail about a complaint into its case: mail, words and files on record, whoever is in charge told (CP-1).

One commit for each mail. It must not choose the case.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from crm_workflows.business import complaint_alarm, complaint_register
from crm_workflows.business.complaint_register import About
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.messages import Announcement, Letter
from crm_workflows.domain.papers import problem_with
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import UNFINISHED, Blob, CaseRow, ComplaintEntry, Document, InboundMail, Message
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import quarantine
from crm_workflows.engine.mail_in.intake_writer import AlreadyTaken
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.files import sha256_of
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.locking import no_case

KIND: Final = "brought"
A_DAY: Final = timedelta(days=1)
MOST_TOLD: Final = 20
"""Mails of one sender a day of which the person in charge is told; more are on record only."""
MOST_LETTERS: Final = 10
"""Letters to one address in one case, of whatever kind; two machines that write to each other come to an end."""
OPENED: Final = bilingual("已立案", "a complaint was opened")
JOINED: Final = bilingual("已并入案件", "joined to its complaint")
AFTER_THE_END: Final = bilingual("结案后来信，已存入案件", "it came after the end; kept with its complaint")
WROTE: Final = bilingual("投诉人来信", "The complainant has written")
WROTE_AFTER: Final = bilingual("结案后投诉人来信", "The complainant has written after the close")
OTHER_WROTE: Final = bilingual("客户邮箱域名来信", "Somebody at the customer's mail domain has written")
OTHER_WROTE_AFTER: Final = bilingual(
    "结案后客户邮箱域名来信", "Somebody at the customer's mail domain has written after the close"
)
TITLES: Final = {
    (False, False): WROTE, (False, True): WROTE_AFTER, (True, False): OTHER_WROTE, (True, True): OTHER_WROTE_AFTER,
}  # fmt: skip
"""By whether somebody else than the complainant has written, and whether the case is over."""
LOOK: Final = bilingual(
    "邮件和附件已存入案件；如属同一投诉未解决，请按投诉重新受理",
    "mail and files are kept with the case; if the complaint is not solved, take it in again",
)
KEPT: Final = bilingual("邮件和附件已存入案件", "mail and files are kept with the case")
SAME: Final = bilingual("您的来信已并入已受理的投诉", "Your mail was joined to a complaint under way")
SAME_TEXT: Final = bilingual(
    "您就同一事项再次来信，我们已将其并入下列投诉一并处理。如属另一件事，请直接回复本邮件说明。",
    "You have written again about the same thing, and we deal with it as one. If it is about something else, just "
    "reply to this mail and say so.",
)


@dataclass(frozen=True)
class Received:
    """A mail about a complaint, and who has written it."""

    row: InboundMail
    mail: IncomingMail
    name: str
    address: str | None
    language: str
    about: About
    kept_in: str = ""
    """The case on which the mail is marked, where that is not the complaint itself but its follow-up."""
    is_by_domain: bool = False
    """The customer is known by the mail domain only: nobody whom the register names has written."""


def file(engine: Engine, letter: Received, code: str) -> None:
    """The mail that has opened the case."""
    with engine.store.write() as tx:
        row = _locked(tx, code)
        complaint_register.enter(tx, letter.about, code, row.opened_at)
        _mark(tx, letter, row, OPENED)
        _keep(engine, tx, letter, row)
    engine.store.wake()


def join(engine: Engine, letter: Received, case: CaseRow, *, is_answer: bool, is_staff: bool) -> None:
    """A further mail: the person in charge hears; the sender only where the mail begins a conversation of its own."""
    with engine.store.write() as tx:
        row = _locked(tx, case.code)
        is_over = row.status not in UNFINISHED
        _mark(tx, letter, row, AFTER_THE_END if is_over else JOINED)
        if _take_up(engine, tx, letter, row) and not (is_answer or is_staff or is_over):
            _answer(engine, tx, letter, row)
    engine.store.wake()


def reply(engine: Engine, tx: Transaction, letter: Received, case: CaseRow) -> str:
    """A reply to a request, which the caller marks: its words and files are kept; returns how, as on the mark."""
    row = _locked(tx, case.code)
    _take_up(engine, tx, letter, row)
    return JOINED if row.status in UNFINISHED else AFTER_THE_END


def _take_up(engine: Engine, tx: Transaction, letter: Received, row: CaseRow) -> bool:
    """Keep a further mail and tell of it; False where nobody is told, since the sender has written too often today."""
    _keep(engine, tx, letter, row)
    is_other = _is_other(tx, letter, row)
    alarmed = complaint_alarm.raise_where_due(engine, tx, row, letter.mail, letter.row, letter.name, is_other=is_other)
    today = tx.find(
        InboundMail, case=[row.code, letter.kept_in or row.code], sender=letter.row.sender, order="received_at",
        descending=True, limit=MOST_TOLD + 1,
    )  # fmt: skip
    if len(today) > MOST_TOLD and today[-1].received_at > letter.row.received_at - A_DAY:
        return False
    _tell(engine, tx, letter, row, but=alarmed, is_other=is_other)
    return True


def _is_other(tx: Transaction, letter: Received, row: CaseRow) -> bool:
    """Whether somebody has written who is neither the complainant nor in the register, whoever has that address."""
    entry = tx.get(ComplaintEntry, row.code)
    return letter.is_by_domain and (entry is None or entry.sender != letter.about.entry("", row.opened_at).sender)


def _locked(tx: Transaction, code: str) -> CaseRow:
    row = tx.lock_case(code)
    if row is None:
        raise no_case(code)
    return row


def _mark(tx: Transaction, letter: Received, row: CaseRow, why: str) -> None:
    if not tx.update(
        InboundMail, (letter.row.id,), {"status": "new"}, status="applied", why=why, case=row.code,
        authentication=letter.row.authentication,
    ):  # fmt: skip
        raise AlreadyTaken


def _keep(engine: Engine, tx: Transaction, letter: Received, row: CaseRow) -> None:
    """Put the mail's files among those of the case, and both on record."""
    inbound, now = letter.row, engine.clock.now()
    ledger = Ledger(row)
    request, taken = f"{row.code}-R0", []
    first = tx.count(Document, request=request) + 1
    for n, one in enumerate(letter.mail.attachments, start=first):
        digest, problem = sha256_of(one.content), problem_with(one.name, one.content)
        # Also where the same bytes came before as a mail, and were erased.
        tx.put(Blob(digest, one.content))
        taken.append([KIND, digest, problem is None])
        ledger.add(
            Document(
                request, n, row.code, KIND, one.name, one.media_type, len(one.content), digest, now, inbound.sender,
                "mail", problem, inbound.id,
            )
        )  # fmt: skip
    by = quarantine.released_by(inbound)
    if by:
        ledger.audit("let_in", by, now, evidence=inbound.id)
    ledger.audit("wrote_in", "outside", now, evidence=inbound.id)
    if taken:
        ledger.audit("documents", "outside", now, request=request, files=taken, evidence=inbound.id)
    ledger.flush(tx, row)


def _tell(
    engine: Engine, tx: Transaction, letter: Received, row: CaseRow, *, but: Collection[Person], is_other: bool
) -> None:
    """Whoever is in charge reads the words in a mail; after the end the service lead as well. `but` have read them."""
    is_over = row.status not in UNFINISHED
    for person in _told(engine, row, is_over=is_over):
        if person in but:
            continue
        context = Announcement(
            case=mails.titled_part(row, engine.title_of(row)), to_name=person.shown_name(person.language),
            title=TITLES[is_other, is_over], text=LOOK if is_over else KEPT,
            facts=complaint_alarm.facts_of(letter.mail, letter.row, letter.name, is_other=is_other),
        )  # fmt: skip
        tx.insert_new(
            mails.mail_of(
                row.code, person.email, person.language, context, engine.clock.now(),
                mail_domain=engine.mail_domain, key=f"wrote/{letter.row.id}",
            )
        )  # fmt: skip


def _told(engine: Engine, row: CaseRow, *, is_over: bool) -> list[Person]:
    directory = engine.staff.directory()
    owner = directory.person(row.owner)
    people = [owner] if owner is not None and owner.active else []
    if is_over or not people:
        people += [one for one in directory.with_role("service_lead") if one.active]
    return list(dict.fromkeys(people))


def _answer(engine: Engine, tx: Transaction, letter: Received, row: CaseRow) -> None:
    """One mail for each conversation, in that conversation."""
    to = letter.address
    if to is None or tx.count(Message, case=row.code, recipient=to, template="letter") >= MOST_LETTERS:
        return
    part = mails.titled_part(row, engine.title_of(row), outside=True)
    context = Letter(
        case=part, to_name=letter.name, title=SAME, text=SAME_TEXT,
        facts=mails.facts(Shown((Fact("投诉编号 / Your complaint", row.code),))),
    )  # fmt: skip
    tx.insert_new(
        mails.mail_of(
            row.code, to, letter.language, context, engine.clock.now(), mail_domain=engine.mail_domain,
            key=f"joined/{letter.row.id}", in_reply_to=letter.mail.message_id or None,
        )
    )  # fmt: skip
