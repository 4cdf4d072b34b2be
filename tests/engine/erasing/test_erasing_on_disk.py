"""What is erased leaves the files of the database too: at once where that is soon done, else by night (G-7)."""

from pathlib import Path

import psycopg
import pytest

from crm_workflows.adapters.database import store_sqlite
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.erasing import clearing, erasure, noting
from crm_workflows.interfaces.up.nightly import Nightly
from tests.engine.conftest import Install
from tests.engine.erasing.test_erasing import handed_in, order
from tests.engine.toy_bodies import collected
from tests.engine.toys import SUPPLIER, toy
from tests.office import Office
from tests.one_look import OneLook

ON_SQLITE = pytest.mark.parametrize("open_again", ["sqlite"], indirect=True)


@pytest.fixture
def erased(install: Install) -> Office:
    """An office that has erased its supplier, on the database that the test says."""
    office = install(toy(collected, name="collected", code="TC"))
    handed_in(office)
    erasure.erase(office.engine, order(SUPPLIER))
    return office


def full_disk(*, by_night: bool) -> bool:
    raise StoreBusy(store_sqlite.FULL if by_night else store_sqlite.LOCKED)


def traces_in(folder: Path) -> set[str]:
    """Files of the database in which the supplier still stands."""
    found = [SUPPLIER.encode(), "陈先生".encode()]
    return {one.suffix for one in folder.rglob("*.db*") if any(trace in one.read_bytes() for trace in found)}


@ON_SQLITE
def test_a_small_file_has_nothing_of_them_left_at_once(erased: Office, tmp_path: Path) -> None:
    assert traces_in(tmp_path), "this is why"
    with erased.engine.store.read() as reader:
        assert reader.count(CaseRow)
        erased.engine.store._patience = 0.1  # type: ignore[attr-defined]
        assert not clearing.clear(erased.engine, by_night=False), "somebody reads what was there before"
        assert noting.noted(erased.engine)[0]["cleared_at"] is None
    assert clearing.clear(erased.engine, by_night=False)
    assert traces_in(tmp_path) == set()
    assert noting.noted(erased.engine)[0]["cleared_at"] == erased.clock.now().isoformat()


@ON_SQLITE
def test_a_large_file_is_made_compact_by_night(erased: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_sqlite, "MOST_BY_DAY", 1)
    assert not clearing.clear(erased.engine, by_night=False)
    assert traces_in(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(erased.engine.store, "compact", full_disk)
        assert not clearing.clear(erased.engine, by_night=False), "who asks by day hears that the night does it"
        with pytest.raises(StoreBusy, match="disk of the database is full"):
            clearing.clear(erased.engine, by_night=True)
    Nightly(erased.opened()).run(OneLook())
    assert traces_in(tmp_path) == set()
    monkeypatch.setattr(erased.engine.store, "compact", full_disk)
    assert clearing.clear(erased.engine, by_night=True), "there is nothing left to do"


@pytest.mark.parametrize("open_again", ["postgres"], indirect=True)
def test_postgres_keeps_no_dead_rows_and_no_samples_of_them(install: Install, postgres_url: str) -> None:
    office = install(toy(collected, name="collected", code="TC"))
    handed_in(office)
    samples = "SELECT count(*) FROM pg_stats WHERE most_common_vals::text LIKE %s"
    never = "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NULL"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("ANALYZE documents")
        assert connection.execute(samples, [f"%{SUPPLIER}%"]).fetchone() != (0,)
        erasure.erase(office.engine, order(SUPPLIER))
        with office.engine.store.read() as reader:
            assert reader.count(CaseRow)
            office.engine.store._patience = 0.1  # type: ignore[attr-defined]
            assert not clearing.clear(office.engine, by_night=False), "somebody reads what was there before"
        assert clearing.clear(office.engine, by_night=False)
        assert connection.execute(samples, [f"%{SUPPLIER}%"]).fetchone() == (0,)
        assert connection.execute(never).fetchall() == [("alembic_version",)]
