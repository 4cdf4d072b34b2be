"""Backup and restore, one kind of file for both databases, so that a company can move from one to the other.

A backup is one moment of a running system; nobody is stopped. It must not decide when or where backups are made.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table

from crm_workflows.adapters.backups.backup_aftermath import end_passes, hold_mails, put_on_record
from crm_workflows.adapters.backups.backup_archive import (
    CHUNK,
    ArchiveReader,
    ArchiveWriter,
    damaged,
    new_archive,
    opened_archive,
)
from crm_workflows.adapters.backups.backup_rows import Database, Progress, Source, Steps, Target, kind_of
from crm_workflows.adapters.database.opening import database_url, driver_connection
from crm_workflows.adapters.database.schema import known_versions, migrate
from crm_workflows.adapters.database.tables import METADATA
from crm_workflows.adapters.files import private_folder
from crm_workflows.domain.errors import InvalidInput, Refused
from crm_workflows.domain.text import bilingual

BLOBS: Final = "blobs"
"""Kept as files and not as lines, so that a document can be taken from a backup by hand."""
Names = Mapping[str, Path]


def backup(
    url: str, file: Path, *, made_at: datetime, extra_files: Names | None = None, progress: Progress | None = None
) -> dict[str, int]:
    """Write everything into `file`, which appears when complete; returns how many rows of each table.

    `extra_files` are kept beside the rows under the given names. Refused when `file` exists or the database has no
    tables, OutsideFailure when the file cannot be written, OSError when an extra file cannot be read, StoreBusy when
    the database cannot be read.
    """
    # Read first: what cannot be read is no trouble with the file that is written.
    extra = {name: path.read_bytes() for name, path in (extra_files or {}).items()}
    with driver_connection(url) as connection, new_archive(file) as archive:
        source = Source(connection, is_sqlite=_is_sqlite(url))
        source.begin()
        version = _version_to_back_up(source)
        counts = {table.name: source.count(table.name) for table in METADATA.sorted_tables}
        steps = Steps(sum(counts.values()), progress)
        for table in METADATA.sorted_tables:
            if table.name == BLOBS:
                _write_blobs(source, table, archive, steps)
            else:
                _write_table(source, table, archive, steps)
        for name, content in extra.items():
            with archive.part(f"extra/{name}") as part:
                part.write(content)
        archive.finish({"made_at": made_at.astimezone(UTC).isoformat(), **_facts(version, counts)})
    return counts


def _facts(version: str, counts: dict[str, int]) -> dict[str, Any]:
    kinds = {table.name: {c.name: kind_of(c.type) for c in table.c} for table in METADATA.sorted_tables}
    return {"version": version, "rows": counts, "tables": kinds}


def _version_to_back_up(source: Source) -> str:
    """A backup says which version its rows are of, so it is made by a program that knows that version best."""
    version, newest = source.version(), known_versions()[-1]
    if version != newest:
        raise Refused(
            bilingual(
                f"数据库结构的版本是 {version or '无'}，程序需要 {newest}，请先运行 crmw migrate",
                f"The database has version {version or 'none'} and the program {newest}; run crmw migrate first",
            )
        )
    return version


def _write_table(source: Source, table: Table, archive: ArchiveWriter, steps: Steps) -> None:
    columns = source.portable(table)
    with archive.part(f"tables/{table.name}.jsonl") as part:
        for row in source.rows(table):
            values = zip(columns, row, strict=True)
            portable = {name: None if value is None else convert(value) for (name, convert), value in values}
            part.write(json.dumps(portable, ensure_ascii=False).encode() + b"\n")
            steps.step()


def _write_blobs(source: Source, table: Table, archive: ArchiveWriter, steps: Steps) -> None:
    for sha256, content in source.rows(table, at_once=1):
        with archive.part(f"{BLOBS}/{sha256}") as part:
            for start in range(0, len(content), CHUNK):
                part.write(content[start : start + CHUNK])
        steps.step()


@dataclass(frozen=True)
class Restored:
    """What a restore put back: rows of each table, when the backup was made, and how many mails are held."""

    rows: dict[str, int]
    made_at: datetime
    held: int


def restore(
    url: str,
    file: Path,
    *,
    restored_at: datetime,
    hold: bool = True,
    extra_files: Names | None = None,
    progress: Progress | None = None,
) -> Restored:
    """Fill an empty database from a backup of either database.

    Hashes are verified before anything is written, rows and extra files go in together or not at all, and the tables
    are brought up to date at the end. `hold`: mails that were waiting may have been sent since, and are held for a
    person; sessions and tokens are ended. `extra_files` says where the files of these names go. InvalidInput when the
    file is no backup, is damaged or of a newer program; Refused when something is there already.
    """
    with opened_archive(file) as archive:
        version = str(archive.manifest["version"])
        if version not in known_versions():
            raise _of_a_newer_program(file.name)
        verified = Steps(sum(part["size"] for part in archive.parts.values()), progress)
        for size in archive.verify():
            verified.step(size)
        extra = {path: archive.content(f"extra/{name}") for name, path in (extra_files or {}).items()}
        for path, content in extra.items():
            if path.exists() and path.read_bytes() != content:
                raise _is_there_already(path.name, path.name)
        _make_tables(url, version)
        made_at = datetime.fromisoformat(archive.manifest["made_at"])

        def settle(target: Target) -> int:
            put_on_record(target, made_at, restored_at)
            if not hold:
                return 0
            end_passes(target, restored_at)
            return hold_mails(target, made_at)

        with driver_connection(url) as connection:
            held = _fill(Target(connection, is_sqlite=_is_sqlite(url)), archive, extra, progress, settle)
    migrate(url)
    return Restored(dict(archive.manifest["rows"]), made_at, held)


def _is_sqlite(url: str) -> bool:
    return database_url(url).get_backend_name() == "sqlite"


def _make_tables(url: str, version: str) -> None:
    """Tables of the backup's version, unless they are there."""
    path = database_url(url).database
    if _is_sqlite(url) and path is not None and not Path(path).exists():
        there = None
    else:
        with driver_connection(url) as connection:
            there = Database(connection, is_sqlite=_is_sqlite(url)).version()
    if there not in (None, version):
        raise _is_there_already("另一版本的数据表", "a database of another version")
    migrate(url, version)


