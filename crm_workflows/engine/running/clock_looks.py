"""Looks at clocks that have come due: the holding letter, the word that one is over, else when to look again (CP-14).

It must not say how far a clock has run (see `clocks`).
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.elements import Clock
from crm_workflows.domain.errors import AuthorMistake, StoreBusy
from crm_workflows.domain.messages import Announcement, Letter
from crm_workflows.domain.people import NobodyToAsk, Person
from crm_workflows.domain.records import CaseClock, CaseRow
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.running.clocks import WARNED_AT, standing
from crm_workflows.engine.running.ledger import Ledger

log = logging.getLogger(__name__)
BATCH: Final = 100
LOOK_AGAIN: Final = timedelta(minutes=15)
"""How soon a clock that stands is looked at again."""
PutOff = Callable[[CaseClock, datetime, Exception], None]


def at_due(engine: Engine, put_off: PutOff) -> int:
    """Look at every clock that is due, each in a transaction of its own; returns how many. One that cannot be looked
    at is `put_off` and holds up no other."""
    now = engine.clock.now()
    with engine.store.read() as reader:
        due = reader.due(CaseClock, "next_at", now, limit=BATCH)
    for found in due:
        try:
            with engine.store.write() as tx:
                row, clock = tx.lock_case(found.case), tx.get(CaseClock, found.key)
                if row is not None and clock is not None and clock.next_at is not None and clock.next_at <= now:
                    look(engine, tx, row, clock, now)
        except StoreBusy:
            raise
        except Exception as error:
            log.exception("clock not looked at", extra={"case": found.case, "error": type(error).__name__})
            put_off(found, now, error)
    if due:
        engine.store.wake()
    return len(due)


@carries_out("CP-14")
def look(engine: Engine, tx: Transaction, row: CaseRow, clock: CaseClock, now: datetime) -> None:
    """What has come of a clock: the holding letter, that it is over, or only when to look again."""
    procedure, ledger = engine.procedure_of(row), Ledger(row)
    element = procedure.element(clock.name)
    if not isinstance(element, Clock):
        raise AuthorMistake(f"{clock.name} of case {row.code} is no clock of {procedure.name} any more; name it again")
    stands, limit = standing(engine, tx, row, clock, now), timedelta(hours=clock.hours)
    due = clock.begun_at + limit + stands.stood
    values: dict[str, Any] = {"due_at": due, "paused_seconds": int(stands.stood.total_seconds())}
    warned_at = clock.begun_at + limit * WARNED_AT / 100 + stands.stood
    desk = _Desk(engine, procedure, row, ledger, now)
    if clock.warned_at is None and warned_at <= now:
        values["warned_at"] = now
        desk.warn(element, clock, due)
    is_over = clock.late_at is None and due <= now
    if is_over:
        values["late_at"] = now
        desk.tell(element.late, f"{clock.key}/late", element.title, "时限已过 / the time limit is over", due)
        ledger.audit("clock_over", "engine", now, clock=clock.key, due=due.isoformat())
    following = None if is_over else due if "warned_at" in values or clock.warned_at else warned_at
    if following is not None and stands.is_paused:
        following = max(following, now + LOOK_AGAIN)
    ledger.update(CaseClock, (clock.key,), next_at=following, **values)
    ledger.flush(tx, row)


class _Desk(AnswerDesk):
    def warn(self, element: Clock, clock: CaseClock, due: datetime) -> None:
        """80 % are over: the holding letter to whom it was promised, and the word to those in charge."""
        if clock.contact and element.letter_title:
            to = Contact(**clock.contact)
            letter = Letter(
                case=mails.case_part(self.row, self.procedure, outside=True), to_name=to.name,
                title=element.letter_title, text=element.letter_text, facts=mails.facts(self._facts(due)),
            )  # fmt: skip
            self._queue(to.email, to.language, letter, f"{clock.key}/holding")
        self.tell(element.warned, f"{clock.key}/warned", element.title, "时限即将届满 / most of the time is over", due)
        self.ledger.audit("clock_warned", "engine", self.now, clock=clock.key, due=due.isoformat())

    def tell(self, who: Sequence[Approver], key: str, title: str, text: str, due: datetime) -> None:
        """An announcement to the staff named, each person once; where there is nobody, the others hear."""
        directory, today = self.engine.staff.directory(), self.engine.today(self.now)
        people: dict[str, Person] = {}
        for approver in who:
            try:
                found = directory.resolve(approver, on=today, subject_owner=self.row.owner)
            except NobodyToAsk:
                continue
            people |= {one.person.email: one.person for one in found}
        for person in people.values():
            news = Announcement(
                case=mails.case_part(self.row, self.procedure), to_name=person.shown_name(person.language),
                title=title, text=text, facts=mails.facts(self._facts(due)),
            )  # fmt: skip
            self._queue(person.email, person.language, news, key)

    def _facts(self, due: datetime) -> Shown:
        return Shown((Fact.of("时限 / Time limit", self.engine.staff.calendar().local(due)),))

    def _queue(self, to: str, language: str, context: Letter | Announcement, key: str) -> None:
        self.ledger.add(
            mails.mail_of(self.row.code, to, language, context, self.now, mail_domain=self.engine.mail_domain, key=key)
        )
