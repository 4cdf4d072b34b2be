"""The tables: the same whether migrated or declared, one for each record, brought up to date once by many processes."""

import re
import subprocess
import sys
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, UniqueConstraint, create_engine

from crm_workflows.adapters.database.opening import database_engine, database_url, open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.adapters.database.schema_version import is_current
from crm_workflows.adapters.database.tables import METADATA, TABLES
from crm_workflows.domain.errors import ConfigurationError, StoreBusy
from crm_workflows.domain.records import KEYS, UNIQUE, CaseRow, Round
from tests.adapters.rows import case

ALL = [
    "0001 first tables",
    "0002 duties",
    "0003 customers",
    "0004 rounds",
    "0005 editions of rounds",
    "0006 due callbacks",
    "0007 digests",
    "0008 kept code",
    "0009 survey invitations",
    "0010 answers by person",
    "0011 callback events",
    "0012 returned addresses",
    "0013 key figures",
    "0014 signing in",
    "0015 complaints",
    "0016 senders",
    "0017 clocks",
    "0018 erased mails",
    "0019 figures of complaints",
    "0020 grades of complaints",
    "0021 complaints counted once",
    "0022 customer invoices",
    "0023 imports",
    "0024 open cases of one person",
    "0025 causes of complaints",
    "0026 promises kept",
    "0027 tags",
    "0028 wanted reviews",
    "0029 churn",
    "0030 goods received",
    "0031 shorter silence",
    "0032 causes of no product",
    "0033 many at one instant",
    "0034 what figures count",
    "0035 less silence",
    "0036 imported complaints",
    "0037 gates",
    "0038 overdue",
]
CONSTRAINTS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
TRIGGERS = "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
FUNCTIONS = "SELECT '', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
COLUMNS = """SELECT table_name, column_name, concat_ws(' ', ordinal_position, data_type, is_nullable, collation_name)
FROM information_schema.columns WHERE table_schema = 'public'"""

EVERYTHING = f"{CONSTRAINTS} UNION {INDEXES} UNION {TRIGGERS} UNION {FUNCTIONS} UNION {COLUMNS}"


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each database in turn, without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return str(request.getfixturevalue("empty_postgres_url"))


@pytest.mark.parametrize("record", list(TABLES), ids=lambda record: record.__name__)
def test_a_table_has_the_fields_and_keys_of_its_record(record: type) -> None:
    table = TABLES[record]
    assert [column.name for column in table.columns] == [field.name for field in fields(record)]
    assert [column.name for column in table.primary_key] == list(KEYS[record])
    ways: list[Any] = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    ways += [one for one in table.indexes if one.unique]
    unique = {tuple(column.name for column in one.columns) for one in ways}
    assert unique == set(UNIQUE.get(record, ()))


@pytest.mark.parametrize("record", list(TABLES), ids=lambda record: record.__name__)
def test_a_column_takes_null_where_its_field_takes_none(record: type) -> None:
    for field in fields(record):
        may_be_none = "None" in str(field.type) or "Any" in str(field.type)
        assert TABLES[record].c[field.name].nullable == may_be_none, field.name


def test_every_record_has_a_table() -> None:
    assert set(TABLES) == set(KEYS)
    assert set(TABLES.values()) == set(METADATA.tables.values())


