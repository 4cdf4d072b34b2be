"""Complaints that come by mail (CP-1), at an address of their own: opened, or joined to the one they belong to.

Whoever writes is taken in, known or not. It must not answer: the procedure acknowledges a complaint once (CP-2), and
here only a mail that begins another conversation about the same thing hears what it was joined to.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import EmailStr, TypeAdapter, ValidationError

from crm_workflows.business import complaint_alarm, complaint_filing, complaint_register
from crm_workflows.business.complaint_register import PROCESS, About
from crm_workflows.business.complaint_words import concerns, language_of
from crm_workflows.business.mail_domains import mail_domain
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.mail.visible_text import visible_text
from crm_workflows.domain.records import (
    CaseRow,
    ComplaintEntry,
    Customer,
    CustomerContact,
    CustomerOrder,
    InboundMail,
    Link,
)
from crm_workflows.domain.records import Message as OurMail
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import senders
from crm_workflows.engine.mail_in.intake_refusals import CASE_CODE
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.running import opening

A_DAY: Final = timedelta(days=1)
MOST_A_DAY: Final = "complaint_mails_a_day"
USUAL_MOST: Final = 5
"""New complaints of one sender in a day; what comes beyond joins the latest one, and is not acknowledged."""
LONGEST: Final = 7000
"""Characters of a mail in the case; the whole mail is kept."""
CUT_OFF: Final = "\n……（邮件全文另存） / … (the whole mail is kept)"
NO_WORDS: Final = "（邮件没有文字，请看附件） / (the mail has no words; see its attachments)"
SOMEBODY: Final = "未署名 / no name"
ROOT: Final = re.compile(r"<([A-Z]{2}-\d{4}-\d{5,})@")
OURS: Final = re.compile(r"<crmw\.[^.@<>\s]{1,128}\.([^@<>\s]{1,80})@")
UNSEEN: Final = re.compile(
    r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True)
class Sender:
    """Who has written: `address` is None where the mail names none that can be answered."""

    name: str
    address: str | None
    language: str
    customer: Customer | None
    is_staff: bool
    is_contact: bool = False
    """A person whom the register names; else a customer is known by the mail domain only."""


def takes(engine: Engine, address: str, row: InboundMail, mail: IncomingMail) -> bool:
    """What was sent to the address, by whatever header or envelope, and what answers a mail about a complaint."""
    own = address.lower()
    if row.mailbox == own or own in {one.lower() for one in mail.recipients}:
        return True
    with engine.store.read() as reader:
        return _of_thread(reader, mail, sender_of(engine, reader, row, mail)) is not None


def take(engine: Engine, row: InboundMail, mail: IncomingMail) -> None:
    """Open a case or join one, and keep words and files there; once, also after a death in between."""
    with engine.store.read() as reader:
        sender = sender_of(engine, reader, row, mail)
        about = about_of(reader, sender, mail)
        earlier = reader.find(CaseRow, idempotency_key=_key(row), limit=1)
        thread = _of_thread(reader, mail, sender)
        joins = None if earlier else thread or _belongs_to(engine, reader, about, row)
    letter = complaint_filing.Received(
        row, mail, sender.name, sender.address, sender.language, about, is_by_domain=_is_by_domain(sender)
    )
    if joins is not None:
        complaint_filing.join(engine, letter, joins, is_answer=thread is not None, is_staff=sender.is_staff)
        return
    code = earlier[0].code if earlier else _open(engine, row, mail, sender, about)
    complaint_filing.file(engine, letter, code)


def hears(
    engine: Engine, tx: Transaction, case: CaseRow, asked_of: str, row: InboundMail, mail: IncomingMail,
    has_effect: bool,
) -> str:  # fmt: skip
    """Whoever was asked or is part of the complaint has said something: whoever is in charge reads it."""
    sender, complaint = sender_of(engine, tx, row, mail), _complaint_of(tx, case)
    if complaint is None or sender.is_staff:
        return ""
    entry = tx.get(ComplaintEntry, complaint.code)
    if mail.sender != asked_of and (entry is None or not _is_part(entry, sender)):
        return ""
    if has_effect:
        complaint_alarm.raise_where_due(engine, tx, complaint, mail, row, sender.name)
        return ""
    about = About(sender=sender.address or "")
    letter = complaint_filing.Received(
        row, mail, sender.name, sender.address, sender.language, about, case.code,
        is_by_domain=mail.sender != asked_of and _is_by_domain(sender),
    )  # fmt: skip
    return complaint_filing.reply(engine, tx, letter, complaint)


def _complaint_of(reader: Reader, case: CaseRow) -> CaseRow | None:
    """The complaint itself, or the one that a case follows up."""
    if case.process == PROCESS:
        return case
    of = reader.find(Link, other=case.code, relation="follow_up", limit=1)
    found = reader.get(CaseRow, of[0].case) if of else None
    return found if found is not None and found.process == PROCESS else None


def sender_of(engine: Engine, reader: Reader, row: InboundMail, mail: IncomingMail) -> Sender:
    """By the address of a person at a customer, else by a mail domain that only one customer has.

    Who names one of the staff as sender, and may be somebody else, is a stranger of that address.
    """
    words = f"{mail.subject} {mail.text[:LONGEST]}"
    person = engine.staff.directory().person(mail.sender)
    if person is not None and person.active and not senders.doubt(row):
        return Sender(person.name, person.email, person.language, None, is_staff=True)
    name = _clean(mail.sender_name, 80) or mail.sender or SOMEBODY
    if mail.sender is None:
        return Sender(name, None, language_of(words), None, is_staff=False)
    known = reader.find(CustomerContact, email=mail.sender, is_active=True, order=("customer", "n"), limit=2)
    if known and len({one.customer for one in known}) == 1:
        return Sender(
            known[0].name, mail.sender, known[0].language, reader.get(Customer, known[0].customer), is_staff=False,
            is_contact=True,
        )  # fmt: skip
    domain = mail_domain(mail.sender)
    of_domain = reader.find(Customer, mail_domain=domain, limit=2) if domain and not known else []
    customer = of_domain[0] if len(of_domain) == 1 else None
    return Sender(name, mail.sender, language_of(words), customer, is_staff=False)


def about_of(reader: Reader, sender: Sender, mail: IncomingMail) -> About:
    """An order is found by its number, where it is one of the customer's.

    Who names no address is nobody: a name, such as that of a form on a page, would make one of all who use it.
    """
    customer = sender.customer.code if sender.customer else ""
    order, product = "", ""
    if customer:
        words = f"{mail.subject}\n{mail.text[:LONGEST]}".upper()
        orders = reader.find(CustomerOrder, customer=customer, order="ordered_at", descending=True, limit=500)
        named = [one for one in orders if _stands_in(one.number, words)]
        if named:
            found = max(named, key=lambda one: len(one.number))
            order, product = found.number, found.goods
    return About(customer, sender.address or "", order, product, "", mail.subject)


def _stands_in(number: str, words: str) -> bool:
    """As a word of its own: PO-7 is not named by PO-77."""
    return re.search(rf"(?<![A-Z0-9-]){re.escape(number.upper())}(?![A-Z0-9-])", words) is not None


def _of_thread(reader: Reader, mail: IncomingMail, sender: Sender) -> CaseRow | None:
    """The complaint whose mails this one answers, if the sender is part of it: by its headers, else by its subject."""
    answered = [mail.in_reply_to, *reversed(mail.references)]
    codes = [found[1] for one in answered if (found := ROOT.match(one))]
    identities = [found[1] for one in answered if (found := OURS.match(one))]
    codes += [one.case for one in reader.find(OurMail, id=identities)] if identities else []
    inbound = reader.find(InboundMail, message_id=[one for one in answered if one]) if any(answered) else []
    codes += [one.case for one in inbound if one.case]
    codes += CASE_CODE.findall(mail.subject)
    for code in dict.fromkeys(codes):
        row, entry = reader.get(CaseRow, code), reader.get(ComplaintEntry, code)
        if row is not None and row.process == PROCESS and entry is not None and _is_part(entry, sender):
            return row
    return None


def _is_part(entry: ComplaintEntry, sender: Sender) -> bool:
    is_customer = sender.customer is not None and sender.customer.code == entry.customer
    return sender.is_staff or is_customer or (sender.address is not None and sender.address == entry.sender)


def _is_by_domain(sender: Sender) -> bool:
    return sender.customer is not None and not sender.is_contact


def _belongs_to(engine: Engine, reader: Reader, about: About, row: InboundMail) -> CaseRow | None:
    """The open complaint about the same thing; for who has written too often today the latest one.

    None for somebody without an address, whose mail opens a case of its own.
    """
    if not about.sender:
        return None
    policy = engine.staff.policy()
    same = complaint_register.same_thing(reader, about, policy, row.received_at)
    if same is not None:
        return same
    most = policy.number_or(MOST_A_DAY, USUAL_MOST)
    own = About(sender=about.sender).entry("", row.received_at).sender
    today = reader.find(ComplaintEntry, sender=own, order="opened_at", descending=True, limit=most)
    if len(today) < most or today[-1].opened_at <= row.received_at - A_DAY:
        return None
    return reader.get(CaseRow, today[0].case)


def _open(engine: Engine, row: InboundMail, mail: IncomingMail, sender: Sender, about: About) -> str:
    doubt = f"（{complaint_alarm.UNSURE}）" if senders.doubt(row) else ""
    parts = (doubt, _clean(mail.subject, 300), words_of(engine, mail))
    words = "\n\n".join(part for part in parts if part) or NO_WORDS
    contact = {"name": sender.name, "email": _usable(sender.address), "language": sender.language}
    input_: dict[str, Any] = {
        "what": words, "contact": contact, "channel": "mail", "order": about.order, "product": about.product[:120],
        "received_at": row.received_at.isoformat(), "owner": _in_charge(engine), **concerns(words),
        "source": row.message_id if len(row.message_id) <= 200 else "",
    }  # fmt: skip
    if sender.customer is not None:
        input_ |= {"customer": sender.customer.code, "company": sender.customer.name}
    started = opening.start(
        engine, PROCESS, input_, requester=None, origin="mail", idempotency_key=_key(row), evidence=row.id
    )  # fmt: skip
    return started.code


def words_of(engine: Engine, mail: IncomingMail) -> str:
    """What the sender has written, without what it answers; cut where it is very long."""
    text = _clean(engine.apart(visible_text, mail.text), 0)
    return text if len(text) <= LONGEST else text[:LONGEST] + CUT_OFF


def _clean(text: str, most: int) -> str:
    """Without what nobody sees; on one line of at most so many characters where `most` is given."""
    seen = UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return " ".join(seen.split())[:most].strip() if most else seen


def _usable(address: str | None) -> str | None:
    """An address that can be written to, as forms take it; without one the complaint is taken in all the same."""
    try:
        return str(TypeAdapter(EmailStr).validate_python(address)) if address else None
    except ValidationError:
        return None


def _in_charge(engine: Engine) -> str:
    with engine.store.read() as reader:
        return complaint_register.in_charge(reader, engine.staff.directory(), engine.today(engine.clock.now()))


def _key(row: InboundMail) -> str:
    return f"mail/{row.id}"
