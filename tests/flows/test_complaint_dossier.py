"""What an outsider finds in the dossier of a complaint: answers of people outside, and a close that was not the end."""

from pathlib import Path

import pytest

from crm_workflows.domain.durations import clock_hours
from crm_workflows.engine.record import sealing
from crm_workflows.testing import MemoryStore
from tests.engine.record.test_dossier import outsider_says, taken_out
from tests.flows.complaints import CUSTOMER, FAULT, HANDLER, asked, complain, finish, followed_up, until
from tests.flows.customers import enter
from tests.flows.test_complaint_mail import letter, post
from tests.office import Office

HOLDS = "every file and the record hold"


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


def test_an_answer_of_the_customer_is_found_to_be_the_one_on_record(office: Office, tmp_path: Path) -> None:
    """On record people outside are a hash (G-7); case.json names them."""
    code = complain(office, **FAULT)
    until(office, code, "answer")
    office.reply(asked(office, code), "接受", sender=CUSTOMER)
    assert finish(office, code)["outcome"] == "resolved"
    sealing.seal(office.engine)
    (tmp_path / "closed").mkdir()
    assert HOLDS in outsider_says(office, code, tmp_path / "closed")

    follow_up = followed_up(office, code)
    office.reply(asked(office, follow_up), "2", sender=CUSTOMER)
    office.work()
    assert office.view(code)["outcome"] is None
    sealing.seal(office.engine)
    for folder, one in (("reopened", code), ("follow-up", follow_up)):
        (tmp_path / folder).mkdir()
        assert HOLDS in outsider_says(office, one, tmp_path / folder)


def test_the_mail_that_opened_a_complaint_is_part_of_its_dossier_and_one_that_quotes_an_open_question_is_not(
    office: Office,
) -> None:
    """A customer who writes anew into a complaint may quote what still decides; the first mail cannot."""
    enter(office, "C-MA-0009", mail_domain="chenglan.example")
    first = post(office, letter(text="少发一个垫片，请补发。", subject="少发垫片"))
    code = str(first.case)
    office.submit(code)
    office.advance(clock_hours(1))
    further = post(office, letter(text="还有一事", Message_ID="<2@chenglan.example>", In_Reply_To=first.message_id))
    received = [name for name in taken_out(office, code) if name.startswith("received/")]
    assert received == [f"received/{first.id}.eml", f"received/{further.id}.withheld.txt"]
    assert finish(office, code)["status"] == "closed"
    assert f"received/{further.id}.eml" in taken_out(office, code), "made at once after the close"
    followed_up(office, code)
    assert f"received/{first.id}.eml" in taken_out(office, code)


def test_what_staff_have_written_is_withheld_as_it_may_hold_secrets_of_other_cases(office: Office) -> None:
    """Such as a digest passed on to the complaint address."""
    row = post(office, letter(From=f"Bai Xue <{HANDLER}>"))
    assert f"received/{row.id}.withheld.txt" in taken_out(office, str(row.case))
