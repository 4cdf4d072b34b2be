"""Many complaint mails (`make soak`): ten thousand, with the seconds of each portion; two hundred that are fuzzed."""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.domain.records import CaseRow, InboundMail, Message
from crm_workflows.engine.mail_in import intake
from tests.adapters.conftest import empty_postgres_url, postgres, postgres_url, sqlite_template, sqlite_url
from tests.flows.customers import enter
from tests.flows.test_fuzzed_complaints import none_is_lost
from tests.office import COMPLAINTS, Office

__all__ = ["empty_postgres_url", "postgres", "postgres_url", "sqlite_template", "sqlite_url"]
MANY, AT_ONCE = 10_000, 500
CUSTOMERS = 2_000


def mail(n: int) -> bytes:
    """Of a stranger, or of a person at one of the customers, about a thing of its own."""
    sender = f"p{n}@d{n % CUSTOMERS}.example" if n % 2 else f"s{n}@stranger{n}.example"
    head = f"From: {sender}\r\nTo: {COMPLAINTS}\r\nSubject: Leak {n}\r\nMessage-ID: <{n}@load.example>\r\n"
    return f"{head}\r\nThe seal of pump {n} is leaking.\r\n".encode()


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """On each database in turn."""
    with closing(open_store(request.getfixturevalue(request.param))) as store:
        yield Office(store)


@pytest.mark.soak
def test_ten_thousand_complaints_are_all_taken_in_and_acknowledged_once(office: Office) -> None:
    sys.stdout.write(f"\nseconds for each {AT_ONCE}: {load(office, MANY)}\n")


@pytest.mark.soak
def test_of_two_hundred_fuzzed_complaint_mails_none_is_lost(office: Office, request: pytest.FixtureRequest) -> None:
    none_is_lost(office, request.config.getoption("--seed") or random.randrange(2**32), 198, 2)


def load(office: Office, many: int) -> list[float]:
    """Seconds for each portion, which say whether the last is as fast as the first."""
    for n in range(CUSTOMERS):
        enter(office, f"C-MA-{n:05d}", credit_code=f"c{n}", name=f"客户{n}", mail_domain=f"d{n}.example")
    took = []
    for first in range(0, many, AT_ONCE):
        began = time.perf_counter()
        for n in range(first, first + AT_ONCE):
            intake.take_in(office.engine, mail(n), "test")
        office.work()
        took.append(round(time.perf_counter() - began, 1))
    with office.engine.store.read() as reader:
        assert reader.count(CaseRow, process="complaint-resolution") == many
        assert reader.count(InboundMail, status="applied") == many
        assert reader.count(Message, template="letter") == many, "each is acknowledged once"
    return took
