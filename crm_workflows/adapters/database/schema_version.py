"""Whether a database's tables are up to date, without importing Alembic, which costs every command a third of a second.

It must not change anything: `schema.migrate` does.
"""

from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_workflows.adapters.database.opening import database_engine, database_errors, database_url

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"


@cache
def newest_version() -> str:
    """The last of the versions that we know; their files begin with their numbers.

    Looked at once: whoever installs a release under a running process does not make that process know it.
    """
    return max(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py"))


def is_current(url: str) -> bool:
    """Whether there is nothing to migrate; False as well where that cannot be told. A missing file stays so.

    StoreBusy for a file that is no database.
    """
    database = database_url(url)
    if database.get_backend_name() == "sqlite" and not Path(database.database or "").exists():
        return False
    engine, errors = database_engine(database), database_errors(database)
    try:
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return bool(found == newest_version())
    except DBAPIError:
        return False
    except errors.base as error:
        raise errors.meaning(error, None) from error
    finally:
        engine.dispose()
