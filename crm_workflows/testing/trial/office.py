"""An office in memory in which a procedure is tried out: staff that stand still, secrets that are none.

It must not read files or a database: whoever opens it hands everything in.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.context import Engine, at_once
from crm_workflows.engine.procedure import Versions
from crm_workflows.testing.clock import ManualClock
from crm_workflows.testing.memory_store import MemoryStore, Tables


@dataclass(frozen=True)
class TrialStaff:
    """People, policy and calendar, the same for as long as the trial lasts."""

    people: Directory
    rules: Policy
    hours: WorkingCalendar

    def directory(self) -> Directory:
        return self.people

    def policy(self) -> Policy:
        return self.rules

    def calendar(self) -> WorkingCalendar:
        return self.hours


class TrialSecrets:
    """Implements the port `Secrets` without any secret: nobody outside ever sees what is made with it."""

    def nonce(self) -> str:
        return ""

    def token(self, request: str, person: str, revision: int, nonce: str) -> str:
        return hashlib.sha256(f"{request}|{person}|{revision}|{nonce}".encode()).hexdigest()

    def sign(self, purpose: str, value: str) -> str:
        return hashlib.sha256(f"{purpose}|{value}".encode()).hexdigest()

    def public_key(self) -> str:
        return ""

    def seal(self, content: bytes) -> str:
        return hashlib.sha256(content).hexdigest()

    def is_seal(self, public_key: str, content: bytes, signature: str) -> bool:  # noqa: ARG002 - nobody sealed it
        return signature == self.seal(content)


@dataclass(frozen=True)
class Moment:
    """A state to which a trial can go back."""

    tables: Tables
    at: datetime


class TrialOffice:
    """The engine over a store in memory; cases begin as soon as they are opened."""

    def __init__(self, versions: Versions, staff: TrialStaff, at: datetime) -> None:
        self.store, self.clock, self.staff = MemoryStore(), ManualClock(at), staff
        self.engine = Engine(
            store=self.store, clock=self.clock, staff=staff, secrets=TrialSecrets(), versions=versions,
            begins_at_once=at_once,
        )  # fmt: skip

    def moment(self) -> Moment:
        """The state now."""
        return Moment(self.store.snapshot(), self.clock.now())

    def go_back_to(self, moment: Moment) -> None:
        """Be in an earlier state again."""
        self.store.go_back_to(moment.tables)
        self.clock.at = moment.at

    def move_to(self, at: datetime | None) -> None:
        """Let the clock go on to an instant that has not passed."""
        if at is not None and at > self.clock.now():
            self.clock.move_to(at)
