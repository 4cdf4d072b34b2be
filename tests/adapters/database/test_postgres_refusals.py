"""PostgreSQL that lets nobody in, holds no Chinese, or is asked by a machine with letters of its own."""

from contextlib import closing

import psycopg
import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.postgres_errors import PostgresErrors
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Meta
from tests.postgres import PostgresServer


def test_whoever_is_refused_hears_that_the_address_is_wrong_and_not_that_the_server_is_away(
    postgres: PostgresServer,
) -> None:
    """As when the password was never set: told to try again in a moment, one would do so for ever."""
    for wrong in (postgres.address("absent"), postgres.url.replace("postgres:", "nobody:", 1)):
        with pytest.raises(StoreBusy, match="refuses the user, the password or the database"):
            migrate(wrong)
    with pytest.raises(StoreBusy, match="cannot be reached"):
        migrate("postgresql://crmw_app:secret@127.0.0.1:1/crmw")
    said = 'connection failed: connection to server at "db", port 5432 failed: FATAL:  password authentication failed'
    assert "CRMW_DATABASE_URL" in str(PostgresErrors().meaning(psycopg.OperationalError(said), None))


@pytest.mark.parametrize(
    "said",
    [
        'root certificate file "/srv/crm/.postgresql/root.crt" does not exist\nEither provide the file, …',
        'connection to server at "127.0.0.1", port 5432 failed: SSL error: certificate verify failed',
        'server certificate for "db.yongchang.example" (and 1 other name) does not match host name "127.0.0.1"',
    ],
)
def test_a_certificate_that_is_not_trusted_is_told_as_such(said: str) -> None:
    """The words are those of libpq 18 in front of a real server with TLS."""
    trouble = PostgresErrors().meaning(psycopg.OperationalError(f"connection failed: {said}"), None)
    assert "PGSSLROOTCERT" in str(trouble)


def test_a_database_that_cannot_hold_chinese_is_told_as_such(postgres: PostgresServer) -> None:
    with postgres.connect() as connection:
        connection.execute("CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with pytest.raises(StoreBusy, match="ENCODING 'UTF8'"):
            migrate(postgres.address("western"))
    finally:
        postgres.drop("western")


def test_letters_of_the_machine_do_not_matter(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "GBK")  # as an administrator has it whose terminal is of that kind
    with closing(open_store(postgres_url)) as store:
        with store.write() as tx:
            tx.insert(Meta("名称", "永昌精密制造 €"))
        with store.read() as reader:
            assert reader.get(Meta, "名称") == Meta("名称", "永昌精密制造 €")
