"""A backup holds everything at one moment, is believed only when whole, and restores into either database."""

import hashlib
import json
import random
import re
import shutil
import stat
import threading
import uuid
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_workflows.adapters.backups import backup as backup_module
from crm_workflows.adapters.backups.backup import Restored, backup, restore
from crm_workflows.adapters.backups.backup_aftermath import held_because
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.domain.audit import chained, first_fault
from crm_workflows.domain.errors import InvalidInput, OutsideFailure, Refused, StoreBusy
from crm_workflows.domain.records import KEYS, AuditEntry, Blob, CaseRow, JournalEntry, Link, Message, Meta
from crm_workflows.engine.record.auditing import RESTORED
from tests.adapters.rows import NOON, anything, case, entry, message

pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")

EMPTY = ["empty_sqlite_url", "empty_postgres_url"]


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path}/new.db"


def contents(url: str) -> dict[type, list[Any]]:
    """All rows but the note of a restore."""
    with closing(open_store(url)) as store, store.read() as reader:
        found = {record: reader.find(record) for record in KEYS}
    return found | {Meta: [row for row in found[Meta] if row.key != RESTORED]}


def put_back(url: str, file: Path, **how: Any) -> Restored:
    """Restore a backup after which nothing was sent."""
    return restore(url, file, **({"restored_at": NOON, "hold": False} | how))


def fill(url: str, *rows: Any) -> None:
    with closing(open_store(url)) as store, store.write() as tx:
        tx.insert(*rows)


def apart(n: int, row: Any) -> Any:
    """The row with keys that no other has; a blob under the hash of its content."""
    marks = {name: f"{n}" for name in KEYS[type(row)] if isinstance(getattr(row, name), str)}
    further = {"token_hash": f"t{n}", "message_id": f"<{n}>", "credit_code": f"c{n}", "idempotency_key": f"k{n}"}
    marks |= {name: value for name, value in further.items() if name in row.__dataclass_fields__}
    if isinstance(row, Blob):
        content = row.content + f"{n}".encode()
        return Blob(hashlib.sha256(content).hexdigest(), content)
    return replace(row, **marks)


def hard_rows() -> list[Any]:
    chain: list[AuditEntry] = []
    for n in range(3):
        before = chain[-1].hash if chain else ""
        chain.append(chained("SV-1", n, NOON, "步骤 done", "li", {"z": 1.0, "a": [None, 1e22]}, before))
    document = bytes(range(256)) * 5_000
    return [
        case("SV-1", subject={"z": "宏达\u0000", "a": 10**30, "f": 1e-7, "n": [True, None]}, title="«宏达»\n\t\\"),
        entry(0, "SV-1", value="a text that looks like 12"),
        entry(1, "SV-1", value=None),
        *chain,
        Blob(hashlib.sha256(document).hexdigest(), document),
        Blob(hashlib.sha256(b"").hexdigest(), b""),
        replace(message("M"), content=b"\x00\xff raw \r\n"),
        replace(message("N"), content=None),
        *(Link("SV-1", f"{n:04}", "repeat") for n in range(1_001)),
    ]


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


def rewritten(file: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Rebuild a zip, part by part; None leaves a part out."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            changed = change(name, content)
            if changed is not None:
                archive.writestr(name, changed)


def one_letter(name: str, content: bytes) -> bytes:
    return content.replace(b"li", b"wu", 1) if name == "tables/cases.jsonl" else content


def one_part(name: str, content: bytes) -> bytes | None:
    return None if name == "tables/cases.jsonl" else content


def no_manifest(name: str, content: bytes) -> bytes | None:
    return None if name == "manifest.json" else content


def newer(name: str, content: bytes) -> bytes:
    return re.sub(rb'"version": "\d{4}"', b'"version": "9999"', content) if name == "manifest.json" else content


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda file: rewritten(file, one_letter), "tables/cases.jsonl of the backup b.zip is damaged"),
        (lambda file: rewritten(file, one_part), "damaged"),
        (lambda file: rewritten(file, no_manifest), "damaged"),
        (lambda file: rewritten(file, newer), "newer program"),
        (lambda file: file.write_bytes(file.read_bytes()[:-100]), "not a complete backup"),
        (lambda file: file.write_bytes(b"hello"), "not a complete backup"),
        (lambda file: file.unlink(), "not a complete backup"),
    ],
    ids=["one letter", "one part", "manifest", "newer", "cut short", "no zip", "no file"],
)
def test_a_spoilt_file_restores_nothing(
    sqlite_url: str, tmp_path: Path, spoil: Callable[[Path], Any], sentence: str
) -> None:
    fill(sqlite_url, *hard_rows())
    backup(sqlite_url, tmp_path / "b.zip", made_at=NOON)
    spoil(tmp_path / "b.zip")
    with pytest.raises(InvalidInput, match=sentence):
        put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "b.zip")
    assert not (tmp_path / "new.db").exists()


