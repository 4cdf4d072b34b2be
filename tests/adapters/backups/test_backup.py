"""A backup holds everything at one moment, can be read without us, and restores into either database."""

import hashlib
import json
import shutil
import stat
import threading
import uuid
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_workflows.adapters.backups.backup import backup, restore
from crm_workflows.adapters.backups.backup_aftermath import held_because
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.audit import first_fault
from crm_workflows.domain.records import KEYS, UNIQUE, AuditEntry, Blob, CaseRow, JournalEntry, Link, Message, Meta
from crm_workflows.engine.record.auditing import RESTORED
from tests.adapters.backups.backing_up import contents, empty_sqlite_url, fill, hard_rows, put_back
from tests.adapters.rows import NOON, anything, entry, message

__all__ = ["empty_sqlite_url"]
pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")
EMPTY = ["empty_sqlite_url", "empty_postgres_url"]


def apart(n: int, row: Any) -> Any:
    """The row with keys that no other has; a blob under the hash of its content."""
    marks: dict[str, Any] = {name: f"{n}" for name in KEYS[type(row)] if isinstance(getattr(row, name), str)}
    marks = marks or dict.fromkeys(KEYS[type(row)], n)
    marks |= {names[0]: f"u{n}" for names in UNIQUE.get(type(row), ()) if len(names) == 1}
    if isinstance(row, Blob):
        content = row.content + f"{n}".encode()
        return Blob(hashlib.sha256(content).hexdigest(), content)
    return replace(row, **marks)


@pytest.mark.parametrize("target", EMPTY)
def test_restores_everything_into_either_database(
    sql_url: str, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    fill(sql_url, *hard_rows())
    key, new_key = tmp_path / "server.key", tmp_path / "home" / "server.key"
    key.write_bytes(b"\x00secret")
    counts = backup(sql_url, tmp_path / "b.zip", made_at=NOON, extra_files={"server.key": key})
    url = str(request.getfixturevalue(target))
    assert put_back(url, tmp_path / "b.zip", extra_files={"server.key": new_key}).rows == counts
    before, after = contents(sql_url), contents(url)
    assert after == before
    assert json.dumps(after[CaseRow][0].subject) == json.dumps(before[CaseRow][0].subject)
    assert counts["links"] == 1_001
    audit = after[AuditEntry]
    assert first_fault("SV-1", audit, 3, audit[-1].hash) is None
    assert new_key.read_bytes() == b"\x00secret"
    assert stat.S_IMODE(new_key.stat().st_mode) == 0o600


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(rows=st.tuples(*(st.lists(anything(record), min_size=1, max_size=2) for record in KEYS)))
def test_rows_of_every_class_survive(sqlite_template: Path, tmp_path: Path, rows: tuple[list[Any], ...]) -> None:
    folder = tmp_path / uuid.uuid4().hex
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "crm.db")
    fill(f"sqlite:///{folder}/crm.db", *(apart(n, row) for n, row in enumerate(row for some in rows for row in some)))
    backup(f"sqlite:///{folder}/crm.db", folder / "b.zip", made_at=NOON)
    put_back(f"sqlite:///{folder}/new.db", folder / "b.zip")
    assert contents(f"sqlite:///{folder}/new.db") == contents(f"sqlite:///{folder}/crm.db")


def test_both_databases_give_the_same_parts(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    for url, name in ((sqlite_url, "s.zip"), (postgres_url, "p.zip")):
        fill(url, *hard_rows())
        backup(url, tmp_path / name, made_at=NOON)
    with zipfile.ZipFile(tmp_path / "s.zip") as one, zipfile.ZipFile(tmp_path / "p.zip") as other:
        assert json.loads(one.read("manifest.json")) == json.loads(other.read("manifest.json"))
        assert all(one.read(name) == other.read(name) for name in one.namelist())


def test_the_file_can_be_read_without_us(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url, *hard_rows())
    backup(sqlite_url, tmp_path / "b.zip", made_at=NOON)
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["made_at"] == "2026-03-02T04:00:00+00:00"
        assert manifest["rows"]["audit"] == 3
        for name, part in manifest["parts"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == part["sha256"]
            if name.startswith("blobs/"):
                assert name.removeprefix("blobs/") == part["sha256"]
        first = json.loads(archive.read("tables/journal.jsonl").splitlines()[0])
    assert first["value"] == "a text that looks like 12"
    assert first["at"] == "2026-03-02T04:00:00.000000+00:00"


def test_a_backup_of_a_running_system_is_one_moment(sql_url: str, tmp_path: Path) -> None:
    stop = threading.Event()
    fill(sql_url, *(entry(n, "before") for n in range(600)), *(Link("before", f"{n}", "x") for n in range(600)))

    def keep_writing() -> None:
        n = 0
        with closing(open_store(sql_url)) as store:
            while not stop.is_set():
                with store.write() as tx:
                    tx.insert(entry(n, "during"), Link("during", f"{n}", "x"))
                n += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        counts = backup(sql_url, tmp_path / "b.zip", made_at=NOON)
    finally:
        stop.set()
        writer.join(20)
    assert counts["journal"] == counts["links"] >= 600
    put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "b.zip")
    found = contents(f"sqlite:///{tmp_path}/new.db")
    assert len(found[JournalEntry]) == len(found[Link]) == counts["links"]


def test_tells_how_far_it_is(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url, *hard_rows())
    told: list[tuple[int, int]] = []
    backup(sqlite_url, tmp_path / "b.zip", made_at=NOON, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] == len(told) == len(hard_rows())
    told.clear()
    put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "b.zip", progress=lambda d, t: told.append((d, t)))
    assert told[-1] == (len(hard_rows()), len(hard_rows()))
    assert any(done == total > len(hard_rows()) for done, total in told)


@pytest.mark.parametrize("target", EMPTY)
def test_mails_that_waited_are_held_and_the_restore_is_on_record(
    sqlite_url: str, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """After the backup they may have been sent: a person looks, instead of a second copy going out."""
    waiting = [
        replace(message(s), status=s, content=b"secret", next_at=NOON) for s in ("queued", "sending", "uncertain")
    ]
    over = [replace(message(s), status=s, content=b"kept", next_at=None) for s in ("sent", "failed")]
    fill(sqlite_url, *(apart(n, row) for n, row in enumerate((*waiting, *over))))
    backup(sqlite_url, tmp_path / "b.zip", made_at=NOON)
    url = str(request.getfixturevalue(target))
    done = restore(url, tmp_path / "b.zip", restored_at=NOON + timedelta(hours=5))
    assert (done.held, done.made_at) == (3, NOON)
    with closing(open_store(url)) as store, store.read() as reader:
        mails = reader.find(Message, order="id")
        assert [(m.status, m.content, m.next_at, m.claimed_until) for m in mails[:3]] == [
            ("failed", None, None, None)
        ] * 3
        assert {m.error for m in mails[:3]} == {held_because(NOON)}
        assert mails[3:] == contents(sqlite_url)[Message][3:]
        noted = reader.get(Meta, RESTORED)
        assert noted is not None
        times = {"made_at": "2026-03-02T04:00:00+00:00", "restored_at": "2026-03-02T09:00:00+00:00"}
        assert json.loads(noted.value) == [times]
    backup(url, tmp_path / "c.zip", made_at=NOON)
    again = f"sqlite:///{tmp_path}/again.db"
    assert restore(again, tmp_path / "c.zip", restored_at=NOON).held == 0
    with closing(open_store(again)) as store, store.read() as reader:
        noted = reader.get(Meta, RESTORED)
        assert noted is not None
        assert len(json.loads(noted.value)) == 2
