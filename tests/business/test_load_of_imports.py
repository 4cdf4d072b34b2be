"""Two hundred thousand rows of customers, drawn by a seed (`make soak`): bad rows are named, all others go in."""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from resource import RUSAGE_SELF, getrusage

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.imports import KINDS, Result
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.records import Customer
from tests.adapters.conftest import empty_postgres_url, postgres, postgres_url, sql_url, sqlite_template, sqlite_url
from tests.business.tables import HEAD, Raw, as_csv
from tests.flows.customers import OWNER
from tests.office import Office, credit_code

__all__ = ["empty_postgres_url", "postgres", "postgres_url", "sql_url", "sqlite_template", "sqlite_url"]
ROWS = 200_000
MOST_MEGABYTES = 400
"""What three passes may take beside the files themselves."""
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


def with_new_ones(rows: list[list[Raw]], many: int, near: set[int]) -> Iterator[list[Raw]]:
    """The same rows with a new one behind each hundred; of those each tenth has nearly the name of the first before it.

    `near` is told which, by row.
    """
    at = 0
    for n, row in enumerate(rows):
        at += 1
        yield row
        if n and n % 100 == 0:
            at, another = at + 1, n // 100
            is_near = another % 10 == 0
            if is_near:
                near.add(at)
            name = str(rows[1][0]).replace("有限", "有限责任") if is_near else f"{WORDS[another]}新进机械有限公司"
            yield [name, credit_code(many + another), *rows[1][2:7], ""]


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_hundred_thousand_rows_go_in_but_for_those_that_are_named(
    sql_url: str, request: pytest.FixtureRequest
) -> None:
    seed = request.config.getoption("--seed") or random.randrange(2**32)
    many, wrong, near = int(os.environ.get("CRMW_SOAK_ROWS") or ROWS), dict[int, str](), set[int]()
    rows = list(table(random.Random(seed), many, wrong))
    file, further = as_csv(rows), as_csv(list(with_new_ones(rows, many, near)))
    new, good = many // 100, many - len(wrong)
    before = getrusage(RUSAGE_SELF).ru_maxrss
    with closing(open_store(sql_url)) as store:
        office = Office(store)
        said: list[Problem] = []

        def took(what: str, file: bytes) -> Result:
            said.clear()
            begun = time.monotonic()
            done = imports.run(office.engine, KINDS["customers"], opened(file, "表.csv"), "表.csv", "good", said.append)
            took, grown = time.monotonic() - begun, (getrusage(RUSAGE_SELF).ru_maxrss - before) // 1024
            sys.stderr.write(f"seed {seed}: {done.rows} rows {what} in {took:.0f} s, at most {grown} MB more\n")
            return done

        done = took("new", file)
        named = {one.row: one.column.split(" / ")[-1] for one in said}
        assert Counter(named.items()) == Counter(wrong.items()), f"seed {seed}"
        assert (done.rows, done.added, done.bad, done.is_written) == (many, good, len(wrong), True), f"seed {seed}"
        with store.read() as reader:
            codes = reader.columns(Customer, "code")
        assert len({code for (code,) in codes}) == len(codes) == good
        again = took("again", file)
        assert (again.unchanged, again.added, again.changed, again.bad) == (good, 0, 0, len(wrong)), seed
        more = took("with new ones", further)
        assert (more.unchanged, more.added, more.not_compared) == (good, new - len(near), 0), seed
        assert {one.row for one in said if one.column == "客户名称 / Customer"} == near, seed
    grown = (getrusage(RUSAGE_SELF).ru_maxrss - before) // 1024
    assert grown < MOST_MEGABYTES, f"{grown} MB for {many} rows"
