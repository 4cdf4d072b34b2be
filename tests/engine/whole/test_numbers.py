"""PostgreSQL dies between a number and what bears it: numbers of cases skip (0019), codes of suppliers never."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.postgres_transaction import PostgresTransaction
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import CaseRow, Number, Supplier
from crm_workflows.engine.running import opening
from tests.engine.stories import rows
from tests.machines.world import Server
from tests.office import Office, application, credit_code

SERIES = "case/SV/2026"
OTHER = application(company="常州澄岚机械有限公司", credit_code=credit_code(2))


@dataclass
class Mortal:
    """A database, and how it dies, for as long as it may."""

    url: str
    dies: Callable[[], None]
    forgets: bool
    """Whether a number that nothing bears may be lost with it, and given to the next who asks."""


def cut(url: str) -> None:
    """Every connection to this database ends, as when the server breaks down in the midst of a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(params=["its connections", pytest.param("the server", marks=pytest.mark.soak)])
def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mortal]:
    if request.param == "its connections":
        url = str(request.getfixturevalue("postgres_url"))
        yield Mortal(url, lambda: cut(url), forgets=False)
        return
    server = Server(Path(tempfile.mkdtemp(prefix="crmw-numbers-")))

    def killed_and_started() -> None:
        server.kill()
        server.start()

    yield Mortal(server.url(), killed_and_started, forgets=True)
    server.close()


@pytest.fixture
def dies_behind(mortal: Mortal, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The database dies once, just when the next number of this series has been given."""
    given = PostgresTransaction.next_number
    awaited: list[str] = []

    def next_number(tx: PostgresTransaction, series: str, *, gaps: bool = False) -> int:
        number = given(tx, series, gaps=gaps)
        if series in awaited:
            awaited.remove(series)
            mortal.dies()
        return number

    monkeypatch.setattr(PostgresTransaction, "next_number", next_number)
    return awaited.append


def opened(office: Office, key: str, input_: Any) -> opening.Started:
    return opening.start(office.engine, "supplier-vetting", input_, requester=None, origin="api", idempotency_key=key)


def test_a_case_that_died_with_its_number_leaves_nothing_and_is_opened_once(
    mortal: Mortal, dies_behind: Callable[[str], None]
) -> None:
    with closing(open_store(mortal.url)) as store:
        office = Office(store)
        assert opened(office, "first", application()).code == "SV-2026-00001"
        before = rows(store)
        dies_behind(SERIES)
        with pytest.raises(StoreBusy):
            opened(office, "second", OTHER)
        after = rows(store)
        assert {name for name, found in after.items() if found != before[name]} <= {Number.__name__}
        again = opened(office, "second", OTHER)
        assert again.created
        assert again.code in (("SV-2026-00002", "SV-2026-00003") if mortal.forgets else ("SV-2026-00003",))
        assert opened(office, "second", OTHER) == opening.Started(again.code, again.status, created=False)
        with store.read() as reader:
            assert [row.code for row in reader.find(CaseRow)] == ["SV-2026-00001", again.code]


def test_a_supplier_code_that_died_with_its_case_is_given_to_the_next(
    mortal: Mortal, dies_behind: Callable[[str], None]
) -> None:
    """SV-10: without gaps."""
    with closing(open_store(mortal.url)) as store:
        office = Office(store)
        first, second = office.until_signers(), office.until_signers(OTHER)
        for code in (first, second):
            office.submit(code, gate="contract_signers")
            office.hand_in(code)
            office.submit(code, gate="contract_check")
            office.submit(code, gate="bank_details")
        dies_behind("supplier/CP")
        with pytest.raises(StoreBusy):
            office.submit(first, gate="bank_check")
        assert office.waiting(first)["gate"] == "bank_check"
        for code in (second, first):
            office.submit(code, gate="bank_check")
        with store.read() as reader:
            assert {row.code: row.case for row in reader.find(Supplier)} == {"S-CP-0001": second, "S-CP-0002": first}
            assert reader.get(Number, "supplier/CP") == Number("supplier/CP", 2)
