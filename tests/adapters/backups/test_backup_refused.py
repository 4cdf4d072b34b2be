"""What is not restored, and what a backup or restore that fails leaves behind: nothing."""

import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.backups import backup as backup_module
from crm_workflows.adapters.backups.backup import backup
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.domain.errors import InvalidInput, OutsideFailure, Refused, StoreBusy
from crm_workflows.domain.records import Meta
from tests.adapters.backups.backing_up import contents, empty_sqlite_url, fill, hard_rows, put_back
from tests.adapters.rows import NOON

__all__ = ["empty_sqlite_url"]
pytestmark = pytest.mark.breaks_invariants("rows of nothing in particular, put in by hand")


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
    with pytest.raises(FileNotFoundError, match=r"none\.key"):  # told by its name, not as trouble with the backup
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


def test_a_key_that_is_gone_is_named_and_not_the_backup(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as gone:
        backup(sqlite_url, tmp_path / "b.zip", made_at=NOON, extra_files={"server.key": tmp_path / "server.key"})
    assert gone.value.filename == str(tmp_path / "server.key")
    assert not (tmp_path / "b.zip").exists()
