"""Who worked here when: the directories in force at an instant. It must not judge anybody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from crm_workflows.adapters.configuration.config_files import parse_calendar, parse_people
from crm_workflows.bootstrap import CLOCK_ORIGIN
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import ConfigVersion, Meta
from crm_workflows.engine.ports import Reader

SEEN_LATE = timedelta(seconds=2)
"""Real time: a process looks for a new people file every second."""


@dataclass(frozen=True)
class People:
    """The directories of one office, each from an instant on; the first counts for all that was before."""

    changes: Sequence[tuple[datetime, Directory]]
    zone: str
    seen_late: timedelta = timedelta()
    """For how long after a change somebody may still have acted under the directory before."""

    def at(self, instant: datetime) -> Iterator[tuple[Directory, date]]:
        """Every directory that may have counted at that instant, with the company's date."""
        today = instant.astimezone(ZoneInfo(self.zone)).date()
        ends = [since for since, _ in self.changes[1:]] + [None]
        for n, ((since, directory), end) in enumerate(zip(self.changes, ends, strict=True)):
            if (n == 0 or since <= instant) and (end is None or end + self.seen_late >= instant):
                yield directory, today


def applied(reader: Reader) -> tuple[People, ...]:
    """The people files that were applied to this store; none where none was."""
    versions = reader.find(ConfigVersion, kind="people", order="version")
    calendars = reader.find(ConfigVersion, kind="calendar", order="version", descending=True, limit=1)
    if not versions or not calendars:
        return ()
    origin = reader.get(Meta, CLOCK_ORIGIN)
    speed = float(origin.value.rpartition("|")[2]) if origin else 1.0
    changes = [(version.applied_at, _directory(version.content)) for version in versions]
    return (People(changes, _zone(calendars[0].content), SEEN_LATE * speed),)


@lru_cache(maxsize=64)
def _directory(text: str) -> Directory:
    return parse_people(text)


@lru_cache(maxsize=8)
def _zone(text: str) -> str:
    return parse_calendar(text, checked=True).zone
