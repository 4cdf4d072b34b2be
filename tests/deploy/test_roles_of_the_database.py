"""roles.sql on a real PostgreSQL: a company runs with the rights of crmw_app alone, which cannot touch the record."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from crm_workflows.adapters.database.schema import migrate
from crm_workflows.bootstrap import open_office
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.engine.running import opening
from crm_workflows.settings import Settings
from tests.deploy.test_deploy import DEPLOY
from tests.office import application
from tests.postgres import PostgresServer


@pytest.fixture
def roles(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The server, with what roles.sql makes on it."""
    text = re.sub(r"^--.*$", "", (DEPLOY / "postgresql" / "roles.sql").read_text("utf-8"), flags=re.MULTILINE)
    before, behind = text.split("\\connect crmw\n")
    for database, part in (("postgres", before), ("crmw", behind)):
        with postgres.connect(database) as connection:
            for statement in filter(str.strip, part.split(";")):
                connection.execute(statement)
    yield postgres
    postgres.drop("crmw")
    with postgres.connect() as connection:
        connection.execute("DROP ROLE crmw_app")
        connection.execute("DROP ROLE crmw_owner")


def address(server: PostgresServer, role: str) -> str:
    return server.address("crmw").replace("postgres:@", f"{role}@")


def test_a_company_runs_with_the_rights_of_the_app_and_cannot_rewrite_the_record(
    roles: PostgresServer, tmp_path: Path
) -> None:
    app = address(roles, "crmw_app")
    with pytest.raises(ConfigurationError, match="crmw migrate"):
        open_office(Settings(home=tmp_path, database_url=app))
    migrate(address(roles, "crmw_owner"))
    with closing(open_office(Settings(home=tmp_path, database_url=app))) as office:
        opening.start(office.engine, "supplier-vetting", application(), requester=None, origin="cli")
        assert office.engine.store.compact(by_night=False), "which PostgreSQL only warns of where it is not allowed"
        with psycopg.connect(address(roles, "crmw_owner"), autocommit=True) as owner:
            owner.execute("REVOKE MAINTAIN ON cases FROM crmw_app")
        assert not office.engine.store.compact(by_night=True)
    with psycopg.connect(app, autocommit=True) as connection:
        for statement in (
            "ALTER TABLE audit DISABLE TRIGGER ALL", "TRUNCATE audit", "DROP TABLE audit", "CREATE TABLE mine (n int)",
            "DROP TRIGGER audit_is_never_changed ON audit", "SET session_replication_role = replica",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        with pytest.raises(psycopg.errors.RaiseException, match="cannot be changed"):
            connection.execute("UPDATE audit SET actor = 'nobody'")
