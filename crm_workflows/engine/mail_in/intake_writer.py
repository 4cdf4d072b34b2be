"""Whom a received mail is about, who wrote it, and the mail that answers it. It must not decide."""

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


@dataclass(frozen=True)
class Reply:
    """A received mail that answers a request, in the transaction in which it is answered itself."""

    engine: Engine
    tx: Transaction
    asked: Asked
    inbound: InboundMail
    mail: IncomingMail

    @property
    def writer(self) -> Writer:
        """Who wrote it, under the address from which they wrote."""
        assignee, person = self.asked.assignee, self.engine.staff.directory().person(self.mail.sender)
        address = self.mail.sender or assignee.person
        if person is None or person.email == assignee.person:
            return Writer(address, assignee.name, assignee.language)
        return Writer(address, person.shown_name(person.language), person.language)

    def queue(self, context: Mail, to: Writer, *, request: str | None = None, is_answer: bool = True) -> None:
        """Queue the mail that answers it or, where it is no answer, tells somebody else of it."""
        self.tx.insert(
            mails.mail_of(
                self.asked.row.code, to.address, to.language, context, self.engine.clock.now(),
                mail_domain=self.engine.mail_domain, key=f"answer/{self.inbound.id}", request=request,
                in_reply_to=self.mail.message_id or None if is_answer else None,
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
