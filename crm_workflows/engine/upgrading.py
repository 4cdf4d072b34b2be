"""Moves a case deliberately to another version of its procedure, where that fits all it went through (G-8).

The other version is replayed against the journal and must come to the very point where the case stands. It must not
run anything: what is new in that version happens when the case goes on.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Never

from pydantic import ValidationError

from crm_workflows.domain.errors import InvalidInput, Refused, StoreBusy
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine import attention
from crm_workflows.engine.attempt import Parked
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ledger import Ledger
from crm_workflows.engine.opening import no_case
from crm_workflows.engine.ports import Transaction, Work
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.stretch import prepare, replay


class _AtItsEnd(BaseException):
    """The replay has used up the journal and would now do something new."""


class _Nothing:
    """Writes nothing: whoever would is at the end of the journal."""

    def transaction(self) -> AbstractContextManager[tuple[Transaction, CaseRow]]:
        raise _AtItsEnd

    def before_outside(self, flush: Callable[[], None]) -> None:  # noqa: ARG002
        raise _AtItsEnd


@dataclass(frozen=True)
class Moved:
    """A case that was moved, or could be: from which version to which, and what of the policy it takes up."""

    case: str
    before: int
    after: int
    policy_added: tuple[str, ...]


@carries_out("G-8")
def move(engine: Engine, code: str, to: int | None, *, by: str, only_try: bool = False) -> Moved:
    """Move a case to a version, the newest by default; with `only_try` say whether it could be.

    What the version reads of the policy and the case has not frozen is taken from the policy in force. Raises NotFound,
    InvalidInput when there is nothing to move or no such version, Refused when the version does not fit the case.
    """
    with engine.store.write() as tx:
        row = tx.lock_case(code)
        if row is None:
            raise no_case(code)
        target = _target(engine, row, to)
        policy = Policy({**engine.staff.policy(), **Policy.from_text(row.policy)})
        added = tuple(sorted(policy.keys() - Policy.from_text(row.policy).keys()))
        moved = replace(row, version=target.version, source_hash=target.source_hash, policy=policy.as_text)
        _check_fits(engine, tx, moved, target)
        if not only_try:
            ledger = Ledger(row)
            columns = {"version": moved.version, "source_hash": moved.source_hash, "policy": moved.policy}
            ledger.set(**columns, fence=row.fence + 1, leased_until=None, leased_by=None)
            ledger.audit(
                "moved_to_version", by, engine.clock.now(), before=row.version, after=moved.version,
                source=moved.source_hash, policy_added=list(added),
            )  # fmt: skip
            ledger.flush(tx, row)
    return Moved(code, row.version, target.version, added)


def _target(engine: Engine, row: CaseRow, to: int | None) -> Procedure:
    if row.status in ("closed", "cancelled"):
        raise InvalidInput(
            bilingual(f"案件 {row.code} 已结束，无需换版", f"case {row.code} is over; it need not be moved")
        )
    installed = sorted(version for name, version in engine.versions if name == row.process)
    wanted = to if to is not None else max(installed, default=row.version)
    if wanted == row.version:
        zh = f"案件 {row.code} 已在第 {wanted} 版上"
        raise InvalidInput(bilingual(zh, f"case {row.code} is on version {wanted} already"))
    if wanted not in installed:
        there = ", ".join(map(str, installed))
        zh = f"没有流程 {row.process} 的第 {wanted} 版，已安装：{there}"
        raise InvalidInput(bilingual(zh, f"there is no version {wanted} of {row.process}; installed are: {there}"))
    return engine.versions[row.process, wanted]


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


def _nothing_new(name: str, work: Work, *, retries: int, retry_delay_seconds: float) -> Never:  # noqa: ARG001
    raise _AtItsEnd


def _does_not_fit(row: CaseRow, why: str) -> Refused:
    zh = f"第 {row.version} 版与案件 {row.code} 的经过不符，案件留在原版：{why}"
    return Refused(bilingual(zh, f"version {row.version} does not fit case {row.code}, which stays where it is: {why}"))
