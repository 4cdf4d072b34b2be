"""Amends the subject of a running case, on record with old, new, who and why; who decided on the old is asked again.

What an approval was given on cannot change behind its back: see decision 0020. It must not change anything where the
procedure would have gone another way, nor once a code was given on the strength of the old subject.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.audit import said_hash, subject_hash
from crm_workflows.domain.errors import CrmError, InvalidInput, NotEntitled, ProcedureChanged, Refused, StoreBusy
from crm_workflows.domain.forms import Form, Subject, examined, read_form
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import OVER, AuditEntry, CaseRow, JournalEntry, Json
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Change
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.repeats import OTHER_ANSWER
from crm_workflows.engine.decisions.revising import AtItsEnd, Revising, as_told
from crm_workflows.engine.journal import AMENDED, STEP, VisibleJournal, visible
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.requests.choosing import check_chosen
from crm_workflows.engine.requests.registered import check_registered
from crm_workflows.engine.running import attention, leases
from crm_workflows.engine.running.attempt import Inline, Parked, plainly
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.locking import no_case
from crm_workflows.engine.running.opening import search_text
from crm_workflows.engine.running.stretch import replay

MAY_AMEND: Final = ("process_owner", "admin")
"""Roles that may amend any case; besides them its owner and its requester."""


@dataclass(frozen=True)
class Amendment:
    """What somebody wants changed, and why; `values` by field of the subject, `contact.email` for one in another.

    None takes a value away, so that the form's own holds.
    """

    values: Mapping[str, Any]
    by: str
    reason: str
    channel: str
    evidence: str | None = None


@dataclass(frozen=True)
class Amended:
    """What was changed, and the requests by which people are asked again."""

    case: str
    changes: tuple[Change, ...]
    asked_again: tuple[str, ...]
    sentence: str
    at: datetime


class _OnlyTried(Exception):
    """Rolls back what was only tried."""

    def __init__(self, done: Amended) -> None:
        self.done = done


@carries_out("G-6")
def amend(engine: Engine, code: str, wanted: Amendment, *, only_try: bool = False) -> Amended:
    """Amend a case, or with `only_try` say what that would do. Raises NotFound, NotEntitled, InvalidInput or Refused,
    and has changed nothing then."""
    try:
        with engine.store.write() as tx:
            done = _amend(engine, tx, code, wanted, only_try=only_try)
            if only_try:
                raise _OnlyTried(done)
    except _OnlyTried as tried:
        return tried.done
    engine.store.wake()
    return done


def _amend(engine: Engine, tx: Transaction, code: str, wanted: Amendment, *, only_try: bool) -> Amended:
    row = tx.lock_case(code)
    if row is None:
        raise no_case(code)
    who = _entitled(engine, row, wanted)
    made = _made_before(tx, row, who, wanted)
    if made is not None:
        return made
    before, after = _subjects(engine, row, wanted)
    fields = _fields(before, after)
    if not fields:
        zh = f"案件 {code} 的内容已是如此，没有可更改的"
        raise InvalidInput(bilingual(zh, f"case {code} says so already; there is nothing to amend"))
    journal = visible(tx.find(JournalEntry, case=code, order="n"))
    _check_no_code(row, journal)
    attempt = _prepared(engine, tx, row, after, journal, fields, {"by": who.email, "reason": wanted.reason.strip()})
    _note(attempt, wanted, who)
    _carry_through(attempt)
    attempt.flush_into(tx, attempt.row)
    said = _said(code, attempt, only_try=only_try)
    return Amended(code, tuple(fields.values()), tuple(attempt.asked_again), said, attempt.now)


def _entitled(engine: Engine, row: CaseRow, wanted: Amendment) -> Person:
    person = engine.staff.directory().person(wanted.by)
    is_theirs = person is not None and bool({row.owner, row.requester} & set(person.emails))
    if person is None or not person.active or not (is_theirs or {*MAY_AMEND} & {*person.roles}):
        zh = f"只有案件 {row.code} 的负责人、申请人、流程负责人或管理员可以更改其内容"
        en = f"only the owner, the requester, a process owner or an admin can amend case {row.code}"
        raise NotEntitled(bilingual(zh, en))
    if row.status in OVER:
        zh = f"案件 {row.code} 已结束，内容不能再更改"
        raise InvalidInput(bilingual(zh, f"case {row.code} is over; what it was about cannot be amended any more"))
    if not wanted.reason.strip():
        raise InvalidInput(bilingual("更改内容须写明原因", "an amendment needs a reason"))
    return person


def _subjects(engine: Engine, row: CaseRow, wanted: Amendment) -> tuple[Subject, Subject]:
    """The subject before and after; InvalidInput naming the fields where it does not fit its form."""
    procedure = engine.procedure_of(row)
    plain: Any = deepcopy(row.subject)
    for path, value in wanted.values.items():
        _put(plain, path, value)
    today = engine.facts_today()
    was_wrong = examined(procedure.subject, row.subject, today)[1]  # of a time when nobody was asked; see `registered`
    after = read_form(procedure.subject, plain, procedure.title, None if was_wrong else today)
    if after.owner != row.subject.get("owner"):
        zh = f"负责人不能在此更改；请把案件 {row.code} 的事项改派给他人"
        raise InvalidInput(bilingual(zh, f"the owner of case {row.code} is not amended here; reassign its requests"))
    check_chosen(engine, procedure, after)
    before = procedure.subject.model_validate(row.subject)
    check_registered(engine, after, before)
    return before, after


def _put(plain: Any, path: str, value: Any) -> None:
    *parts, last = path.split(".")
    for part in parts:
        names = ", ".join(plain)
        plain = plain.get(part)
        if not isinstance(plain, dict):
            zh = f"没有字段 {path}，请核对名称；可用：{names}"
            raise InvalidInput(bilingual(zh, f"there is no field {path}; check its name, there are {names}"))
    if value is None:
        plain.pop(last, None)
    else:
        plain[last] = value


def _fields(before: Form, after: Form, within: str = "") -> dict[str, Change]:
    """The amended fields as facts by their path, what is confidential masked."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    found: dict[str, Change] = {}
    for name in (name for name in old if old[name] != new.get(name)):
        values = getattr(before, name), getattr(after, name)
        if isinstance(values[0], Form) and isinstance(values[1], Form):
            found |= _fields(*values, within=f"{name}.")
        else:
            others = [other for other in old if other != name]
            facts = [one.facts(leave_out=others, blanks=True)[0] for one in (before, after)]
            found[within + name] = Change(*facts)
    return found


