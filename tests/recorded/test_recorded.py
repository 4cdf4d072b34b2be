"""What a released version left behind: today's program opens it and goes on with each case to the same end."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.backups.backup import backup, restore
from crm_workflows.adapters.backups.backup_rows import Target
from crm_workflows.adapters.database import store_sqlite
from crm_workflows.adapters.database.opening import driver_connection, open_store
from crm_workflows.adapters.database.schema import known_versions, migrate
from crm_workflows.adapters.database.tables import TABLES
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.records import KEYS, Message
from crm_workflows.engine.record import auditing, dossier
from crm_workflows.engine.views import views
from crm_workflows.shipped import shipped
from tests.adapters.conftest import empty_postgres_url, postgres, postgres_url
from tests.office import Office
from tests.recorded.record import FOLDER, load, office_of
from tests.recorded.scenes import finish, story_of

__all__ = ["empty_postgres_url", "postgres", "postgres_url"]
RELEASES = sorted(file.parent.name for file in FOLDER.glob("*/stories.json"))
OTHERWISE = (
    "a case that is under way would no longer go on as it did: give the changed procedure a new version and leave the "
    "old one importable; where the recorded release has not left the house yet, record it anew with `make record`"
)


def kept(release: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / release / "stories.json").read_text(encoding="utf-8")))


def tables_of(release: str) -> str:
    """The version of the tables that a release left behind."""
    held = (FOLDER / release / "company.sql").read_text(encoding="utf-8")
    return held.partition('INSERT INTO "alembic_version" VALUES(\'')[2].partition("'")[0]


OLDER = known_versions()[:-1]
MET = {OLDER[-1], *map(tables_of, RELEASES)}
"""What somebody may have: the tables of a release, and those before the latest change."""
EACH_OLDER = [version if version in MET else pytest.param(version, marks=pytest.mark.soak) for version in OLDER]
SCENES = [(release, scene) for release in RELEASES for scene in kept(release)["stories"]]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The database of each release, brought up to date."""
    files = {release: tmp_path_factory.mktemp(release) / "crm.db" for release in RELEASES}
    for release, file in files.items():
        migrate(load((FOLDER / release / "company.sql").read_text(encoding="utf-8"), file))
    return files


@pytest.fixture
def opened(migrated: dict[str, Path], tmp_path: Path) -> Iterator[Any]:
    """Opens a release's company in today's program, as often as wanted."""
    with ExitStack() as stack:

        def open_it(release: str) -> Office:
            shutil.copy(migrated[release], tmp_path / "crm.db")
            store = stack.enter_context(closing(open_store(f"sqlite:///{tmp_path}/crm.db")))
            return office_of(store, datetime.fromisoformat(kept(release)["at"]))

        yield open_it


def test_there_is_a_recorded_release() -> None:
    assert RELEASES


@pytest.mark.parametrize(("release", "scene"), SCENES)
def test_a_case_goes_on_to_the_end_that_it_had(opened: Any, release: str, scene: str) -> None:
    office, told = opened(release), kept(release)["stories"][scene]
    assert story_of(office, told["case"]) == told["recorded"], OTHERWISE
    finish(office, told["case"])
    assert story_of(office, told["case"]) == told["ended"], OTHERWISE


@pytest.mark.parametrize("release", RELEASES)
def test_the_record_verifies_and_everything_can_be_looked_at(opened: Any, release: str) -> None:
    office = opened(release)
    assert auditing.verify(office.engine) == []
    for told in kept(release)["stories"].values():
        for item in views.case_view(office.engine, told["case"])["waiting_for"]:
            if item["kind"] == "task":
                assert views.task_view(office.engine, item["id"])["example"]
        assert len(dict(dossier.dossier(office.engine, told["case"], lambda _: ""))) > 5
    for person in office.staff.people:
        views.inbox(office.engine, person.email)


@pytest.mark.parametrize("release", RELEASES)
def test_old_mails_decide_and_old_terms_come(opened: Any, release: str) -> None:
    office, stories = opened(release), kept(release)["stories"]
    gate, papers = stories["gate_open"]["case"], stories["waiting_for_papers"]["case"]
    office.reply(office.asking(gate), "同意")
    decided = [d["decision"] for d in office.view(gate)["decisions"] if d["channel"] == "reply"]
    assert decided == ["approve"]
    reminded = len(office.mails("reminder", case=papers))
    office.advance(working_days(3))
    assert len(office.mails("reminder", case=papers)) == reminded + 1
    office.advance(working_days(12))
    assert office.view(papers)["outcome"] == "lapsed"


