"""People, policy and calendar in force, read from the database and kept for a second. It must not change them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crm_workflows.adapters.clock import monotonic
from crm_workflows.adapters.configuration.config_files import parse_calendar, parse_people, parse_policy
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import ConfigVersion
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.ports import Reader, Staff, Store

KINDS = ("people", "policy", "calendar")
FRESH_SECONDS = 1.0


@dataclass(frozen=True)
class _InForce:
    versions: tuple[int, ...]
    directory: Directory
    policy: Policy
    calendar: WorkingCalendar


class StoredStaff:
    """What is in force; a change by any process is seen after at most a second. Safe between threads."""

    def __init__(self, store: Store, monotonic_clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = monotonic_clock
        self._lock = threading.Lock()
        self._held: _InForce | None = None
        self._read_at = float("-inf")

    def directory(self) -> Directory:
        """Everybody, with roles, managers and deputies."""
        return self._in_force().directory

    def policy(self) -> Policy:
        """The policy that a case opened now is given."""
        return self._in_force().policy

    def calendar(self) -> WorkingCalendar:
        """The company's working calendar."""
        return self._in_force().calendar

    def forget(self) -> None:
        """Read again at the next use: after this process has applied a change."""
        with self._lock:
            self._read_at = float("-inf")

    def _in_force(self) -> _InForce:
        held = self._held
        if held is not None and self._clock() - self._read_at < FRESH_SECONDS:
            return held
        with self._lock:
            if self._held is None or self._clock() - self._read_at >= FRESH_SECONDS:
                self._held = self._read(self._held)
                self._read_at = self._clock()
            return self._held

    def _read(self, held: _InForce | None) -> _InForce:
        with self._store.read() as reader:
            found = [version_in_force(reader, kind) for kind in KINDS]
        missing = [kind for kind, version in zip(KINDS, found, strict=True) if version is None]
        people, policy, calendar = found
        if people is None or policy is None or calendar is None:
            raise ConfigurationError(
                [
                    bilingual(
                        f"尚无生效的 {kind}，请用 crmw {kind} apply 文件 使其生效",
                        f"no {kind} is in force; apply a file with crmw {kind} apply FILE",
                    )
                    for kind in missing
                ]
            )
        versions = (people.version, policy.version, calendar.version)
        if held is not None and held.versions == versions:
            return held
        return _InForce(
            versions,
            parse_people(people.content),
            parse_policy(policy.content),
            parse_calendar(calendar.content, checked=True),
        )


@dataclass(frozen=True)
class ProposedStaff:
    """The staff as it would be under another people file: policy and calendar are those in force."""

    in_force: Staff
    people: Directory

    def directory(self) -> Directory:
        return self.people

    def policy(self) -> Policy:
        return self.in_force.policy()

    def calendar(self) -> WorkingCalendar:
        return self.in_force.calendar()


def version_in_force(reader: Reader, kind: str) -> ConfigVersion | None:
    """The highest version of people, policy or calendar; None when none was ever applied."""
    found = reader.find(ConfigVersion, kind=kind, order="version", descending=True, limit=1)
    return found[0] if found else None


def put_in_force(store: Store, kind: str, content: str, changes: list[str], by: str, at: datetime) -> int:
    """Make a checked text the next version; returns its number. The history stays."""
    with store.write() as tx:
        held = version_in_force(tx, kind)
        version = held.version + 1 if held else 1
        tx.insert(ConfigVersion(kind, version, content, at, by, changes))
    return version
