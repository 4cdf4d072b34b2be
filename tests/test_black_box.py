"""The supplier's story from outside, through SMTP, HTTP and the command line, against a running `crmw up`."""

import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.conftest import empty_postgres_url, postgres, postgres_url
from tests.black_box import Company

__all__ = ["empty_postgres_url", "postgres", "postgres_url"]
KILLS = 20


@pytest.fixture(params=["sqlite", "postgres"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A running company on each database."""
    env = {}
    if request.param == "postgres":
        env["CRMW_DATABASE_URL"] = str(request.getfixturevalue("empty_postgres_url"))
    with Company(tmp_path / "home", env) as running:
        yield running


def mails_of(view: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter((mail["template"], mail["to"]) for mail in view["mails"])


def test_a_good_supplier_by_link_and_by_reply(company: Company) -> None:
    code = company.start()
    view = company.play(code)
    assert (view["status"], view["outcome"]) == ("closed", "approved")
    assert view["rows"]["supplier_code"] == "S-CP-0001"
    company.check(code)


def test_an_amount_over_the_limit_is_decided_by_three(company: Company) -> None:
    code = company.start("over-limit")
    view = company.play(code, sample="over-limit")
    assert view["outcome"] == "approved"
    channels = [d["channel"] for d in view["decisions"] if d["decision"] == "approve"]
    assert len(channels) == 3
    assert set(channels) == {"link", "reply"}
    company.check(code)


def undisturbed(home: Path) -> dict[str, Any]:
    with Company(home) as calm:
        return calm.play(calm.start())


@pytest.mark.timeout(600)
def test_kill_9_at_twenty_random_moments_changes_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    sys.stderr.write(f"seed {seed}\n")
    dice = random.Random(seed)
    expected = undisturbed(tmp_path / "calm")
    company = Company(tmp_path / "shaken").up()
    try:
        code = company.start()
        view = _play_while_killed(company, code, dice)
        assert (view["outcome"], view["rows"]) == (expected["outcome"], expected["rows"] | _own(view))
        assert mails_of(view) == mails_of(expected)
        assert [(d["decision"], d["by"]) for d in view["decisions"] if d["effective"]] == [
            (d["decision"], d["by"]) for d in expected["decisions"] if d["effective"]
        ]
        company.check(code)
    finally:
        company.kill()


def _own(view: dict[str, Any]) -> dict[str, Any]:
    """Hashes of files that name the moment they were made are a case's own."""
    return {"recognition_report": view["rows"]["recognition_report"]}


def _play_while_killed(company: Company, code: str, dice: random.Random) -> dict[str, Any]:
    over, tried_again = threading.Event(), []

    def people() -> None:
        while not over.is_set():
            try:
                if not company.do_what_is_asked(code):
                    over.set()
            except Exception as error:  # noqa: BLE001 - whatever a kill did to somebody, they try again, as people do
                tried_again.append(repr(error))
            over.wait(0.05)

    thread = threading.Thread(target=people)
    thread.start()
    try:
        for _ in range(KILLS):
            over.wait(dice.uniform(0.05, 2.5))
            company.kill()
            company.up()
        over.wait(120)
    finally:
        over.set()
        thread.join(60)
    return company.play(code)
