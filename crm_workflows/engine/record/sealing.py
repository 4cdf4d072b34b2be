"""Seals what has changed in the record, and sends checkpoints out of the house (G-7). It must not check anything.

Costs nothing while nothing happens, and the same however many cases there are: only those that have changed are read.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from crm_workflows.domain.checkpoints import made
from crm_workflows.domain.messages import AuditCheckpoint, CasePart
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Blob, CaseRow, Checkpoint, Meta
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Attachment
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Duplicate, Transaction
from crm_workflows.engine.requests.files import sha256_of

MOST: Final = 10_000
"""Cases of one checkpoint; what is left over goes into the next."""
NO_CASE: Final = "AUDIT"
"""Stands in the place of a case code in a mail about all of them."""
MAILED: Final = "checkpoint_mailed"
MAIL_EVERY: Final = timedelta(days=1)


@carries_out("G-7")
def seal(engine: Engine) -> Checkpoint | None:
    """Make a checkpoint over all that has changed since the last; None when nothing has.

    Once a day it is mailed to the auditors, or to the admins where nobody holds that role. Safe in several processes at
    once: of two that try, one makes it, and the other finds what is left.
    """
    try:
        with engine.store.write() as tx:
            now = engine.clock.now()
            changed = tx.due(CaseRow, "unsealed_at", now, limit=MOST)
            if not changed:
                return None
            checkpoint = _next(engine, tx, changed, now)
            tx.insert(checkpoint)
            # A case that went on meanwhile stays unsealed: its later links belong into the next checkpoint.
            tx.update_each(
                CaseRow,
                [({"code": row.code, "audit_length": row.audit_length}, {"unsealed_at": None}) for row in changed],
            )
            if _is_time_to_mail(tx, now):
                _mail(engine, tx, checkpoint)
    except Duplicate:
        return None
    return checkpoint


def as_kept(checkpoint: Checkpoint) -> dict[str, object]:
    """What somebody outside keeps of a checkpoint: all but its heads, which its hash covers."""
    names = ("n", "at", "hash", "previous", "public_key", "signature")
    return {name: getattr(checkpoint, name) for name in names} | {"at": checkpoint.at.isoformat()}


def _next(engine: Engine, tx: Transaction, changed: Sequence[CaseRow], now: datetime) -> Checkpoint:
    last = tx.find(Checkpoint, order="n", descending=True, limit=1)
    n, previous = (last[0].n + 1, last[0].hash) if last else (1, "")
    heads = [(row.code, row.audit_length, row.audit_head) for row in changed]
    return made(n, now, heads, previous, engine.secrets.public_key(), engine.secrets.seal)


def _is_time_to_mail(tx: Transaction, now: datetime) -> bool:
    kept = tx.get(Meta, MAILED)
    if kept is not None and now - datetime.fromisoformat(kept.value) < MAIL_EVERY:
        return False
    if kept is None:
        tx.insert(Meta(MAILED, now.isoformat()))
    else:
        tx.update(Meta, (MAILED,), value=now.isoformat())
    return True


def _mail(engine: Engine, tx: Transaction, checkpoint: Checkpoint) -> None:
    content = json.dumps(as_kept(checkpoint), indent=1).encode()
    file = Attachment(f"checkpoint-{checkpoint.n}.json", "application/json", sha256_of(content))
    tx.insert_new(Blob(file.sha256, content))
    part = CasePart(case="", title=engine.today(checkpoint.at).isoformat(), process=_PROCESS)
    for person in _auditors(engine):
        context = AuditCheckpoint(
            case=part, to_name=person.shown_name(person.language), n=checkpoint.n, at=checkpoint.at,
            cases=len(checkpoint.heads), hash=checkpoint.hash, public_key=checkpoint.public_key,
        )  # fmt: skip
        tx.insert_new(
            mails.mail_of(
                NO_CASE, person.email, person.language, context, checkpoint.at,
                mail_domain=engine.mail_domain, key=str(checkpoint.n), attachments=[file],
            )
        )  # fmt: skip


_PROCESS: Final = "审计检查点 / Audit checkpoint"


def _auditors(engine: Engine) -> list[Person]:
    """Whoever holds the role `auditor`, else the admins."""
    directory = engine.staff.directory()
    named = [person for person in directory.with_role("auditor") if person.active]
    return named or [person for person in directory.with_role("admin") if person.active]
