"""Rounds in the store in memory: what `round_ports` promises, customer by customer. It must not become clever."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from crm_workflows.domain.records import UNFINISHED, CallbackEvent, CaseRow, ComplaintEntry, Customer, DueCallback, Link
from crm_workflows.engine.round_ports import (
    BLOCKED,
    CALLED,
    CONTACTED,
    FOLLOW_UP,
    LATE,
    NOT_CALLED,
    OPEN_CALLBACK,
    OPEN_COMPLAINT,
    OPTED_OUT,
    Calls,
    Piece,
)


class MemoryRoundReading:
    """Part of a reader."""

    def _rows(self, record: type) -> dict[tuple[object, ...], Any]:
        raise NotImplementedError

    def _chosen(self, calls: Calls, piece: Piece) -> Iterator[Customer]:
        for row in sorted(self._rows(Customer).values(), key=lambda row: str(row.code)):
            is_here = row.code > piece.after and (piece.last is None or row.code <= piece.last)
            if is_here and _fits(calls, row) and (row.last_contact_at or row.registered_at) <= calls.silent_since:
                yield row

    def _reason(self, calls: Calls, row: Customer) -> str | None:
        holds = {
            BLOCKED: row.status != "active",
            OPTED_OUT: not row.consents,
            OPEN_CALLBACK: self._holds_open(row),
            OPEN_COMPLAINT: self._complains(row),
            CONTACTED: not (self._is_closer(calls, row) or _is_time(calls, row)),
        }
        return next((why for why in NOT_CALLED if holds[why]), None)

    def _holds_open(self, row: Customer) -> bool:
        held = self._rows(CaseRow).get((row.open_callback,))
        return held is not None and held.status in UNFINISHED

    def _is_closer(self, calls: Calls, row: Customer) -> bool:
        until, cut = row.complaint_until, calls.closer.get(row.tier)
        holds = row.overdue_since is not None or bool(until and calls.at and until > calls.at)
        if not holds or cut is None or (row.last_contact_at or row.registered_at) > cut:
            return False
        last = self._rows(DueCallback).get((row.code,))
        return last is None or last.case is None or last.handed_at is None or last.handed_at <= cut

    def _complains(self, row: Customer) -> bool:
        own = {one.case for one in self._rows(ComplaintEntry).values() if one.customer == row.code}
        if own:
            links = self._rows(Link).values()
            own |= {one.other for one in links if one.relation == FOLLOW_UP and one.case in own}
        cases = (self._rows(CaseRow).get((code,)) for code in own)
        return any(case is not None and case.status in UNFINISHED for case in cases)

    def _called(self, calls: Calls, piece: Piece) -> Iterator[Customer]:
        return (row for row in self._chosen(calls, piece) if self._reason(calls, row) is None)

    def last_of_piece(self, after: str, many: int) -> str | None:
        codes = sorted(str(row.code) for row in self._rows(Customer).values() if row.code > after)
        return codes[many - 1] if len(codes) >= many else None

    def called(self, calls: Calls, limit: int) -> list[Customer]:
        return list(islice(self._called(calls, Piece()), limit))

    def called_by_owner(self, calls: Calls) -> list[tuple[str, int]]:
        return sorted(Counter(calls.does or row.owner for row in self._called(calls, Piece())).items())

    def not_called(self, calls: Calls, piece: Piece) -> dict[str, int]:
        found = Counter(self._reason(calls, row) for row in self._chosen(calls, piece))
        return {why: found[why] for why in NOT_CALLED if why in found}

    def waiting_by_owner(self) -> list[tuple[str, int]]:
        return sorted(Counter(row.owner for row in self._queue()).items())

    def _queue(self) -> list[DueCallback]:
        rows = [row for row in self._rows(DueCallback).values() if row.is_waiting and row.handed_at is None]
        return sorted(rows, key=lambda row: (row.priority, row.silent_since, row.customer))


class MemoryRoundWriting(MemoryRoundReading):
    """Part of a transaction."""

    def _put(self, row: Any) -> None:
        raise NotImplementedError

    def make_due(self, calls: Calls, piece: Piece, at: datetime) -> int:
        made = 0
        for row in list(self._called(calls, piece)):
            before = self._rows(DueCallback).get((row.code,))
            if before is None or not (before.is_waiting or before.occurrence == calls.occurrence):
                since, priority = row.last_contact_at or row.registered_at, _priority(calls, row)
                who = calls.does or row.owner
                self._put(DueCallback(row.code, who, priority, since, calls.why, calls.round, calls.occurrence, at))
                made += 1
        return made

    def make_events_due(self, calls: Calls, piece: Piece, too_late: datetime, at: datetime) -> int:
        here = [row for row in self._rows(CallbackEvent).values() if row.due_at is not None and row.due_at <= at]
        made = 0
        for event in sorted(here, key=lambda row: (row.customer, row.due_at, row.why, row.reference)):
            if not (event.customer > piece.after and (piece.last is None or event.customer <= piece.last)):
                continue
            customer = self._rows(Customer).get((event.customer,))
            outcome = _calls_nobody(event, customer, too_late)
            if outcome is None and customer is not None:
                outcome = self._made_due(event, customer, calls, at)
                made += outcome == CALLED
            if outcome is not None:
                self._put(replace(event, due_at=None, settled_at=at, outcome=outcome))
        return made

    def _made_due(self, event: CallbackEvent, row: Customer, calls: Calls, at: datetime) -> str | None:
        before = self._rows(DueCallback).get((row.code,))
        occurrence = f"{event.why}/{event.reference}"
        if (
            not _fits(calls, row)
            or self._holds_open(row)
            or self._complains(row)
            or (before is not None and before.is_waiting)
        ):
            return None
        since = row.last_contact_at or row.registered_at
        self._put(DueCallback(row.code, calls.does or row.owner, 0, since, event.why, calls.round, occurrence, at))
        return CALLED

    def hand_out(self, capacity: int, day: tuple[datetime, datetime], at: datetime) -> int:
        handed = [
            row.owner for row in self._rows(DueCallback).values() if row.handed_at and day[0] <= row.handed_at < day[1]
        ]
        room, done = Counter(handed), 0
        for row in self._queue():
            room[row.owner] += 1
            if room[row.owner] <= capacity:
                self._put(replace(row, handed_at=at, opens_at=at))
                done += 1
        return done


def _fits(calls: Calls, row: Customer) -> bool:
    has_tag = not calls.tag or f"|{calls.tag}|" in (row.tags or "")
    return has_tag and all(getattr(row, name) == value for name, value in calls.equals.items())


def _calls_nobody(event: CallbackEvent, row: Customer | None, too_late: datetime) -> str | None:
    due = event.due_at or too_late
    late = LATE if due < too_late else None
    if row is None:
        return late
    contacted = row.last_contact_at is not None and row.last_contact_at >= due
    holds = {BLOCKED: row.status != "active", OPTED_OUT: not row.consents, CONTACTED: contacted}
    return next((why for why, is_so in holds.items() if is_so), late)


def _is_time(calls: Calls, row: Customer) -> bool:
    if calls.agreed_by is not None and row.next_callback_at is not None:
        return row.next_callback_at <= calls.agreed_by
    since = row.last_contact_at or (row.registered_at if calls.agreed_by else None)
    return row.tier in calls.tiers and (since is None or since <= calls.tiers[row.tier])


def _priority(calls: Calls, row: Customer) -> int:
    last, has_date = row.last_contact_at, calls.agreed_by is not None and row.next_callback_at is not None
    is_agreed = has_date and last is not None and last > calls.tiers[row.tier]
    return 0 if is_agreed else list(calls.tiers).index(row.tier) + 1
