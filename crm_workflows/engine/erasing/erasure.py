"""Erases somebody by law: out of every case that is over, of registers and mails (G-7, docs/erasure.md).

Rows keep their ids and hashes, and the record says who, when and by whom, so that it verifies without the person. An
open case still needs them: it is remembered, and done once it is over. It must not touch the record itself.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crm_workflows.domain.audit import BY_LAW, said_hash, subject_hash
from crm_workflows.domain.erasing import Traces
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.records import (
    Blob,
    CaseRow,
    ContactMade,
    Customer,
    CustomerContact,
    Decision,
    Document,
    InboundMail,
    Message,
    ReturnedAddress,
    WantedReview,
)
from crm_workflows.domain.rules import carries_out
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.files import empty_files, leaving, out_of_files
from crm_workflows.engine.erasing.finding import (
    FINAL,
    OF_A_CASE,
    OF_REGISTERS,
    Found,
    find,
    holding,
    is_over,
    rows_of,
    without,
)
from crm_workflows.engine.erasing.mails import (
    are_all_read,
    naming_mails,
    out_of_caseless_mails,
    out_of_mailbox,
    out_of_mails_to_others,
    put_clean,
)
from crm_workflows.engine.erasing.noting import Order, note, noted
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running.ledger import Ledger

log = logging.getLogger(__name__)


@dataclass
class _Gone:
    """What was taken out of one case."""

    mails: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    said: list[list[str]] = field(default_factory=list)
    rows: int = 0

    def note_said(self, before: str, after: str) -> None:
        """That what stands on record by its hash has another one since; what has not changed needs no word."""
        if before != after and [before, after] not in self.said:
            self.said.append([before, after])


@carries_out("G-7")
def erase(engine: Engine, order: Order) -> Found:
    """Erase the person wherever nothing needs them any more, a case a commit; what is held follows by night.

    Again, or by two at once, does no harm. Returns what was found before; raises what `find` raises.
    """
    found = find(engine, order.address, order.also, order.names, order.cases)
    if found.is_nothing:
        return found
    note(engine, found, order, is_done=False)  # whoever dies on the way is followed by the night
    if not found.staff:
        out_of_mailbox(engine, found, order)
    out_of_caseless_mails(engine, found, order.cases)
    with engine.store.write() as tx:
        _out_of_registers(tx, found)
        is_told = found.staff or out_of_mails_to_others(tx, found)
    for code in found.cases:
        _out_of_case(engine, code, found, order)
    empty_files(engine, found.cases)
    is_read = are_all_read(engine, found, order.cases)
    note(engine, found, order, is_done=is_told and is_read and not found.held)
    return found


def finish(engine: Engine) -> int:
    """Go on with every erasure that had to wait for a case or was broken off; returns how many are done now."""
    done = 0
    for one in (one for one in noted(engine) if one["done_at"] is None):
        listed = {
            name: tuple(one["order"][name]) for name in ("also", "names", "files", "cases") if name in one["order"]
        }
        order = Order(**{**one["order"], **listed})
        try:
            found = erase(engine, order)
        except Refused as error:
            log.warning("an erasure cannot be finished", extra={"people": one["people"], "error": type(error).__name__})
            continue
        if found.is_nothing:
            note(engine, replace(found, people=tuple(one["people"])), order, is_done=True)
        done += not found.held
    return done


def _out_of_case(engine: Engine, code: str, found: Found, order: Order) -> None:
    with engine.store.read() as reader:
        mails = naming_mails(engine, reader, code, found, order)  # read before the case is locked, as it takes long
    now = engine.clock.now()
    with engine.store.write() as tx:
        row = tx.lock_case(code)
        if row is None or not is_over(tx, row):
            return
        gone = _Gone()
        for mail in mails:
            _empty_mail(tx, mail, now, gone)
        ledger = Ledger(row)
        if found.staff:
            _own_mails(tx, code, found.traces, gone)
        else:
            gone.files += out_of_files(tx, code, leaving(tx, code, found.traces, order))
            gone.rows += len(gone.files)
            _rows(tx, ledger, found.traces, gone)
        if gone.rows:
            ledger.audit(
                BY_LAW, order.by, now, people=list(found.people), mails=gone.mails, files=gone.files, said=gone.said
            )
            ledger.flush(tx, row)


def _empty_mail(tx: Transaction, mail: InboundMail, now: datetime, gone: _Gone) -> None:
    """Its bytes go, unless they are also a paper of somebody else."""
    if tx.count(Document, sha256=mail.sha256):
        return
    if not tx.update(InboundMail, (mail.id,), {"erased_at": None}, erased_at=now):
        return
    tx.update(Blob, (mail.sha256,), content=b"")
    gone.mails.append(mail.id)
    gone.rows += 1


def _own_mails(tx: Transaction, code: str, known: Traces, gone: _Gone) -> None:
    """The bytes of what was sent to a colleague who has left."""
    for message in tx.find(Message, case=code):
        if message.recipient.lower() in known.addresses and message.content is not None:
            tx.update(Message, (message.id,), content=None)
            gone.rows += 1


def _rows(tx: Transaction, ledger: Ledger, known: Traces, gone: _Gone) -> None:
    """Everything that is written of the case, and the bytes of mails in which it stood."""
    for row, columns in rows_of(tx, ledger.row.code):
        clean = without(row, columns, known)
        if not clean:
            continue
        gone.rows += 1
        if isinstance(row, CaseRow):
            gone.note_said(subject_hash(row.subject), subject_hash(clean.get("subject", row.subject)))
            ledger.set(**clean)
            continue
        if isinstance(row, Message):
            clean["content"] = None
        if isinstance(row, Decision):
            gone.note_said(*(said_hash(one.comment, one.answer) for one in (row, replace(row, **clean))))
        put_clean(tx, row, clean)


def _out_of_registers(tx: Transaction, found: Found) -> None:
    """What belongs to no case: registers, mails, marks of addresses, and the mailbox of the local default."""
    known = found.traces
    for address in sorted(known.addresses):
        for message in tx.find(Message, recipient=address, status=list(FINAL)):
            if tx.get(CaseRow, message.case) is None:
                clean = {} if found.staff else without(message, OF_A_CASE[Message], known)
                put_clean(tx, message, clean | {"content": None})
        tx.remove(ReturnedAddress, address)
        for record, columns in OF_REGISTERS.items() if not found.staff else ():
            for row in holding(tx, record, address, columns):
                if not isinstance(row, ContactMade):
                    _out_of_register(tx, row, columns, known)
                elif row.case not in found.held:
                    put_clean(tx, row, without(row, columns, known))


def _out_of_customer(tx: Transaction, code: str, known: Traces) -> None:
    """What the line of the register itself says of one of its people: the number, and whom it belongs to."""
    customer = tx.get(Customer, code)
    if customer is not None and known.out_of(customer.phone) == "" != customer.phone:
        tx.update(Customer, (code,), phone="")
    if customer is not None and customer.legal_owner and known.out_of(customer.legal_owner) != customer.legal_owner:
        tx.update(Customer, (code,), legal_owner=None)
    for made in tx.find(ContactMade, customer=code, case=None):
        put_clean(tx, made, without(made, OF_REGISTERS[ContactMade], known))
    for one in tx.find(WantedReview, customer=code):
        tx.update(WantedReview, (code, one.why), remark=known.out_of(one.remark))


def _out_of_register(tx: Transaction, row: Any, columns: Sequence[str], known: Traces) -> None:
    clean = without(row, columns, known)
    if isinstance(row, CustomerContact) and clean:
        clean["is_active"] = False
        _out_of_customer(tx, row.customer, known)
    if clean:
        put_clean(tx, row, clean)
