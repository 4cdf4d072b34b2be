"""The callbacks of a morning in the digest of who calls (CB-3, CB-4, G-10)."""

from datetime import datetime, timedelta

import pytest

from crm_workflows.business import calling, rounds
from crm_workflows.engine.digests import digests
from tests.engine.filled import morning, with_workbooks, workbook_of
from tests.flows.customers import IN_MEMORY, OWNER
from tests.flows.test_rounds import made, several
from tests.office import Office

QUESTIONS = "新泵运行是否平稳？"


def handed_out(office: Office, many: int) -> None:
    """A round opens so many callbacks of one owner, each with its questions."""
    several(office, many, last_contact_at=office.clock.now() - timedelta(days=200))
    one = made(office, questions=QUESTIONS)
    assert one.next_at is not None
    office.clock.move_to(one.next_at)
    assert calling.fire(office.engine) == many
    office.work()


@IN_MEMORY
@pytest.mark.shows("CB-3")
def test_each_callback_in_the_digest_says_why_whom_and_what_to_ask(office: Office) -> None:
    handed_out(with_workbooks(office), 2)
    mail = morning(office, OWNER)
    for item in mail.context["items"]:
        said = {fact["label"].partition(" / ")[2]: fact["value"] for fact in item["facts"]}
        assert {"Why now", "Last contact", "Open orders"} <= set(said)
        assert "+8651255500188" in said["Call"]
        assert said["Questions"] == QUESTIONS
    (sheet,) = workbook_of(office, mail).worksheets
    at = [cell.value for cell in sheet[1]].index("回访问题")
    assert [row[at].value for row in sheet.iter_rows(min_row=2)] == [QUESTIONS] * 2


@IN_MEMORY
@pytest.mark.parametrize("first", ["digest", "round", "worker"])
def test_whoever_comes_first_in_the_morning_each_owner_has_one_mail_with_all(office: Office, first: str) -> None:
    several(office, 20, last_contact_at=office.clock.now() - timedelta(days=200))
    rounds.begin_morning(office.engine)
    due = rounds.found(office.engine, rounds.MORNING).next_at
    assert due is not None
    office.clock.move_to(due)
    assert digest_time(office) == due
    if first == "digest":
        digests.make_due(office.engine)
        calling.fire(office.engine)
        office.work()
    else:
        calling.fire(office.engine)
        if first == "worker":
            office.work()
        digests.make_due(office.engine)
        office.work()
    digests.make_due(office.engine)
    (mail,) = office.mails("digest", to=OWNER)
    assert len(mail.context["items"]) == 20
    assert [one.template for one in office.mails(to=OWNER)] == ["digest"], "no single mails beside it"


@IN_MEMORY
def test_a_round_that_nobody_carries_out_holds_digests_back_for_half_an_hour(office: Office) -> None:
    """Where whoever carries rounds out does not run, all else that waits is told all the same."""
    several(office, 2, last_contact_at=office.clock.now() - timedelta(days=200))
    rounds.begin_morning(office.engine)
    due = rounds.found(office.engine, rounds.MORNING).next_at
    assert due is not None
    office.clock.move_to(due - timedelta(hours=2))
    office.until_gate()
    office.clock.move_to(due)
    assert digests.make_due(office.engine) == 0
    office.clock.move_to(due + timedelta(minutes=31))
    assert digests.make_due(office.engine) > 0


@IN_MEMORY
def test_a_round_later_in_the_day_asks_by_single_mails(office: Office) -> None:
    several(office, 2, last_contact_at=office.clock.now() - timedelta(days=200))
    one = made(office, cron="0 14 * * 1")
    assert one.next_at is not None
    office.clock.move_to(one.next_at - timedelta(hours=2))
    digests.make_due(office.engine)
    office.clock.move_to(one.next_at)
    calling.fire(office.engine)
    office.work()
    assert len(office.mails("task_request", to=OWNER)) == 2


def digest_time(office: Office) -> datetime:
    person = office.staff.directory().person(OWNER)
    assert person is not None
    following = digests.next_morning(office.engine, person, office.clock.now() - timedelta(hours=1))
    assert following is not None
    return following
