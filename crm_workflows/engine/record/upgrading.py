"""Moves a case deliberately to another version or source of its procedure, where that fits all it went through (G-8).

The other one is replayed against the journal and must come to the very point where the case stands. It must not run
anything: what is new there happens when the case goes on. What the case had is kept, to go back to.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Literal, Never

from pydantic import ValidationError

from crm_workflows.domain.errors import CrmError, InvalidInput, Refused, StoreBusy
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import OVER, UNFINISHED, CaseRow, JournalEntry, Move, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader, Transaction, Work
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.record.doctor import opened_of, said
from crm_workflows.engine.record.doctor_ahead import Ahead
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.attempt import Parked
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.locking import no_case
from crm_workflows.engine.running.stretch import prepare, replay


class _AtItsEnd(BaseException):
    """The replay has used up the journal and would now do something new."""


class _Nothing:
    """Writes nothing: whoever would is at the end of the journal."""

    def transaction(self) -> AbstractContextManager[tuple[Transaction, CaseRow]]:
        raise _AtItsEnd

    def before_outside(self, flush: Callable[[], None]) -> None:  # noqa: ARG002
        raise _AtItsEnd


@dataclass(frozen=True)
class Code:
    """On what a case runs."""

    version: int
    source_hash: str


@dataclass(frozen=True)
class Moved:
    """What became of a case, or would: `why` where it cannot be moved, and what of the policy it takes up."""

    case: str
    plan: Literal["moves", "stays", "blocked"]
    before: Code
    after: Code
    why: str = ""
    policy_added: tuple[str, ...] = ()


def cases_of(engine: Engine, what: str, *, moved: bool = False) -> list[str]:
    """The open cases of a process, or those that were `moved`; the case itself where `what` is a code.

    Raises NotFound for what is neither.
    """
    with engine.store.read() as reader:
        if reader.get(CaseRow, what) is not None:
            return [what]
        if what.isupper():
            raise no_case(what)
        engine.procedure(what)
        codes = [str(row[0]) for row in reader.columns(CaseRow, "code", process=what, status=UNFINISHED)]
        return [code for code in codes if not moved or _last_move(reader, code)]


def plan(engine: Engine, code: str, to: int | None = None) -> Moved:
    """Whether a case stays, moves or is blocked, and why; changes nothing. Raises NotFound, InvalidInput."""
    return _each(engine, code, to, by=None)


@carries_out("G-8")
def move(engine: Engine, code: str, to: int | None, *, by: str) -> Moved:
    """Move a case to a version, the newest by default; one that cannot be is left as it is, and told why.

    What the version reads of the policy and the case has not frozen is taken from the policy in force. Raises NotFound,
    InvalidInput where the case is over or there is no such version.
    """
    return _each(engine, code, to, by=by)


def _each(engine: Engine, code: str, to: int | None, *, by: str | None) -> Moved:
    with engine.store.write() as tx:
        row = _locked(tx, code)
        target = _target(engine, row, to)
        before, after = Code(row.version, row.source_hash), Code(target.version, target.source_hash)
        if before == after:
            return Moved(code, "stays", before, after, bilingual("已在该版本上", "it is on that version already"))
        policy = Policy({**engine.staff.policy(), **Policy.from_text(row.policy)})
        added = tuple(sorted(policy.keys() - Policy.from_text(row.policy).keys()))
        moved = replace(row, version=after.version, source_hash=after.source_hash, policy=policy.as_text)
        try:
            _check_fits(engine, tx, moved, target)
            _check_finds_people(engine, tx, row, moved, target)
        except Refused as refusal:
            return Moved(code, "blocked", before, after, refusal.message)
        if by is not None:
            _write(engine, tx, row, moved, by, added)
    return Moved(code, "moves", before, after, policy_added=added)


def _write(engine: Engine, tx: Transaction, row: CaseRow, moved: CaseRow, by: str, added: tuple[str, ...]) -> None:
    now, ledger = engine.clock.now(), Ledger(row)
    held = tx.find(JournalEntry, case=row.code, order="n")
    n = tx.count(Move, case=row.code) + 1
    ledger.add(Move(row.code, n, now, by, _columns(row), _columns(moved), len(held), _hash(held)))
    ledger.set(**_columns(moved), fence=row.fence + 1, leased_until=None, leased_by=None)
    ledger.audit(
        "moved_to_version", by, now, before=row.version, after=moved.version, source=moved.source_hash,
        policy_added=list(added),
    )  # fmt: skip
    ledger.flush(tx, row)


@carries_out("G-8")
def undo(engine: Engine, code: str, *, by: str) -> Moved:
    """Take the last move back: version, source and policy as they were.

    A case that has gone on since goes back only where the code of before fits that too; else it is left and told why.
    Raises NotFound, InvalidInput where nothing was moved.
    """
    with engine.store.write() as tx:
        row = _locked(tx, code)
        last = _last_move(tx, code)
        if last is None:
            zh, en = f"案件 {code} 没有可撤销的换版", f"case {code} was not moved, or that has been undone"
            raise InvalidInput(bilingual(zh, en))
        back = replace(row, **last.before)
        told = Moved(code, "moves", Code(row.version, row.source_hash), Code(back.version, back.source_hash))
        try:
            _check_unchanged(tx, last)
            _check_fits(engine, tx, back, engine.procedure_of(back))
        except CrmError as error:
            return replace(told, plan="blocked", why=error.message)
        now, ledger = engine.clock.now(), Ledger(row)
        ledger.set(**_columns(back), fence=row.fence + 1, leased_until=None, leased_by=None)
        ledger.update(Move, (code, last.n), undone_at=now)
        ledger.audit("move_undone", by, now, before=row.version, after=back.version, source=back.source_hash)
        ledger.flush(tx, row)
    return told


def _locked(tx: Transaction, code: str) -> CaseRow:
    row = tx.lock_case(code)
    if row is None:
        raise no_case(code)
    if row.status in OVER:
        raise InvalidInput(bilingual(f"案件 {code} 已结束，无需换版", f"case {code} is over; it need not be moved"))
    return row


def _target(engine: Engine, row: CaseRow, to: int | None) -> Procedure:
    installed = sorted(version for name, version in engine.versions if name == row.process)
    wanted = to if to is not None else max(installed, default=row.version)
    if wanted not in installed:
        there = ", ".join(map(str, installed))
        zh = f"没有流程 {row.process} 的第 {wanted} 版，已安装：{there}"
        raise InvalidInput(bilingual(zh, f"there is no version {wanted} of {row.process}; installed are: {there}"))
    return engine.versions[row.process, wanted]


def _columns(row: CaseRow) -> dict[str, object]:
    return {"version": row.version, "source_hash": row.source_hash, "policy": row.policy}


def _last_move(reader: Reader, code: str) -> Move | None:
    moves = reader.find(Move, case=code, undone_at=None, order="n", descending=True, limit=1)
    return moves[0] if moves else None


def _hash(journal: list[JournalEntry]) -> str:
    lines = [json.dumps(asdict(one), sort_keys=True, ensure_ascii=False, default=str) for one in journal]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check_unchanged(tx: Transaction, last: Move) -> None:
    held = tx.find(JournalEntry, case=last.case, order="n")[: last.journal_length]
    if _hash(held) != last.journal_hash:
        zh = f"案件 {last.case} 换版前的经过已被改动，无法撤销；请核查数据库"
        raise Refused(
            bilingual(zh, f"what case {last.case} went through before it was moved was altered; look into it")
        )


def _check_fits(engine: Engine, tx: Transaction, row: CaseRow, target: Procedure) -> None:
    try:
        for request in tx.find(Request, case=row.code, status="open"):
            if request.kind != "timer":
                target.element(request.name)
        attempt = prepare(engine, tx, Ledger(row), _Nothing(), engine.clock.now(), _nothing_new)
        try:
            replay(attempt)
        except Parked:
            attempt.journal.check_used_up()
            return
        except _AtItsEnd:
            attempt.journal.check_used_up()
    except StoreBusy:
        raise
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) or error.title for one in error.errors())
        raise _does_not_fit(row, f"what was said before does not fit ({fields})") from error
    except Exception as error:  # whatever the other version makes of the case, the case stays as it is
        raise _does_not_fit(row, attention.detail_of(error)) from error
    if row.status == "waiting":
        raise _does_not_fit(row, "it would no longer wait for what the case waits for")


def _check_finds_people(engine: Engine, reader: Reader, row: CaseRow, moved: CaseRow, target: Procedure) -> None:
    """Refuse a version in which a gate or task ahead asks nobody who is here, unless it does so now already (G-5)."""
    ahead, mine = Ahead(engine, engine.clock.now()), opened_of(reader, [row.code])[row.code]
    made = ahead.procedure_of(row)
    already = {element.name for element, *_ in ahead.stuck(made, row, mine)} if made else set()
    for element, error, _ in ahead.stuck(target, moved, mine):
        if element.name not in already:
            zh, en = (f"{element.rule} {in_language(element.title, language)}" for language in ("zh", "en"))
            cause = said(error)
            zh = f"第 {moved.version} 版的 {zh} 会使案件 {row.code} 办不下去，案件留在原版：{in_language(cause, 'zh')}"
            en = f"at {en} of version {moved.version}, case {row.code} would get stuck, so it stays where it is: " + (
                in_language(cause, "en")
            )
            raise Refused(bilingual(zh, en))


def _nothing_new(name: str, work: Work, *, retries: int, retry_delay_seconds: float) -> Never:  # noqa: ARG001
    raise _AtItsEnd


def _does_not_fit(row: CaseRow, why: str) -> Refused:
    zh = f"第 {row.version} 版与案件 {row.code} 的经过不符，案件留在原版：{why}"
    return Refused(bilingual(zh, f"version {row.version} does not fit case {row.code}, which stays where it is: {why}"))
