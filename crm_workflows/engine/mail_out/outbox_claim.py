"""Holds the mails that this sender has taken, so that no other sends them meanwhile. It must not send anything.

A claim lasts a few real seconds and is renewed from a thread while a slow server keeps us waiting, so that the mails of
a killed sender are taken over soon. It only avoids needless copies: safety lies in every write expecting our claim.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Message
from crm_workflows.engine.ports import Clock, Store, Transaction

log = logging.getLogger(__name__)
CLAIM_SECONDS: Final = 4.0
"""Real seconds, as for leases of cases: a killed process is replaced within 5."""


class Claim:
    """The mails of one pass, earliest first; shared with the thread that renews."""

    def __init__(self, store: Store, clock: Clock, limit: int) -> None:
        """Claims up to `limit` mails that are due, in its own commit."""
        self._store, self._clock = store, clock
        self._lock = threading.Lock()
        with store.write() as tx:
            # Counted from here: whoever had to wait for the database would begin with a claim that has run out, and
            # two who began to wait at one instant would have the same.
            self._until = clock.after_real(CLAIM_SECONDS)
            self.messages = tx.claim_mail(clock.now(), self._until, limit)
        self._held = {message.id for message in self.messages}

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Renew while the block runs; what is still held at its end is let go."""
        done = threading.Event()
        thread = threading.Thread(target=self._renew, args=(done,), name="mail-claim", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        self._let_go()

    def mark(self, message: Message, **values: object) -> bool:
        """Write the columns in an own commit and go on holding; False when the claim was lost to another sender."""
        with self._lock, self._store.write() as tx:
            return tx.update(Message, (message.id,), {"claimed_until": self._until}, **values)

    @contextmanager
    def finishing(self, message: Message, **values: object) -> Iterator[Transaction | None]:
        """Write the columns and let the mail go, in one commit with what the block adds; None when it was lost."""
        with self._lock, self._store.write() as tx:
            held = tx.update(Message, (message.id,), {"claimed_until": self._until}, claimed_until=None, **values)
            yield tx if held else None
        self._held.discard(message.id)

    def _renew(self, done: threading.Event) -> None:
        while not done.wait(CLAIM_SECONDS / 3):
            try:
                with self._lock:
                    self._until = self._move_to(self._clock.after_real(CLAIM_SECONDS))
            except StoreBusy as error:
                log.warning("claims on mails not renewed", extra={"error": error.message})

    def _move_to(self, until: datetime | None) -> datetime:
        with self._store.write() as tx:
            held = {"id": sorted(self._held), "claimed_until": self._until}
            tx.update_where(Message, held, claimed_until=until)
        return until or self._until

    def _let_go(self) -> None:
        if self._held:
            self._move_to(None)
