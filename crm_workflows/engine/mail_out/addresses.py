"""Addresses from which mail came back because nobody takes it there: marked, shown, and cleared by a sign of life.

A mark only tells people; mail to the address still goes out, since a forged or mistaken report must not cut anybody
off. It must not judge whether a mail arrived.
"""

import re
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.records import Message, ReturnedAddress
from crm_workflows.engine.mail_out.outbox_ports import RecipientRefused
from crm_workflows.engine.ports import Reader, Transaction

_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_NOBODY_THERE: Final = ("5.1.", "5.2.1")
"""No such mailbox or domain, or one that is closed (RFC 3463); a full mailbox is no fault of an address."""
_UNTOLD: Final = frozenset({550, 551, 553})


def is_nobody_there(status: str) -> bool:
    """Whether an enhanced status code says that the address is wrong; none at all counts as that."""
    return not status or status.startswith(_NOBODY_THERE)


def refused_for_good(outcome: RecipientRefused) -> bool:
    """The same of what a server said to RCPT."""
    status = _STATUS.search(outcome.text)
    return is_nobody_there(status[0]) if status else outcome.code in _UNTOLD


def mark(tx: Transaction, message: Message, why: str, at: datetime) -> None:
    """Nobody takes mail at the address of this mail."""
    tx.put(ReturnedAddress(message.recipient.lower(), at, why, message.id))


def alive(tx: Transaction, address: str) -> None:
    """Somebody wrote from there, or says that mail can be sent there."""
    tx.update(ReturnedAddress, (address.lower(),), since=None)


def marked(reader: Reader, *addresses: str) -> list[ReturnedAddress]:
    """Those marked at present, latest first; of the given ones, where any are given."""
    only: dict[str, Any] = {"address": sorted({address.lower() for address in addresses})} if addresses else {}
    found = reader.find(ReturnedAddress, order="since", descending=True, **only)
    return [one for one in found if one.since is not None]
