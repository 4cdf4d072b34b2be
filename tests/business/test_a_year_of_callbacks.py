"""The year of callbacks of `tests/flows/test_morning_rounds.py`, for three hundred customers."""

from contextlib import closing

import pytest

from crm_workflows.adapters.database.opening import open_store
from tests.adapters.conftest import sqlite_template, sqlite_url
from tests.flows.test_morning_rounds import a_year
from tests.office import Office

__all__ = ["sqlite_template", "sqlite_url"]


@pytest.mark.soak
def test_a_year_of_callbacks_for_three_hundred_customers(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        a_year(Office(store), 300, 8)