def test_a_bit_that_flipped_on_the_disk_is_found(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url, *hard_rows())
    file = tmp_path / "b.zip"
    backup(sqlite_url, file, made_at=NOON)
    whole = file.read_bytes()
    dice = random.Random(7)
    for _ in range(25):
        spoilt = bytearray(whole)
        spoilt[dice.randrange(len(whole) // 2)] ^= 1 << dice.randrange(8)
        file.write_bytes(spoilt)
        try:
            put_back(f"sqlite:///{tmp_path}/new.db", file)
        except InvalidInput:
            assert not (tmp_path / "new.db").exists()
        else:  # A bit that says nothing, such as the date of an entry.
            assert contents(f"sqlite:///{tmp_path}/new.db") == contents(sqlite_url)
            for left in tmp_path.glob("new.db*"):
                left.unlink()


def test_refuses_a_database_that_is_in_use(sqlite_url: str, sql_url: str, tmp_path: Path) -> None:
    backup(sqlite_url, tmp_path / "b.zip", made_at=NOON)
    fill(sql_url, Meta("mine", "kept"))
    with pytest.raises(Refused, match="empty database"):
        put_back(sql_url, tmp_path / "b.zip", extra_files={})
    assert contents(sql_url)[Meta] == [Meta("mine", "kept")]


def test_does_not_replace_another_key(sqlite_url: str, tmp_path: Path) -> None:
    key, other = tmp_path / "server.key", tmp_path / "other.key"
    key.write_bytes(b"one")
    other.write_bytes(b"two")
    backup(sqlite_url, tmp_path / "b.zip", made_at=NOON, extra_files={"server.key": key})
    with pytest.raises(Refused, match=r"other\.key is there already"):
        put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "b.zip", extra_files={"server.key": other})
    assert other.read_bytes() == b"two"
    put_back(f"sqlite:///{tmp_path}/new.db", tmp_path / "b.zip", extra_files={"server.key": key})


def test_a_restore_that_fails_leaves_an_empty_database_and_no_key(
    sql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, new_key = tmp_path / "server.key", tmp_path / "new.key"
    key.write_bytes(b"secret")
    source = f"sqlite:///{tmp_path}/source.db"
    migrate(source)
    fill(source, *hard_rows())
    backup(source, tmp_path / "b.zip", made_at=NOON, extra_files={"server.key": key})
    write = backup_module._write_private

    def write_and_fail(*arguments: Any) -> None:
        write(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(backup_module, "_write_private", write_and_fail)
    with pytest.raises(ZeroDivisionError):
        put_back(sql_url, tmp_path / "b.zip", extra_files={"server.key": new_key})
    assert not new_key.exists()
    assert all(rows == [] for rows in contents(sql_url).values())
    monkeypatch.undo()
    put_back(sql_url, tmp_path / "b.zip", extra_files={"server.key": new_key})
    assert contents(sql_url) == contents(source)


def test_a_backup_that_fails_leaves_no_file(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with pytest.raises(OutsideFailure, match="cannot be written"):
        backup(sqlite_url, folder / "b.zip", made_at=NOON, extra_files={"server.key": tmp_path / "none.key"})
    assert list(folder.iterdir()) == []
    with pytest.raises(OutsideFailure, match="cannot be written"):
        backup(sqlite_url, tmp_path / "nowhere" / "b.zip", made_at=NOON)
    (folder / "b.zip").write_bytes(b"older backup")
    with pytest.raises(Refused, match="exists already"):
        backup(sqlite_url, folder / "b.zip", made_at=NOON)
    assert (folder / "b.zip").read_bytes() == b"older backup"


def test_there_is_nothing_to_back_up_without_tables(empty_sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="crmw migrate"):
        backup(empty_sqlite_url, tmp_path / "b.zip", made_at=NOON)
    assert not (tmp_path / "b.zip").exists()


def test_a_server_out_of_reach_is_busy(tmp_path: Path) -> None:
    with pytest.raises(StoreBusy):
        backup("postgresql://x@127.0.0.1:1/crm", tmp_path / "b.zip", made_at=NOON)
    assert list(tmp_path.iterdir()) == []


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