def described(connection: Connection) -> set[tuple[str, str, str]]:
    """All that the database knows of our tables, Alembic's own apart."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT tbl_name, name, coalesce(sql, '') FROM sqlite_master")
    else:
        found = connection.exec_driver_sql(EVERYTHING)
    rows = [(table, name, re.sub(r"([(,]) | (?=\))", r"\1", " ".join(text.split()))) for table, name, text in found]
    return {row for row in rows if "alembic_version" not in row[0]}


def test_migrated_tables_are_the_declared_ones(empty_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    migrate(empty_url)
    engine = database_engine(database_url(empty_url))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        migrated = described(connection)
    engine.dispose()
    if engine.dialect.name == "sqlite":
        declared_engine = create_engine(f"sqlite:///{tmp_path}/declared.db")
    else:
        postgres = request.getfixturevalue("postgres")
        name = postgres.empty_database()
        declared_engine = database_engine(database_url(postgres.address(name)))
    with declared_engine.begin() as connection:
        METADATA.create_all(connection)
        assert described(connection) == migrated
    declared_engine.dispose()
    if engine.dialect.name != "sqlite":
        postgres.drop(name)


def test_says_whether_there_is_anything_to_migrate_and_migrates_once(empty_url: str) -> None:
    assert not is_current(empty_url)
    assert migrate(empty_url) == ALL
    assert is_current(empty_url)
    assert migrate(empty_url) == []


def test_rounds_made_before_they_had_editions_are_kept(empty_url: str) -> None:
    migrate(empty_url, "0004")
    engine = database_engine(database_url(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO rounds VALUES ('R-0001', '每周', '0 9 * * 1', 'Asia/Shanghai', '{\"tier\":\"A\"}', '', '', "
            "NULL, '2026-12-31', false, '2026-03-09T01:00:00.000000+00:00', NULL, "
            "'2026-03-02T01:00:00.000000+00:00', 'liu')"
        )
    engine.dispose()
    migrate(empty_url)
    with closing(open_store(empty_url)) as store, store.read() as reader:
        (one,) = reader.find(Round)
    assert (one.chooses, one.valid_to, one.edition, one.is_removed, one.retry_at) == (
        {"tier": "A"}, "2026-12-31", 1, False, None,
    )  # fmt: skip


def test_asking_whether_there_is_anything_to_migrate_creates_no_file(tmp_path: Path) -> None:
    assert not is_current(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_program_is_left_alone(empty_url: str) -> None:
    migrate(empty_url)
    engine = database_engine(database_url(empty_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    assert not is_current(empty_url)
    with pytest.raises(ConfigurationError, match=r"version 9999, of a newer program"):
        migrate(empty_url)


def test_processes_that_start_together_migrate_once(empty_url: str) -> None:
    program = "import sys; from crm_workflows.adapters.database.schema import migrate; print(len(migrate(sys.argv[1])))"
    command = [sys.executable, "-c", program, empty_url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    counts = sorted(int(process.communicate(timeout=60)[0]) for process in started)
    assert counts == [0, 0, 0, len(ALL)]


def test_a_migration_that_fails_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def upgrade_halfway(config: object, _revision: str) -> None:
        connection: Connection = config.attributes["connection"]  # type: ignore[attr-defined]
        connection.exec_driver_sql("CREATE TABLE half (done TEXT)")
        raise ZeroDivisionError

    monkeypatch.setattr(command, "upgrade", upgrade_halfway)
    with pytest.raises(ZeroDivisionError):
        migrate(empty_url)
    monkeypatch.undo()
    engine = database_engine(database_url(empty_url))
    with engine.connect() as connection:
        assert described(connection) == set()
    engine.dispose()
    assert migrate(empty_url) == ALL


def test_the_record_is_guarded_against_plain_sql_too(sql_url: str) -> None:
    url = database_url(sql_url)
    engine = database_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit VALUES ('SV-1', 0, '2026-03-02T01:00:00.000000+00:00', 'opened', 'li', '{}', '', 'h')"
        )
        connection.commit()
    statements = ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"]
    statements += ["REPLACE INTO audit SELECT * FROM audit"] if engine.dialect.name == "sqlite" else ["TRUNCATE audit"]
    for statement in statements:
        with engine.connect() as connection, pytest.raises(Exception, match="audit rows cannot be"):
            connection.exec_driver_sql(statement)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*), min(actor) FROM audit").one() == (1, "li")
    engine.dispose()


@pytest.mark.breaks_invariants("a row in every status, put in by hand")
def test_a_case_can_have_a_known_status_only(sql_url: str) -> None:
    with closing(open_store(sql_url)) as store:
        with store.write() as tx:
            tx.insert(case())
        with pytest.raises(Exception, match="ck_cases_status"), store.write() as tx:
            tx.update(CaseRow, ("SV-2026-00001",), status="open")


@pytest.mark.parametrize("url", ["mysql://root@localhost/crm", "sqlite://", "sqlite:///:memory:", "nonsense", ""])
def test_refuses_an_address_it_cannot_keep_cases_at(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"CRMW_DATABASE_URL.*postgresql://"):
        open_store(url)


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store("mysql://root:geheim@localhost/crm")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://x@127.0.0.1:1/crm", "sqlite:////nowhere/at/all/crm.db"])
def test_a_database_out_of_reach_is_busy(url: str) -> None:
    for open_it in (open_store, migrate):
        with pytest.raises(StoreBusy, match="cannot be re"):
            open_it(url)
