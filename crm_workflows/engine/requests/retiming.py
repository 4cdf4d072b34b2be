"""Moves the times of what is open to the working calendar in force, when that has been changed (G-4, 0021).

It must not count what has come already: who was reminded is not reminded again, and nothing is told by mail. Every
instant is counted anew from where its turn began, so that doing it twice changes nothing, whoever did it first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.durations import Duration
from crm_workflows.domain.elements import FormTask, Gate, Papers
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests import pausing
from crm_workflows.engine.requests.desk import AnswerDesk
from crm_workflows.engine.requests.timing import calendars_of, instant, times
from crm_workflows.engine.running.ledger import Ledger, flush_all

CHUNK: Final = 200
"""Cases per transaction: more would let a decision wait behind them."""
Changes = dict[str, dict[str, Any]]
"""Columns to set, by the id of the request."""


@carries_out("G-4")
def follow(engine: Engine) -> int:
    """Count the times of every open request by the calendar in force; returns how many have changed.

    In chunks of cases, each read at once and written at once, with an entry in the record of each case concerned.
    """
    with engine.store.read() as reader:
        codes = [code for (code,) in reader.columns(CaseRow, "code", status=["waiting", "running", "needs_attention"])]
    moved = 0
    for start in range(0, len(codes), CHUNK):
        with engine.store.read() as reader:
            found = _changes(engine, reader, codes[start : start + CHUNK])
        if found:
            moved += _write(engine, sorted({request.rpartition("-R")[0] for request in found}))
    if moved:
        engine.store.wake()
    return moved


def _write(engine: Engine, codes: Sequence[str]) -> int:
    """What has changed meanwhile is counted as it stands under the lock of its case."""
    now = engine.clock.now()
    with engine.store.write() as tx:
        rows = [row for code in codes if (row := tx.lock_case(code)) is not None]
        ledgers = {row.code: Ledger(row) for row in rows}
        found = _changes(engine, tx, list(ledgers))
        for request, columns in found.items():
            ledger = ledgers[request.rpartition("-R")[0]]
            ledger.update(Request, (request,), **columns)
            told = {name: _text(at) for name, at in columns.items() if name != "shows"}
            ledger.audit("retimed", "engine", now, request=request, **told)
        flush_all(tx, [ledger for ledger in ledgers.values() if ledger.updates])
    return len(found)


def _text(at: Any) -> Any:
    return at.isoformat() if isinstance(at, datetime) else at


def _changes(engine: Engine, reader: Reader, codes: Sequence[str]) -> Changes:
    requests = reader.find(Request, case=list(codes), status="open")
    if not requests:
        return {}
    rows = {row.code: row for row in reader.find(CaseRow, code=list({request.case for request in requests}))}
    asked: dict[str, list[Assignee]] = defaultdict(list)
    for assignee in reader.find(Assignee, request=[request.id for request in requests]):
        asked[assignee.request].append(assignee)
    found: Changes = {}
    for request in requests:
        counted = dict(_counted(engine, rows[request.case], request, asked[request.id]))
        columns = {name: value for name, value in counted.items() if getattr(request, name) != value}
        if columns:
            found[request.id] = columns
    return found


def _counted(engine: Engine, row: CaseRow, request: Request, asked: Sequence[Assignee]) -> Iterator[tuple[str, Any]]:
    """The times of a request by the calendar in force; none for what cannot be counted: a date that was given, or the
    case of a version that is not installed."""
    try:
        procedure = engine.procedure_of(row)
        element = procedure.element(request.name) if request.kind != "timer" else None
    except AuthorMistake:
        return
    since = max((one.asked_at for one in asked), default=request.opened_at)
    desk = AnswerDesk(engine, procedure, row, Ledger(row), since)
    if isinstance(element, Gate | FormTask):
        turn = times(desk, element, [one.person for one in asked if one.is_active])
        to_come = {name for name, at in pausing.waiting(request).items() if at is not None} & set(turn)
        calendars = calendars_of(engine, [one.person for one in asked if one.is_active])
        counted = {name: pausing.after_pauses(request, turn[name], calendars) for name in to_come}
        yield from pausing.put(request, counted).items()
    elif isinstance(element, Papers) and "term" not in request.shows:
        desk.now = since if request.due_at else request.opened_at
        yield from _of_papers(desk, element, request)
    elif "for" in request.shows:
        desk.now = request.opened_at
        at = instant(desk, Duration(**request.shows["for"]))
        yield from (("due_at", at), ("lapse_at", at))


def _of_papers(desk: AnswerDesk, papers: Papers, request: Request) -> Iterator[tuple[str, Any]]:
    """Of several reminders those that have not come yet; when it is due, and the end, where the papers declare them."""
    pending = len(request.reminders) + (request.remind_at is not None)
    planned = sorted(at for duration in papers.remind if (at := instant(desk, duration)) is not None)
    later = planned[len(planned) - pending :] if pending else []
    yield "remind_at", later[0] if later else None
    yield "reminders", [at.isoformat() for at in later[1:]]
    yield from ((name, instant(desk, papers.due)) for name in ("due_at", "escalate_at") if getattr(request, name))
    if papers.lapse is not None:
        yield "lapse_at", instant(desk, papers.lapse)