def _check_no_code(row: CaseRow, journal: VisibleJournal) -> None:
    """What was given once on the strength of the subject, such as a code, must not find it changed."""
    given = next(
        (e for e in journal.stack if e.kind == STEP and isinstance(e.value, dict) and e.value.get("once")), None
    )
    if given is not None:
        zh = f"案件 {row.code} 已在 {given.rule} 分配代码或登记，内容不能再更改；请在其结束后另立新案"
        en = f"case {row.code} has been given its code in {given.rule} and cannot be amended; open another case for it"
        raise Refused(bilingual(zh, en))


def _prepared(
    engine: Engine,
    tx: Transaction,
    row: CaseRow,
    after: Subject,
    journal: VisibleJournal,
    fields: Mapping[str, Change],
    why: Mapping[str, str],
) -> Revising:
    """The attempt, on the case as it will stand; a worker that runs it on the old subject loses its right to write."""
    owner = engine.staff.directory().person(row.owner)
    columns: Json = {
        "subject": after.model_dump(mode="json"), "title": after.case_title, "language": after.language_hint,
        "search": search_text(row.code, after, owner) if owner else row.search,
    }  # fmt: skip
    ledger = Ledger(row)
    ledger.set(**columns)
    leases.revoke(ledger)
    amended, now = replace(row, **columns), engine.clock.now()
    return Revising(
        engine.procedure_of(row), journal, Inline(tx, row), amended, engine, now, ledger, plainly,
        seen=row.journal_length, tx=tx, fields=fields, why=why,
    )  # fmt: skip


