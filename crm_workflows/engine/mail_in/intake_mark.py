"""What became of a stored mail, marked on it once, and the desk that hears of a reply. It must not answer or decide."""

from dataclasses import dataclass

from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.records import InboundMail
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in.intake_writer import AlreadyTaken, Asked
from crm_workflows.engine.mail_out import addresses
from crm_workflows.engine.ports import Transaction


@dataclass(frozen=True)
class Received:
    """A stored mail, what it says, and its bytes."""

    row: InboundMail
    mail: IncomingMail
    raw: bytes


def taken(
    tx: Transaction,
    message: Received,
    status: str,
    asked: Asked | None,
    reading: Reading | None,
    why: str,
    code: str | None = None,
) -> None:
    """Mark the mail, or raise AlreadyTaken when another process was first."""
    read = {"kind": reading.kind, "target": reading.target, "why": reading.why} if reading else None
    if asked is not None and message.mail.sender is not None:
        addresses.alive(tx, message.mail.sender)
    changed = tx.update(
        InboundMail, (message.row.id,), {"status": "new"}, status=status, why=why, reading=read,
        authentication=message.row.authentication,
        case=asked.row.code if asked else code, request=asked.request.id if asked else None,
    )  # fmt: skip
    if not changed:
        raise AlreadyTaken


def joined(engine: Engine, tx: Transaction, message: Received, asked: Asked, *, has_effect: bool = False) -> str:
    """Let a desk keep and tell what a person outside has said beside an answer; how it was kept, empty where not.

    Their words must reach somebody also where the request is over, not theirs to answer, or not understood.
    """
    if not asked.assignee.is_outside:
        return ""
    for desk in engine.mail_desks:
        kept = desk.hears(engine, tx, asked.row, asked.assignee.person, message.row, message.mail, has_effect)
        if kept:
            return kept
    return ""
