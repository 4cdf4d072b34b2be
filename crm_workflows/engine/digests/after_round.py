"""The digest and the callbacks that a morning hands out (CB-3, G-10): it waits for them, and they come by it alone.

It must not open callbacks nor make digests.
"""

from datetime import datetime, timedelta
from typing import Final

from crm_workflows.domain.records import CaseRow, DueCallback, Meta, Round
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader

LEVELLED_ON: Final = "callbacks_levelled_on"
"""Under which the day stands on which callbacks were handed out last."""
ROUND: Final = "round"
"""The origin of a case that a round has opened."""
LONGEST: Final = timedelta(minutes=30)
"""For how long a round that is due, a hand-out that is not done or a callback not asked for yet holds digests back."""


def is_under_way(engine: Engine, reader: Reader, now: datetime) -> bool:
    """Whether callbacks of this morning are still to come: digests that were made now would go without them.

    Not for longer than `LONGEST`, whatever stands still; a round that was put off after a failure is not waited for.
    """
    rounds = reader.due(Round, "next_at", now, limit=100, is_paused=False)
    if any((one.retry_at is None or one.retry_at <= now) and _is_fresh(one.next_at, now) for one in rounds):
        return True
    hours = engine.staff.calendar()
    has_just_begun = hours.is_working(now) and not hours.is_working(now - LONGEST)
    if has_just_begun and not _is_handed_out(engine, reader, now):
        return True
    opening = reader.due(DueCallback, "opens_at", now, limit=100)
    begun = reader.due(CaseRow, "ready_at", now, limit=100, origin=ROUND)
    return any(_is_fresh(at, now) for at in (*(one.opens_at for one in opening), *(one.ready_at for one in begun)))


def _is_fresh(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - at < LONGEST


def _is_handed_out(engine: Engine, reader: Reader, now: datetime) -> bool:
    """Whether there is nothing to hand out, or it was done today."""
    held = reader.get(Meta, LEVELLED_ON)
    is_done = held is not None and held.value == engine.today(now).isoformat()
    return is_done or not reader.find(DueCallback, is_waiting=True, handed_at=None, limit=1)