@pytest.mark.parametrize("release", RELEASES)
def test_mails_that_were_queued_can_be_made(opened: Any, release: str) -> None:
    office = opened(release)
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    with office.engine.store.read() as reader:
        mails = reader.find(Message)
    assert {mail.template for mail in mails} >= {"approval_request", "task_request", "documents_request"}
    for mail in mails:
        made = renderer.render(mail, token="t" * 32, links=True)
        assert made.subject.startswith(f"[{mail.case}]") or mail.template == "audit_checkpoint", "it is about all cases"


@pytest.mark.parametrize("release", RELEASES)
def test_it_moves_to_postgresql_and_goes_on_there(
    migrated: dict[str, Path], release: str, tmp_path: Path, empty_postgres_url: str
) -> None:
    at, stories = datetime.fromisoformat(kept(release)["at"]), kept(release)["stories"]
    backup(f"sqlite:///{migrated[release]}", tmp_path / "b.zip", made_at=at)
    restore(empty_postgres_url, tmp_path / "b.zip", restored_at=at, hold=False)
    with closing(open_store(empty_postgres_url)) as store:
        office = office_of(store, at)
        for scene in ("sent_back_in_round_2", "certificate"):
            finish(office, stories[scene]["case"])
            assert story_of(office, stories[scene]["case"])["outcome"] == stories[scene]["ended"]["outcome"]
        assert auditing.verify(office.engine) == []


# -- versions of the tables -----------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each database in turn, without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return str(request.getfixturevalue("empty_postgres_url"))


def columns_of(version: str, folder: Path) -> dict[str, set[str]]:
    """The tables of a version, each with its columns."""
    migrate(f"sqlite:///{folder}/{version}.db", version)
    with closing(store_sqlite.DRIVER.connect(f"{folder}/{version}.db")) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")} for table in tables}


def as_of(version: str, archive: Path, folder: Path) -> dict[str, dict[str, str]]:
    """Make a backup say it was made with an older version of the tables; returns its columns and their kinds."""
    there = columns_of(version, folder)
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(folder / "old.zip", "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        manifest["version"] = version
        manifest["tables"] = {
            table: {name: kind for name, kind in kinds.items() if name in there[table]}
            for table, kinds in manifest["tables"].items()
            if table in there
        }
        for name in old.namelist():
            new.writestr(name, json.dumps(manifest) if name == "manifest.json" else old.read(name))
    return dict(manifest["tables"])


def contents(url: str, wanted: dict[str, dict[str, str]]) -> dict[str, list[Any]]:
    """The rows of the company, of each record as far as the columns are wanted; its note of a restore apart."""
    with closing(open_store(url)) as store, store.read() as reader:
        found: dict[str, list[Any]] = {}
        for record in KEYS:
            names = [f.name for f in fields(record) if f.name in wanted.get(TABLES[record].name, {})]
            rows = [tuple(getattr(row, name) for name in names) for row in reader.find(record)]
            found[record.__name__] = [row for row in rows if row[:1] != ("restored",)]
    return found


@pytest.mark.parametrize("version", EACH_OLDER)
def test_tables_of_every_version_are_brought_up_to_date_with_all_that_they_hold(
    migrated: dict[str, Path], version: str, empty_url: str, tmp_path: Path
) -> None:
    company = f"sqlite:///{migrated[RELEASES[0]]}"
    backup(company, tmp_path / "b.zip", made_at=datetime.fromisoformat(kept(RELEASES[0])["at"]))
    wanted = as_of(version, tmp_path / "b.zip", tmp_path)
    at = datetime.fromisoformat(kept(RELEASES[0])["at"])
    restore(empty_url, tmp_path / "old.zip", restored_at=at, hold=False)
    assert contents(empty_url, wanted) == contents(company, wanted)
    with closing(open_store(empty_url)) as store:
        assert auditing.verify(office_of(store, at).engine) == []


@pytest.mark.parametrize("version", EACH_OLDER)
def test_a_process_of_an_older_program_that_still_runs_can_go_on_writing(
    migrated: dict[str, Path], version: str, empty_url: str, tmp_path: Path
) -> None:
    """It names the columns that it knows, so that every later one must have a default or take NULL."""
    at = datetime.fromisoformat(kept(RELEASES[0])["at"])
    backup(f"sqlite:///{migrated[RELEASES[0]]}", tmp_path / "b.zip", made_at=at)
    known = as_of(version, tmp_path / "b.zip", tmp_path)
    migrate(empty_url)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive, driver_connection(empty_url) as connection:
        target = Target(connection, is_sqlite=empty_url.startswith("sqlite"))
        target.begin()
        for table, kinds in known.items():
            if table != "blobs":
                lines = archive.read(f"tables/{table}.jsonl").splitlines()
                assert sum(target.insert(table, kinds, map(json.loads, lines))) == len(lines)
        connection.execute("COMMIT")
