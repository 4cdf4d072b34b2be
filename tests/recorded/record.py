"""Records a company of this version for later ones: `python -m tests.recorded.record 0.2.0`, once for each release.

Writes `tests/recorded/<version>/company.sql`, a dump of its database, and `stories.json`, what became of each case.
"""

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.adapters.configuration.staff import StoredStaff
from crm_workflows.adapters.database import store_sqlite
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.bootstrap import first_configuration
from crm_workflows.engine.ports import Store
from crm_workflows.engine.record import sealing
from tests.office import ROOT, Office
from tests.recorded.scenes import SCENES, finish, story_of

FOLDER: Final = Path(__file__).parent


def office_of(store: Store, at: datetime) -> Office:
    """An office on a store, with the people, policy and calendar that are in force in it."""
    office = Office(store)
    office.clock.move_to(at)
    staff = StoredStaff(store)
    office.staff.people, office.staff.rules, office.staff.hours = staff.directory(), staff.policy(), staff.calendar()
    return office


def load(dump: str, file: Path) -> str:
    """Make a database of a dump; returns its address."""
    with closing(store_sqlite.DRIVER.connect(file)) as connection:
        connection.executescript(dump)
    return f"sqlite:///{file}"


def played_on(dump: str, code: str, at: datetime) -> dict[str, Any]:
    """What becomes of a case of a dump in this version."""
    with tempfile.TemporaryDirectory() as folder, closing(open_store(load(dump, Path(folder) / "crm.db"))) as store:
        office = office_of(store, at)
        finish(office, code)
        return story_of(office, code)


def main() -> int:
    """Record the version named, by default the one installed."""
    named = sys.argv[1] if len(sys.argv) > 1 else version_of("crm-workflows")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/crm.db"
        migrate(url)
        with closing(open_store(url)) as store:
            first_configuration(store, ROOT / "config", Office(store).clock.now(), load_processes())
            office = office_of(store, Office(store).clock.now())
            codes = {name: scene(office) for name, scene in SCENES.items()}
            sealing.seal(office.engine)
            states = {name: story_of(office, code) for name, code in codes.items()}
        with closing(sqlite3.connect(f"{folder}/crm.db")) as connection:  # the product's own driver knows no dump
            dump = "\n".join(connection.iterdump()) + "\n"
    at = office.clock.now()
    stories = {
        name: {"case": code, "recorded": states[name], "ended": played_on(dump, code, at)}
        for name, code in codes.items()
    }
    target = FOLDER / named
    target.mkdir(exist_ok=True)
    (target / "company.sql").write_text(dump, encoding="utf-8")
    kept = {"at": at.isoformat(), "stories": stories}
    (target / "stories.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(codes)} cases are recorded in {target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
