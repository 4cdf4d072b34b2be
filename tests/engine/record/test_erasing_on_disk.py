"""What is erased leaves the file of SQLite too once it is made compact, as docs/erasure.md says (G-7)."""

import sqlite3
from pathlib import Path

import pytest

from crm_workflows.engine.record import erasing
from tests.engine.conftest import Install
from tests.engine.record.test_erasing import handed_in, order
from tests.engine.toy_bodies import collected
from tests.engine.toys import SUPPLIER, toy


@pytest.mark.parametrize("open_again", ["sqlite"], indirect=True)
def test_a_compact_file_has_nothing_of_them_left(install: Install, tmp_path: Path) -> None:
    office = install(toy(collected, name="collected", code="TC"))
    handed_in(office)
    erasing.erase(office.engine, order(SUPPLIER))
    (file,) = tmp_path.rglob("*.db")
    connection = sqlite3.connect(file)
    for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
        assert SUPPLIER.encode() in file.read_bytes() or statement != "VACUUM", "this is why"
        connection.execute(statement)
    connection.close()
    for one in tmp_path.rglob("*.db*"):
        assert SUPPLIER.encode() not in one.read_bytes()
        assert "陈先生".encode() not in one.read_bytes()
