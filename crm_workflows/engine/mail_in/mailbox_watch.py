"""Tells the admins that a mailbox cannot be read, since answers lie there unheard. It must not read mail.

One notice after a quarter of an hour of trouble, and one a day while it lasts; what is passed over in between comes in
by itself once the mailbox can be read.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crm_workflows.domain.messages import CasePart, MailboxAway
from crm_workflows.domain.records import Meta
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in.mail_watch import NO_CASE, admins
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader, Transaction

_KEY: Final = "mailbox_away/"
_PATIENCE: Final = 900.0
_AGAIN_AFTER: Final = 86_400.0
"""Real seconds, both."""
_TITLE: Final = bilingual("收信邮箱无法读取", "a mailbox cannot be read")
_PROCESS: Final = bilingual("收到的邮件", "Mail received")


@dataclass(frozen=True, slots=True)
class Away:
    """A mailbox in trouble; `why` is a label that names the server."""

    since: datetime
    why: str
    told: datetime | None = None


def away(engine: Engine, mailbox: str, why: str) -> None:
    """A look into this mailbox has failed; `mailbox` is the same at every look."""
    now = engine.clock.now()
    with engine.store.write() as tx:
        held = _held(tx, mailbox) or Away(now, why)
        waited = engine.clock.real_seconds((now - (held.told or held.since)).total_seconds())
        told = held.told
        if waited >= (_AGAIN_AFTER if held.told else _PATIENCE):
            told = now
            _tell(engine, tx, mailbox, Away(held.since, why), now)
        if tx.get(Meta, _KEY + mailbox) is None or (told, why) != (held.told, held.why) or held.since == now:
            _keep(tx, mailbox, Away(held.since, why, told))
    if told == now:
        engine.store.wake()


def well(engine: Engine, mailbox: str) -> None:
    """A look into this mailbox has not failed."""
    with engine.store.read() as reader:
        is_over = _held(reader, mailbox) is not None
    if is_over:
        with engine.store.write() as tx:
            tx.update(Meta, (_KEY + mailbox,), value="{}")


def in_trouble(reader: Reader, mailboxes: Sequence[str]) -> list[Away]:
    """Those of the named mailboxes that cannot be read at present; for pages."""
    return [held for held in (_held(reader, mailbox) for mailbox in mailboxes) if held is not None]


def _held(reader: Reader | Transaction, mailbox: str) -> Away | None:
    row = reader.get(Meta, _KEY + mailbox)
    said = json.loads(row.value) if row else {}
    if not said:
        return None
    told = datetime.fromisoformat(said["told"]) if said["told"] else None
    return Away(datetime.fromisoformat(said["since"]), said["why"], told)


def _keep(tx: Transaction, mailbox: str, held: Away) -> None:
    told = held.told.isoformat() if held.told else None
    tx.put(Meta(_KEY + mailbox, json.dumps({"since": held.since.isoformat(), "why": held.why, "told": told})))


def _tell(engine: Engine, tx: Transaction, mailbox: str, held: Away, now: datetime) -> None:
    for admin in admins(engine):
        part = CasePart(case="", title=in_language(_TITLE, admin.language), process=_PROCESS)
        name = admin.shown_name(admin.language)
        context = MailboxAway(case=part, to_name=name, mailbox=mailbox, why=held.why, since=held.since)
        tx.insert_new(
            mails.mail_of(
                NO_CASE, admin.email, admin.language, context, now, mail_domain=engine.mail_domain,
                key=f"{mailbox}/{now.isoformat()}",
            )
        )  # fmt: skip
