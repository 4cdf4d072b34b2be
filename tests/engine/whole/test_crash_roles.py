"""Pages, worker, sender and mailbox die at every kind of commit of a whole case, one process after the other.

In this process, before and behind the commit; whoever comes next finds a store on which all invariants hold, and the
case ends as if nobody had died. On both databases.
"""

import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.databases import Databases, OnSqlite
from tests.engine.dying_story import essence, told

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> object:
    """What comes of the case when nobody dies."""
    home = tmp_path_factory.mktemp("undisturbed")
    shutil.copy(sqlite_template, home / "crm.db")
    databases = OnSqlite(home / "crm.db")
    assert told(databases, home, None) == []
    with databases.opened() as store:
        return essence(store)


def test_every_role_dies_at_every_kind_of_commit_and_the_case_ends_the_same(
    databases: Databases, undisturbed: object, tmp_path: Path
) -> None:
    deaths = told(databases, tmp_path, set())
    with databases.opened() as store:
        assert essence(store) == undisturbed
    died = Counter(death.role for death in deaths)
    sys.stderr.write(f"died: {dict(died)}\n")
    assert len({death.place for death in deaths}) == len(deaths)
    assert died.keys() == {"web", "worker", "sender", "mailbox"}
    assert min(died.values()) >= 4