def _fill(
    target: Target,
    archive: ArchiveReader,
    extra: dict[Path, bytes],
    progress: Progress | None,
    settle: Callable[[Target], int],
) -> int:
    steps = Steps(sum(archive.manifest["rows"].values()), progress)
    target.begin()
    with _files_kept_only_if_all_goes_well() as created:
        there = target.tables()
        for table, kinds in archive.manifest["tables"].items():
            if table not in there:
                raise damaged(archive.name, table)
            if target.count(table):
                raise _is_there_already("数据", "data")
            for size in target.insert(table, kinds, _rows(archive, table)):
                steps.step(size)
        held = settle(target)
        for path, content in extra.items():
            _write_private(path, content, created)
        target.connection.execute("COMMIT")
    return held


def _rows(archive: ArchiveReader, table: str) -> Iterator[dict[str, Any]]:
    if table != BLOBS:
        yield from archive.lines(f"tables/{table}.jsonl")
        return
    for name in archive.parts:
        folder, _, sha256 = name.partition("/")
        if folder == BLOBS:
            yield {"sha256": sha256, "content": archive.content(name)}


@contextmanager
def _files_kept_only_if_all_goes_well() -> Iterator[list[Path]]:
    created: list[Path] = []
    try:
        yield created
    except BaseException:
        for path in created:
            path.unlink(missing_ok=True)
        raise


def _write_private(path: Path, content: bytes, created: list[Path]) -> None:
    """Readable by its owner alone: it may be the key to every link and signature."""
    if path.exists():
        return
    private_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    created.append(path)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _is_there_already(zh: str, en: str) -> Refused:
    return Refused(
        bilingual(
            f"恢复需要一个空的数据库，但这里已有{zh}，什么都没有改动，请换一个新的位置",
            f"A restore needs an empty database, and {en} is there already; nothing was changed, choose a new place",
        )
    )


def _of_a_newer_program(name: str) -> InvalidInput:
    return InvalidInput(
        bilingual(
            f"备份 {name} 来自更新版本的程序，请先升级本程序再恢复",
            f"The backup {name} was made by a newer program; upgrade this one first, then restore",
        )
    )
