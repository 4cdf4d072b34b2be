"""Rows for tests: short ones by name, and any at all by hypothesis."""

import types
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

from hypothesis import strategies as st

from crm_workflows.domain.records import (
    KEYS,
    Assignee,
    AuditEntry,
    CaseClock,
    CaseRow,
    InboundMail,
    JournalEntry,
    Message,
    Pass,
    Request,
)

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def case(code: str = "SV-2026-00001", **columns: Any) -> CaseRow:
    """A running case of nothing in particular."""
    given: dict[str, Any] = {
        "process": "supplier-vetting",
        "version": 1,
        "source_hash": "0",
        "status": "running",
        "subject": {"company": "宏达五金"},
        "title": "宏达五金",
        "owner": "li",
        "requester": "li",
        "origin": "cli",
        "language": "zh",
        "policy": "{}",
        "opened_at": NOON,
    }
    return CaseRow(code, **(given | columns))


def entry(n: int, code: str = "SV-2026-00001", **columns: Any) -> JournalEntry:
    """One step of a case."""
    given: dict[str, Any] = {"round": 0, "rule": "SV-3", "key": f"SV-3:{n}", "kind": "step", "value": n, "at": NOON}
    return JournalEntry(code, n, **(given | columns))


def request(identity: str, **columns: Any) -> Request:
    """An open approval."""
    given: dict[str, Any] = {
        "case": "SV-2026-00001",
        "kind": "approval",
        "rule": "SV-7",
        "name": "recognition",
        "title": "认定 / Recognition",
        "key": "SV-7:recognition",
        "round": 0,
        "status": "open",
        "opened_at": NOON,
    }
    return Request(identity, **(given | columns))


def assignee(request_id: str, person: str, **columns: Any) -> Assignee:
    """A person who is asked."""
    given: dict[str, Any] = {
        "case": "SV-2026-00001",
        "name": person.title(),
        "role": "head_of_marketing",
        "language": "zh",
        "nonce": "n",
        "token_hash": f"{request_id}/{person}",
        "asked_at": NOON,
    }
    return Assignee(request_id, person, **(given | columns))


def message(identity: str, **columns: Any) -> Message:
    """A queued mail that may be sent since noon."""
    given: dict[str, Any] = {
        "case": "SV-2026-00001",
        "template": "ask",
        "recipient": "wang@example.com",
        "language": "zh",
        "context": {},
        "status": "queued",
        "message_id": f"<{identity}@example.com>",
        "queued_at": NOON,
        "next_at": NOON,
    }
    return Message(identity, **(given | columns))


def audit(n: int, code: str = "SV-2026-00001") -> AuditEntry:
    """A link of the chain."""
    return AuditEntry(code, n, NOON, "opened", "li", {"n": n}, "", f"{n:064}")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
INTEGER = st.integers(-(2**63), 2**63 - 1)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))])
INSTANT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001 - gets its zone
JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | JSON_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXT, inner, max_size=4),
    max_leaves=12,
)
KINDS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: INTEGER,
    bool: st.booleans(),
    bytes: st.binary(max_size=300),
    datetime: INSTANT,
    Any: JSON,
}
CHOICES: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (CaseRow, "status"): st.sampled_from(["running", "waiting", "closed", "needs_attention", "cancelled"]),
    (CaseRow, "outcome"): st.sampled_from([None, "approved", "rejected", "lapsed", "withdrawn", "resolved", "done"]),
    (JournalEntry, "kind"): st.sampled_from(["step", "open", "outcome", "back"]),
    (Request, "kind"): st.sampled_from(["approval", "task", "documents", "timer"]),
    (Message, "status"): st.sampled_from(["queued", "sending", "sent", "failed", "uncertain"]),
    (CaseClock, "status"): st.sampled_from(["running", "stopped", "superseded", "withdrawn"]),
    (Pass, "kind"): st.sampled_from(["session", "token"]),
    (InboundMail, "status"): st.sampled_from(["new", "applied", "unclear", "unreadable"]),
}
"""Columns with a CHECK."""


def anything(record: type, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any row of this class that a database takes."""
    strategies = {
        field.name: CHOICES[record, field.name] if (record, field.name) in CHOICES else _of(field.type)
        for field in fields(record)
    }
    return st.builds(record, **(strategies | columns))


def any_row() -> st.SearchStrategy[Any]:
    """Any row of any class."""
    return st.sampled_from(list(KEYS)).flatmap(anything)


def _of(kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, types.UnionType):
        return st.none() | next(KINDS[one] for one in get_args(kind) if one is not type(None))
    return KINDS[kind]


class Undo(BaseException):
    """Leaves a transaction without a trace; not an Exception, as parking is not."""


def codes(rows: list[CaseRow]) -> list[str]:
    return [row.code for row in rows]
