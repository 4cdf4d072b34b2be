"""Two hundred thousand rows of customers, drawn by a seed (`make soak`): bad rows are named, all others go in."""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.imports import KINDS, Result
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.records import Customer
from tests.adapters.conftest import sqlite_template, sqlite_url
from tests.business.test_imports import HEAD, Raw, as_csv, credit_code
from tests.flows.customers import OWNER
from tests.office import Office

__all__ = ["sqlite_template", "sqlite_url"]
ROWS = 200_000
WORDS = [chr(n) for n in range(0x4E00, 0x6E00)]
"""Of which names are drawn; a few may come to be nearly alike, and are still companies of their own."""
SPOILT: dict[str, tuple[int, list[Raw]]] = {
    "Credit code": (1, ["91320200MA0000002X", "123"]),
    "Account manager": (2, ["", "nobody@yongchang.example"]),
    "Tier": (3, ["D", "甲"]),
    "Last contact": (7, ["3/4/26", "2026-02-30", "2031-01-01"]),
}
"""What is wrong in a bad row: column, and what people write there."""


def table(draw: random.Random, many: int, wrong: dict[int, str]) -> Iterator[list[Raw]]:
    """Rows as people keep them, one in a hundred of them bad; `wrong` is told which, by row, and where."""
    yield list(HEAD)
    for n in range(1, many + 1):
        day = f"2026-{draw.randint(1, 2):02d}-{draw.randint(1, 28):02d}"
        name = "".join(draw.choices(WORDS, k=5))
        row: list[Raw] = [
            f"{name}有限公司", credit_code(n), OWNER, draw.choice("ABC"), "机械制造", "钟意",
            f"+86 512 {n:08d}", draw.choice(["", day, day.replace("-", "/")]),
        ]  # fmt: skip
        if draw.random() < 0.01:
            wrong[n + 1] = draw.choice(list(SPOILT))
            place, written = SPOILT[wrong[n + 1]]
            row[place] = draw.choice(written)
        yield row


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_hundred_thousand_rows_go_in_but_for_those_that_are_named(
    sqlite_url: str, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    many, wrong = int(os.environ.get("CRMW_SOAK_ROWS") or ROWS), dict[int, str]()
    file = as_csv(list(table(random.Random(seed), many, wrong)))
    with closing(open_store(sqlite_url)) as store:
        office = Office(store)
        said: list[Problem] = []

        def took(what: str) -> Result:
            said.clear()
            begun = time.monotonic()
            done = imports.run(office.engine, KINDS["customers"], opened(file, "表.csv"), "表.csv", "good", said.append)
            sys.stderr.write(f"seed {seed}: {many} rows {what} in {time.monotonic() - begun:.0f} s\n")
            return done

        done = took("new")
        named = {one.row: one.column.split(" / ")[-1] for one in said}
        assert Counter(named.items()) == Counter(wrong.items()), f"seed {seed}"
        good = many - len(wrong)
        assert (done.rows, done.added, done.bad, done.is_written) == (many, good, len(wrong), True), f"seed {seed}"
        with store.read() as reader:
            codes = reader.columns(Customer, "code")
        assert len({code for (code,) in codes}) == len(codes) == many - len(wrong), f"seed {seed}"
        again = took("again")
        assert (again.unchanged, again.added, again.changed, again.bad) == (many - len(wrong), 0, 0, len(wrong)), seed
