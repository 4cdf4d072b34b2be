"""Keeps mails to one domain apart, for those that close the door to whoever sends too many at once. It must not send.

When the next mail may go to a domain is one row for all processes, so that the limit is the installation's.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from crm_workflows.domain.records import Meta
from crm_workflows.engine.ports import Clock, Store

ANY: Final = "*"
_KEY: Final = "mail_pace/"
_MINUTE: Final = 60.0


class Pace:
    """Mails a minute by the recipient's domain, evenly spread; `ANY` stands for each domain that is not named."""

    def __init__(self, store: Store, clock: Clock, per_minute: Mapping[str, int]) -> None:
        self._store, self._clock, self._per_minute = store, clock, per_minute
        self._held_back: Counter[str] = Counter()

    def begin(self) -> None:
        """A new pass over the outbox."""
        self._held_back.clear()

    def wait_for(self, recipient: str) -> datetime | None:
        """None where a mail may go to this address now, which is counted; else when to ask again."""
        domain = recipient.rpartition("@")[2].lower()
        limit = self._per_minute.get(domain, self._per_minute.get(ANY))
        if limit is None:
            return None
        gap, now = _MINUTE / limit, self._clock.now()
        held = self._take(_KEY + domain, now, self._clock.after_real(gap))
        if held is None:
            return None
        # Each one that is held back asks at a time of its own, not all of them at once.
        self._held_back[domain] += 1
        first = self._clock.real_seconds((held - now).total_seconds())
        return self._clock.after_real(max(first, 0.0) + gap * (self._held_back[domain] - 1))

    def _take(self, key: str, now: datetime, then: datetime) -> datetime | None:
        """Move the row on, so that the next mail waits; until when it forbids that, where it does."""
        with self._store.write() as tx:
            if tx.insert_new(Meta(key, then.isoformat())):
                return None
            row = tx.get(Meta, key)
            held = datetime.fromisoformat(row.value) if row is not None else now
            if row is not None and held <= now:
                # Another process may have been faster.
                return None if tx.update(Meta, (key,), {"value": row.value}, value=then.isoformat()) else then
            return held
