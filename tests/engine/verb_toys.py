"""What the toy procedures of several tests of verbs are made of."""

from collections import Counter

import pytest

from tests.engine.toys import step
from tests.office import Office

ran: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def nothing_ran_yet() -> None:
    ran.clear()


@step("T-1")
def look() -> int:
    ran["look"] += 1
    return 7


def gates(office: Office, code: str) -> list[str]:
    """What the case waits for, and whom."""
    items = office.view(code)["waiting_for"]
    return [f"{i['gate']}:{(i['assignee'] or {'email': '-'})['email'].partition('@')[0]}" for i in items]


@step("T-1")
def before() -> int:
    ran["before"] += 1
    return ran["before"]
