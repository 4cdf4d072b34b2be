"""Whom a received mail is about and who wrote it, and the mail that answers it. It must not decide."""

from dataclasses import dataclass

from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.messages import Mail
from crm_workflows.domain.records import Assignee, CaseRow, InboundMail, Request
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running.ledger import Ledger


class AlreadyTaken(Exception):
    """The mail is no longer new; what this attempt wrote must be rolled back."""


@dataclass(frozen=True)
class Asked:
    """The request that a mail answers, and the person whose secret it carries."""

    row: CaseRow
    request: Request
    assignee: Assignee


@dataclass(frozen=True)
class Writer:
    """Who wrote the mail, for the answer to it: the person asked, or whoever answers in their place."""

    address: str
    name: str
    language: str


def writer_of(engine: Engine, asked: Asked, mail: IncomingMail) -> Writer:
    """The writer under the address from which they wrote."""
    person = engine.staff.directory().person(mail.sender)
    address = mail.sender or asked.assignee.person
    if person is None or person.email == asked.assignee.person:
        return Writer(address, asked.assignee.name, asked.assignee.language)
    return Writer(address, person.shown_name(person.language), person.language)


def queue(
    engine: Engine,
    tx: Transaction,
    asked: Asked,
    inbound: InboundMail,
    mail: IncomingMail,
    context: Mail,
    to: Writer,
    *,
    request: str | None = None,
    is_answer: bool = True,
) -> None:
    tx.insert(
        mails.mail_of(
            asked.row.code, to.address, to.language, context, engine.clock.now(),
            mail_domain=engine.mail_domain, key=f"answer/{inbound.id}", request=request,
            in_reply_to=mail.message_id or None if is_answer else None,
        )
    )  # fmt: skip


def name_of(engine: Engine, address: str | None, language: str) -> str | None:
    person = engine.staff.directory().person(address)
    return person.shown_name(language) if person else address


def on_record(engine: Engine, tx: Transaction, asked: Asked, who: str, evidence: str) -> None:
    """Put into the case's history that a reply was not clear; by whom, of people outside only that (G-7)."""
    row = tx.lock_case(asked.row.code)
    if row is None:
        return
    ledger = Ledger(row)
    actor = "outside" if asked.assignee.is_outside else who
    ledger.audit("unclear", actor, engine.clock.now(), request=asked.request.id, evidence=evidence)
    ledger.flush(tx, row)