def _note(attempt: Revising, wanted: Amendment, who: Person) -> None:
    """The revision in the journal, with old and new; in the audit chain by names and hashes only (G-7)."""
    row, n = attempt.row, len(attempt.journal.amendments) + 1
    told = [as_told(change) for change in attempt.fields.values()]
    value = {AMENDED: {**attempt.why, "fields": list(attempt.fields), "changes": told, "values": dict(wanted.values)}}
    entry = JournalEntry(row.code, 0, attempt.journal.round + 1, "G-6", f"G-6:amended#{n}", STEP, value, attempt.now)
    attempt.ledger.journal(entry)
    attempt.journal.read(entry)
    attempt.ledger.audit(
        "amended", who.email, attempt.now, fields=list(attempt.fields), subject=subject_hash(row.subject),
        channel=wanted.channel, said=said_hash(wanted.reason.strip(), dict(wanted.values)), evidence=wanted.evidence,
    )  # fmt: skip


def _made_before(reader: Reader, row: CaseRow, who: Person, wanted: Amendment) -> Amended | None:
    """What a call of the API did that is made again, by its key; InvalidInput where the key was used for another."""
    entries = reader.find(AuditEntry, case=row.code, event="amended") if wanted.channel == "api" else []
    entry = next((e for e in entries if e.data.get("evidence") == wanted.evidence), None)
    if entry is None:
        return None
    said = said_hash(wanted.reason.strip(), dict(wanted.values))
    if (entry.actor, entry.data["said"]) != (who.email, said):
        raise InvalidInput(OTHER_ANSWER)
    return Amended(row.code, (), (), bilingual(f"已更改 {row.code}", f"amended {row.code}"), entry.at)


def _carry_through(attempt: Revising) -> None:
    """Replay under the new subject; Refused where the procedure would have gone another way."""
    row, now = attempt.row, attempt.now
    try:
        try:
            replay(attempt)
        except Parked:
            attempt.journal.check_used_up()
        except AtItsEnd:
            attempt.journal.check_used_up()
            if row.status in ("waiting", "running"):
                attempt.ledger.set(ready_at=now, status="running")
    except ProcedureChanged as error:
        at = attempt.journal.stack[attempt.journal.position].rule
        zh = f"按新内容，案件 {row.code} 从 {at} 起应走另一条路，不能在原处更改；请先退回到 {at} 之前，或取消后重新发起"
        en = (
            f"with this, case {row.code} would have gone another way from {at} on and cannot be amended where it "
            "stands; have it sent back before that, or cancel it and start anew"
        )
        raise Refused(bilingual(zh, en)) from error
    except (Refused, StoreBusy):
        raise
    except CrmError as error:
        said = [attention.said_in(error, language) for language in ("zh", "en")]
        zh = f"案件 {row.code} 不能这样更改：{said[0]}"
        raise Refused(bilingual(zh, f"case {row.code} cannot be amended so: {said[1]}")) from error


def _said(code: str, attempt: Revising, *, only_try: bool) -> str:
    zh = "、".join(in_language(change.label, "zh") for change in attempt.fields.values())
    en = ", ".join(in_language(change.label, "en") for change in attempt.fields.values())
    n = len(attempt.asked_again)
    again = (f"；{n} 项就新内容重新征询", f"; {n} asked again on the new content") if n else ("", "")
    if only_try:
        return bilingual(f"将更改 {code}：{zh}{again[0]}", f"would amend {code}: {en}{again[1]}")
    return bilingual(f"已更改 {code}：{zh}{again[0]}", f"amended {code}: {en}{again[1]}")
