"""Codes under parallel load, with work that rolls back in between: gap-free, none twice (SV-10)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import TypeVar

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.business import suppliers
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Supplier
from crm_workflows.engine.ports import Transaction
from tests.office import Office, application, credit_code

WORKERS, EACH = 6, 2
T = TypeVar("T")
PATIENCE = 120.0


class RolledBack(Exception):
    """Whatever goes wrong behind a code that was just given."""


@pytest.fixture(params=["sqlite", "postgres"])
def offices(request: pytest.FixtureRequest) -> Iterator[list[Office]]:
    """Offices on one database, each with a store of its own, as several processes would have."""
    url = str(request.getfixturevalue(f"{request.param}_url"))
    with ExitStack() as stack:
        made = [Office(stack.enter_context(closing(open_store(url)))) for _ in range(WORKERS)]
        yield made
        made[0].check_invariants()


def wasted(office: Office) -> None:
    """Give a code and fail behind it: nothing of it may remain."""

    def fail(tx: Transaction) -> None:
        tx.next_number(f"supplier/{suppliers.LETTERS['component']}")
        raise RolledBack

    with pytest.raises(RolledBack), office.engine.store.write() as tx:
        fail(tx)


def recognise(office: Office, numbers: range, failed: list[BaseException]) -> None:
    try:
        for n in numbers:
            wasted(office)
            input_ = application(company=f"第{n}号有限公司", credit_code=credit_code(n))
            code = again(partial(office.start, input_))
            drive(office, code)
            wasted(office)
    except BaseException as error:  # noqa: BLE001 - raised again by the thread that asked
        failed.append(error)


def again(work: Callable[[], T]) -> T:
    """People try again where the database was busy."""
    for _ in range(50):
        try:
            return work()
        except StoreBusy:
            continue
    raise AssertionError("the database stayed busy")


def drive(office: Office, code: str) -> None:
    """Do what is asked in this case until it is over."""
    while (view := office.view(code))["status"] not in ("closed", "cancelled"):
        items = view["waiting_for"]
        if not items:
            again(office.work)
            continue
        again(partial(office.do, items[0]))


def test_codes_are_gap_free_under_parallel_load_with_rollbacks_between(offices: list[Office]) -> None:
    failed: list[BaseException] = []
    threads = [
        threading.Thread(target=recognise, args=(office, range(n * EACH, (n + 1) * EACH), failed))
        for n, office in enumerate(offices)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failed == []
    with offices[0].engine.store.read() as reader:
        given = [supplier.code for supplier in reader.find(Supplier, order="code")]
        companies = {supplier.credit_code for supplier in reader.find(Supplier)}
    assert given == [f"S-CP-{n:04d}" for n in range(1, WORKERS * EACH + 1)]
    assert companies == {credit_code(n) for n in range(WORKERS * EACH)}
