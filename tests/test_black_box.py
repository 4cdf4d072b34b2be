"""The stories of a supplier and a customer from outside, by SMTP, HTTP and commands, against a running `crmw up`."""

import os
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
pytestmark = pytest.mark.timeout(600)
KILLS = 20
LONGEST_LIFE = 1.2
"""Seconds; twenty lives of half of it are what the story takes, so that few kills come after its end."""


ON_BOTH = [pytest.param("sqlite", marks=pytest.mark.soak), "postgres"]
"""On SQLite a supplier's story is played by the demonstration, the README and the kills as well."""


@pytest.fixture
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A running company on the database that is its parameter."""
    env = {}
    if request.param == "postgres":
        env["CRMW_DATABASE_URL"] = str(request.getfixturevalue("empty_postgres_url"))
    with Company(tmp_path / "home", env) as running:
        yield running


def mails_of(view: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter((mail["template"], mail["to"]) for mail in view["mails"])


@pytest.mark.parametrize("company", ON_BOTH, indirect=True)
def test_two_suppliers_at_once_by_link_and_by_reply(company: Company) -> None:
    """One below the limit, one above it, which three decide."""
    cases = {sample: company.start(sample) for sample in ("good", "over-limit")}
    good, over = company.play_all(cases)
    assert (good["status"], good["outcome"], over["outcome"]) == ("closed", "approved", "approved")
    assert (good["rows"]["supplier_code"], over["rows"]["supplier_code"]) == ("S-CP-0001", "S-EQ-0001")
    channels = [d["channel"] for d in over["decisions"] if d["decision"] == "approve"]
    assert len(channels) == 3
    assert set(channels) == {"link", "reply"}
    for code in cases.values():
        company.check(code)


@pytest.mark.parametrize("company", ["sqlite"], indirect=True)
def test_a_good_customer_is_taken_on_and_called(company: Company) -> None:
    code = company.start("onboarding-good", process="customer-onboarding")
    view = company.play(code, sample="onboarding-good")
    assert (view["status"], view["outcome"]) == ("closed", "approved")
    assert view["rows"]["customer_code"] == "C-MA-0001"
    welcome = company.wait_for(lambda: [m for m in company.mailbox() if "zhong.yi@yunfan.example" in m["to"]])
    assert welcome[0]["subject"].startswith(f"[{code}]")
    (link,) = company.wait_for(lambda: company.case(code)["linked"])
    callback = company.play(link["case"])
    assert callback["outcome"] == "done"
    assert "C-MA-0001" in company.get("/customers").text
    company.check(code)


@pytest.mark.parametrize("company", ["sqlite"], indirect=True)
def test_a_complaint_goes_from_receipt_to_close(company: Company) -> None:
    code = company.start("complaint-good", process="complaint-resolution")
    view = company.play(code, sample="complaint-good")
    assert (view["status"], view["outcome"], view["rows"]["verdict"]) == ("closed", "resolved", "upheld")
    assert {clock["is_kept"] for clock in view["clocks"]} == {True}
    (link,) = company.wait_for(lambda: company.case(code)["linked"])
    assert link["relation"] == "corrective_action"
    company.check(code)


def undisturbed(home: Path) -> dict[str, Any]:
    with Company(home) as calm:
        return calm.play(calm.start())


@pytest.mark.kills
def test_kill_9_at_twenty_random_moments_changes_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("CRMW_SOAK_SEED") or random.randrange(10**6))
    sys.stderr.write(f"seed {seed}\n")
    dice = random.Random(seed)
    expected = undisturbed(tmp_path / "calm")
    company = Company(tmp_path / "shaken").up()
    try:
        code = company.start()
        view = _play_while_killed(company, code, dice)
        assert (view["outcome"], _comparable(view["rows"])) == (expected["outcome"], _comparable(expected["rows"]))
        assert mails_of(view) == mails_of(expected)
        assert [(d["decision"], d["by"]) for d in view["decisions"] if d["effective"]] == [
            (d["decision"], d["by"]) for d in expected["decisions"] if d["effective"]
        ]
        company.check(code)
    finally:
        company.kill()
    company.ask()


def _comparable(rows: dict[str, Any]) -> dict[str, Any]:
    """Without the hashes of the report, which names the moment it was made."""
    archive = [paper | {"sha256": "of the report"} if paper["kind"] == "report" else paper for paper in rows["archive"]]
    return {name: value for name, value in rows.items() if name != "recognition_report"} | {"archive": archive}


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
            over.wait(dice.uniform(0.05, LONGEST_LIFE))
            company.kill()
            company.up()
        over.wait(120)
    finally:
        over.set()
        thread.join(60)
    return company.play(code)
