"""Where a case stands in its diagram: done, current, to do. Read from the visible journal; it must not draw."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from crm_workflows.domain.records import CaseRow, JournalEntry, Request
from crm_workflows.engine.journal import STEP, visible
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.views.diagram import Diagram, Node
from crm_workflows.interfaces.web.diagram_svg import State

SHORT: Final = 12
"""A diagram of so many nodes is read at a glance."""
BEFORE: Final = 2
AFTER: Final = 3


def states_of(diagram: Diagram, reader: Reader, row: CaseRow) -> dict[str, State]:
    """The state of every node; what a send-back cut away is to do again."""
    journal = visible(reader.find(JournalEntry, case=row.code, order="n"))
    done = {entry.key.partition("#")[0] for entry in journal.stack if entry.kind == STEP}
    done |= {key.partition("#")[0] for key in journal.outcomes}
    open_now = {f"{r.rule}:{r.name}" for r in reader.find(Request, case=row.code, status="open")}
    states: dict[str, State] = {}
    for node in diagram.nodes:
        states[node.key] = "current" if node.key in open_now else "done" if _is_done(node, row, done) else "todo"
    standing = next((n for n in diagram.nodes if states[n.key] == "todo" and not n.is_conditional), None)
    if standing is not None and row.status == "needs_attention":
        states[standing.key] = "attention"
    elif standing is not None and row.status == "running" and not open_now:
        states[standing.key] = "current"
    return states


def nearby(diagram: Diagram, states: Mapping[str, State]) -> Diagram:
    """Where the case stands, with what came just before and may come next; a short diagram is left whole."""
    if len(diagram.nodes) <= SHORT:
        return diagram
    walked = [n for n, node in enumerate(diagram.nodes) if states[node.key] != "todo"]
    standing = [n for n in walked if states[diagram.nodes[n].key] != "done"]
    here = standing or walked[-1:] or [0]
    before = [n for n in walked if n < here[0]][-BEFORE:]
    after = range(here[-1] + 1, here[-1] + 1 + AFTER) if standing else ()
    kept = {diagram.nodes[n].key: diagram.nodes[n] for n in (*before, *here, *after) if n < len(diagram.nodes)}
    return replace(diagram, nodes=tuple(kept.values()))  # what the source names at two places is one thing here


def _is_done(node: Node, row: CaseRow, done: set[str]) -> bool:
    if node.kind == "end":
        return row.status == "closed" and row.outcome == node.exits[0].outcome
    return node.key in done
