"""Carries out the rounds of callbacks that are due (CB-2, CB-3): goes through the register, each occurrence once.

It must not say when a round is due, nor who has room for a callback (`levelling`).
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from crm_workflows.business import levelling
from crm_workflows.business.events import TOO_LATE
from crm_workflows.business.rounds import AT_ONCE, calls_of, following
from crm_workflows.domain.cron import zone_of
from crm_workflows.domain.errors import NotFound, StoreBusy
from crm_workflows.domain.messages import CasePart
from crm_workflows.domain.records import Customer, Round, RoundRun
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.round_ports import (
    BLOCKED,
    CONTACTED,
    NOT_CALLED,
    OPEN_CALLBACK,
    OPEN_COMPLAINT,
    OPTED_OUT,
    Calls,
    Piece,
)
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.attention import PUT_OFF, said_in

log = logging.getLogger(__name__)
PIECE: Final = 20_000
"""Customers looked at in one commit: others who write wait for it."""
TITLE: Final = bilingual("定期回访计划", "Recurring round of callbacks")
REASONS: Final = {
    BLOCKED: bilingual("已冻结", "blocked"),
    OPTED_OUT: bilingual("不同意联系", "opted out"),
    OPEN_CALLBACK: bilingual("回访进行中", "with a callback open"),
    OPEN_COMPLAINT: bilingual("投诉处理或回访中", "with a complaint or its follow-up open"),
    CONTACTED: bilingual("期间已有联系或未到期", "contacted since or not due"),
}
FAILED: Final = bilingual("回访计划未能执行", "a round of callbacks could not be carried out")
REMEDY: Final = bilingual(
    "请查明原因；系统每小时重试，其他计划照常进行",
    "find out why; it is tried again every hour, and all other rounds go on",
)


@carries_out("CB-2", "CB-3")
def fire(engine: Engine) -> int:
    """Carry out every round that is due and open the callbacks that somebody has room for; returns how many opened.

    Safe in several processes. What was missed is caught up once: the next occurrence is counted from now. After a kill
    in the middle the same occurrence goes on from the piece that was not committed. A round that fails holds up no
    other.
    """
    now = engine.clock.now()
    with engine.store.read() as reader:
        due = reader.due(Round, "next_at", now, limit=AT_ONCE, is_paused=False)
    fired = [_one(engine, one, now) for one in due if one.retry_at is None or one.retry_at <= now]
    if any(fired) or levelling.is_morning(engine, now):
        levelling.hand_out(engine, now)
    return levelling.open_handed_out(engine, now)


def _one(engine: Engine, one: Round, now: datetime) -> bool:
    try:
        carry_out(engine, one, now)
    except StoreBusy:
        raise
    except Exception as error:
        log.exception("round not carried out", extra={"round": one.code, "error": type(error).__name__})
        with engine.store.write() as tx:
            is_put_off = tx.update(Round, (one.code,), {"next_at": one.next_at}, retry_at=now + PUT_OFF)
            if is_put_off and one.retry_at is None:
                _tell_admins(engine, tx, one, error, now)
        return False
    return True


def _tell_admins(engine: Engine, tx: Transaction, one: Round, error: Exception, now: datetime) -> None:
    """Once for each occurrence, however often it fails."""
    part = CasePart(case=one.code, title=one.title, process=TITLE, url_path=f"/schedules?code={one.code}")
    attention.tell_admins_of(engine, tx, part, FAILED, partial(said_in, error), REMEDY, now, f"round/{one.next_at}")


def carry_out(engine: Engine, one: Round, now: datetime) -> None:
    """Go through the register, or through what a process that died has left of it, and say when the round is next."""
    is_over = one.valid_to is not None and now.astimezone(zone_of(one.zone)).date().isoformat() > one.valid_to
    if not is_over and one.next_at is not None:
        wanted = calls_of(engine, one, now)
        run = _run_of(engine, wanted, now)
        while run.ended_at is None:
            run = _piece(engine, wanted, run)
        log.info("round carried out", extra={"round": one.code, "due": run.due, "not_called": run.not_called})
    with engine.store.write() as tx:
        # Only if nobody has carried it out or edited it meanwhile.
        done = {"next_at": following(engine, one, now), "fired_at": now, "retry_at": None}
        tx.update(Round, (one.code,), {"next_at": one.next_at}, **done)


def _run_of(engine: Engine, wanted: Calls, now: datetime) -> RoundRun:
    """The way of this occurrence through the register: begun now, or as far as a process before has come."""
    with engine.store.write() as tx:
        tx.insert_new(RoundRun(wanted.round, wanted.occurrence, now, tx.count(Customer)))
        return _held(tx, wanted)


def _held(reader: Reader, wanted: Calls) -> RoundRun:
    run = reader.get(RoundRun, wanted.round, wanted.occurrence)
    if run is None:
        raise NotFound(bilingual(f"回访计划 {wanted.round} 的记录丢失", f"the run of round {wanted.round} is gone"))
    return run


def _piece(engine: Engine, wanted: Calls, run: RoundRun) -> RoundRun:
    """One piece of the register in one commit: its callbacks and how far the round has come stand or fall together.

    A round that was paused meanwhile has come to its end.
    """
    with engine.store.read() as reader:
        last = reader.last_of_piece(run.done_to, PIECE)
    here: dict[str, object] = {"done_to": run.done_to, "ended_at": None}
    now = engine.clock.now()
    with engine.store.write() as tx:
        key = (wanted.round, wanted.occurrence)
        if not tx.update(Round, (wanted.round,), {"is_paused": False}, retry_at=None):  # holds it until the commit
            tx.update(RoundRun, key, here, ended_at=now)
        elif tx.update(RoundRun, key, here, done_to=last or run.done_to, ended_at=None if last else now):
            piece = Piece(run.done_to, last)
            made = _events(tx, wanted, piece, now) + tx.make_due(wanted, piece, now)
            others = tx.not_called(wanted, piece)
            before = run.not_called or {}
            tx.update(
                RoundRun, key, looked_at=run.looked_at + PIECE if last else max(run.total, run.looked_at),
                due=run.due + made, not_called={why: before.get(why, 0) + others.get(why, 0) for why in NOT_CALLED},
            )  # fmt: skip
        return _held(tx, wanted)


def _events(tx: Transaction, wanted: Calls, piece: Piece, now: datetime) -> int:
    """What has happened calls before what has only become late: the caller is to know of it (CB-1)."""
    by = wanted.agreed_by
    return 0 if by is None else tx.make_events_due(wanted, piece, by - TOO_LATE, now)


def last_runs(reader: Reader, codes: Iterable[str]) -> dict[str, RoundRun]:
    """The latest way of each round through the register: how far it is, or what came of it."""
    found = (reader.find(RoundRun, round=code, order="began_at", descending=True, limit=1) for code in codes)
    return {run.round: run for (run,) in filter(None, found)}


def said_of(run: RoundRun) -> str:
    """One bilingual line: how far, how many are due, how many were not called and why."""
    many, total, due = f"{run.looked_at:,}", f"{run.total:,}", f"{run.due:,}"
    if run.ended_at is None:
        zh = f"进行中：共 {total} 家，已查 {many} 家，到期 {due} 家"
        return bilingual(zh, f"under way: {many} of {total} customers looked at, {due} due")
    others = left_out(run.not_called or {})
    zh = "，".join(filter(None, (f"到期 {due} 家", in_language(others, "zh"))))
    return bilingual(zh, ", ".join(filter(None, (f"{due} due", in_language(others, "en")))))


def left_out(not_called: Mapping[str, int]) -> str:
    """How many whom a round chooses are not called, and why, a label; empty for nobody."""
    others = [(REASONS[name], count) for name, count in not_called.items() if count]
    zh = "，".join(f"{in_language(why, 'zh')} {count:,} 家" for why, count in others)
    en = ", ".join(f"{count:,} {in_language(why, 'en')}" for why, count in others)
    return bilingual(zh, en) if others else ""
