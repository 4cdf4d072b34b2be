"""An office in memory and on the databases (tests/one_database.py says on which).

Which rules a story executed is held against `flows/rules_shown.json`; `make rules` writes that file anew. A rule that
holds in every process (G-1 … G-10) is executed by nearly every story, so it counts only for those that say they are
about it: `@pytest.mark.shows("G-3")`.
"""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from crm_workflows.domain.records import CaseRow, JournalEntry, Message
from crm_workflows.engine.ports import Store
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.views.catalogue import EVERYWHERE, mails_of
from tests.adapters.conftest import (
    empty_postgres_url,
    open_again,
    postgres,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
)
from tests.flows.observing import executed_from_here_on
from tests.office import ROOT, Office, shipped_company

__all__ = ["empty_postgres_url", "open_again", "postgres", "postgres_url", "sqlite_template", "sqlite_url", "store"]
SHOWN = ROOT / "flows" / "rules_shown.json"


@pytest.fixture
def office(store: Store, request: pytest.FixtureRequest) -> Iterator[Office]:
    """The shipped company at work on a Monday morning."""
    about = {rule for mark in request.node.iter_markers("shows") for rule in mark.args}
    with pytest.MonkeyPatch.context() as patching:
        executed = executed_from_here_on(patching) if about else set()
        opened = Office(store)
        yield opened
    assert about <= executed, f"nothing that carries out {sorted(about - executed)} was run"
    _hold_against_the_record(rules_executed(opened) | about, request.node.nodeid.partition("[")[0])
    assert mails_not_in_the_catalogue(opened) == set(), "docs/processes.md would not tell of them"


def mails_not_in_the_catalogue(office: Office) -> set[tuple[str, str]]:
    """(process, kind) of each mail about a case that the catalogue of its process does not have."""
    with office.engine.store.read() as reader:
        sent = {(mail.case, mail.template) for mail in reader.find(Message)}
        processes = {row.code: row.process for row in reader.find(CaseRow)}
    met = {(processes[case], kind) for case, kind in sent if case in processes}
    return {(process, kind) for process, kind in met if kind not in _kinds(office.engine.procedure(process))}


@cache
def _kinds(made: Procedure) -> set[str]:
    people, policy, _ = shipped_company()
    return set().union(*(sent.kinds() for sent in (*EVERYWHERE, *mails_of(made, people, policy))))


def _hold_against_the_record(executed: set[str], story: str) -> None:
    if os.environ.get("CRMW_WRITE_RULES"):
        folder = Path(os.environ["CRMW_WRITE_RULES"])
        (folder / f"{story.replace('/', '.')}.json").write_text(json.dumps([story, sorted(executed)]))
        return
    shown = json.loads(SHOWN.read_text(encoding="utf-8"))
    recorded = {rule for rule, stories in shown.items() if story in stories}
    assert recorded == executed, f"{story} now shows {sorted(executed)}, recorded is {sorted(recorded)}; run make rules"


def rules_executed(office: Office) -> set[str]:
    """The rules of steps done and of requests answered or lapsed, in any round."""
    with office.engine.store.read() as reader:
        entries = reader.find(JournalEntry, kind=["step", "outcome"])
    return {entry.rule for entry in entries if entry.rule.startswith(("SV-", "ON-", "CB-", "CP-", "RP-"))}
