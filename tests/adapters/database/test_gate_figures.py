"""What the views of approvals count, on rows by hand and each of the three stores: gates, decisions in a row, pairs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.business.figures.approvals import APPROVALS
from crm_workflows.business.figures.measuring import is_hit
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Decision
from crm_workflows.engine.ports import Store
from tests.adapters.rows import NOON, case, request

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SETTLED: Sequence[tuple[dict[str, Any], str]] = (
    ({"decision": "approve", "by": "li", "at": "2026"}, "approve"),
    ({"decision": "approve", "changed": {"limit": 1}}, "change"),
    ({"decision": "reject", "changed": {"limit": 1}}, "reject"),
    ({"decision": "send_back"}, "send_back"),
    ({"decision": "reject", "silence": True}, "silence"),
    ({"decision": "approve", "silence": False}, "approve"),
    ({"decision": "approve", "override": ["li", "wang"]}, "override"),
)
PAGE: dict[str, Any] = {"channel": "page", "effective": True}


def put(store: Store, *decided: tuple[str, str, str, timedelta, dict[str, Any]]) -> None:
    """Who decided whose request, how, when after noon; each its own case and approval."""
    with store.write() as tx:
        for n, (by, requester, word, after, more) in enumerate(decided):
            code = f"SV-2026-{n:05d}"
            identity, how = f"{code}-R1", PAGE | more
            made = Decision(identity, 1, code, word, by, at=NOON + after, **how)
            tx.insert(case(code, requester=requester), request(identity, case=code, status="decided"), made)


def counted(store: Store, name: str) -> list[tuple[str, bool]]:
    """What a figure lists, in order, and whether it counts in."""
    kpi = next(one for one in APPROVALS if one.name == name)
    with store.read() as reader:
        return [(one.what[8:13].lstrip("0") or "0", is_hit(kpi, one, Policy({}))) for one in reader.observed(kpi.view)]


def test_a_gate_is_told_by_how_it_was_settled_and_a_confirmation_or_what_is_open_is_none(store: Store) -> None:
    closed: dict[str, Any] = {"status": "decided", "closed_at": NOON + DAY}
    with store.write() as tx:
        tx.insert(case())
        for n, (outcome, _) in enumerate(SETTLED, 1):
            tx.insert(request(f"SV-2026-00001-R{n}", outcome=outcome, **closed))
        for n, other in enumerate(
            (
                closed | {"name": "confirm_start"}, closed | {"kind": "task"}, {"status": "open"},
                closed | {"status": "superseded"},
            ), 10,
        ):  # fmt: skip
            tx.insert(request(f"SV-2026-00001-R{n}", **(other | {"outcome": {"decision": "approve"}})))
    with store.read() as reader:
        found = reader.observed("gates")
    assert [one.result for one in found] == [word for _, word in SETTLED]
    assert {(one.part, one.person, one.began_at, one.ended_at) for one in found} == {
        ("SV-7：认定 / Recognition", None, NOON, NOON + DAY)
    }
    for name, hits in (("gate_changes", 3), ("gate_silence", 1), ("gate_override", 1)):
        assert sum(is_in for _, is_in in counted(store, name)) == hits, name


def test_decisions_follow_each_other_within_seconds_only_where_one_person_clicked_both(store: Store) -> None:
    reply, digest = {"channel": "reply", "evidence": "M-1"}, {"channel": "link", "evidence": "DG-1"}
    put(
        store,
        ("li", "x", "approve", 0 * SECOND, {}),
        ("li", "x", "approve", 10 * SECOND, {"channel": "link"}),
        ("wang", "x", "approve", 12 * SECOND, {}),
        ("li", "x", "reject", 21 * SECOND, {}),
        ("li", "x", "approve", 30 * SECOND, digest),
        ("li", "x", "approve", 31 * SECOND, digest),
        ("li", "x", "approve", 33 * SECOND, reply),
        ("li", "x", "submit", 34 * SECOND, {}),
        ("li", "x", "approve", 34 * SECOND, {"effective": False}),
        ("li", "x", "approve", 35 * SECOND, {}),
    )
    assert counted(store, "gate_in_a_row") == [("0", False), ("1", True), ("2", False), ("3", False), ("9", False)]


def test_two_approve_each_other_where_the_second_yes_comes_within_ninety_days(store: Store) -> None:
    put(
        store,
        ("li", "wang", "approve", 0 * DAY, {}),
        ("zhao", "li", "approve", 1 * DAY, {}),
        ("wang", "li", "change", 90 * DAY, {}),
        ("wang", "li", "approve", 91 * DAY, {}),
        ("li", "wang", "reject", 92 * DAY, {}),
        ("li", "li", "approve", 93 * DAY, {}),
        ("engine", "li", "approve", 94 * DAY, {"channel": "silence"}),
        ("li", "wang", "approve", 95 * DAY, {"channel": "reply", "evidence": "M-1"}),
    )
    assert counted(store, "gate_mutual") == [("0", False), ("1", False), ("2", True), ("3", False), ("7", True)]
