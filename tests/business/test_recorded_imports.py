"""Who had which table taken in stays on record: how far it is, what came of it, and where it was interrupted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business.imports import KINDS, Source, latest, said_of, take_in
from crm_workflows.business.imports.recording import SILENT
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import ImportRun
from crm_workflows.testing import MemoryStore
from tests.business.tables import HEAD, NAMES, as_csv, lines
from tests.office import Office

SOURCE = Source("客户.csv", "5e" * 32, "liu.yang@yongchang.example", "page")


def nobody(*_: object) -> None:
    """Hears what is told."""


def taken(office: Office, rows: list[Sequence[Any]], mode: Any = "all", heard: Any = nobody) -> None:
    table = opened(as_csv(rows), SOURCE.file)
    take_in(office.engine, KINDS["customers"], table, SOURCE, mode, nobody, heard)


def record(office: Office) -> ImportRun:
    with office.engine.store.read() as reader:
        return latest(reader, 1)[0]


def test_the_latest_import_stands_first_and_looking_leaves_nothing() -> None:
    office = Office(MemoryStore())
    began = office.clock.now()
    taken(office, [HEAD, *lines(*NAMES)])
    office.clock.move_to(began + timedelta(minutes=1))
    taken(office, [HEAD, *lines(*NAMES)], "preview")
    done = record(office)
    counts = (done.rows, done.added, done.changed, done.unchanged, done.bad, done.is_written)
    assert counts == (3, 3, 0, 0, 0, True)
    assert (done.kind, done.file, done.sha256, done.by, done.channel, done.ended_at) == (
        "customers", SOURCE.file, SOURCE.sha256, SOURCE.by, "page", began,
    )  # fmt: skip
    taken(office, [HEAD, *lines(*NAMES), ["坏"]])
    refused = record(office)
    assert (refused.code > done.code, refused.is_written, refused.bad) == (True, False, 1)
    assert said_of(refused, office.engine).endswith("1 of 4 rows with problems; nothing written")


def test_one_that_stops_says_why_and_one_that_falls_silent_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_workflows.business.imports.running.CHUNK", 2)
    office = Office(MemoryStore())
    with pytest.raises(InvalidInput):
        taken(office, [["x"]])
    assert record(office).problem.startswith("前 10 行中没有表头")

    def dies(done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taken(office, [HEAD, *lines(*NAMES)], "good", dies)
    left = record(office)
    assert (left.rows, left.ended_at) == (2, None)
    assert said_of(left, office.engine).endswith("under way: 2 rows so far")
    office.clock.move_to(left.seen_at + SILENT)
    assert said_of(left, office.engine).endswith("interrupted after 2 rows; import the same file again")
