"""The callbacks of a morning in the digest of who calls (CB-3, CB-4, G-10)."""

from datetime import timedelta

import pytest

from crm_workflows.business import calling
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
