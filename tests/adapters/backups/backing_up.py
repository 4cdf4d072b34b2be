"""Databases to be filled, backed up and put back."""

import hashlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.backups.backup import Restored, restore
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.audit import chained
from crm_workflows.domain.records import KEYS, AuditEntry, Blob, Link, Meta
from crm_workflows.engine.record.auditing import RESTORED
from tests.adapters.rows import NOON, case, entry, message


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path}/new.db"


def contents(url: str) -> dict[type, list[Any]]:
    """All rows but the note of a restore."""
    with closing(open_store(url)) as store, store.read() as reader:
        found: dict[type, list[Any]] = {record: reader.find(record) for record in KEYS}
    return found | {Meta: [row for row in found[Meta] if row.key != RESTORED]}


def put_back(url: str, file: Path, **how: Any) -> Restored:
    """Restore a backup after which nothing was sent."""
    return restore(url, file, **{"restored_at": NOON, "hold": False, **how})


def fill(url: str, *rows: Any) -> None:
    with closing(open_store(url)) as store, store.write() as tx:
        tx.insert(*rows)


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
