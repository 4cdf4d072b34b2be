"""Mails to a complaint that name one of our staff as their sender: only who is sure to be one of us speaks as one."""

from dataclasses import replace

import pytest

from crm_workflows.business.complaint_alarm import UNSURE
from crm_workflows.domain.text import in_language
from crm_workflows.testing import MemoryStore
from tests.engine.mail_in.test_senders import FORGED, GENUINE, known_as
from tests.flows.complaints import HANDLER, LEAD
from tests.flows.customers import enter
from tests.flows.test_complaint_mail import GU, complaints, letter, letters, post
from tests.office import Office

WORDS = "客户已电话同意结案。"
NOTE = in_language(UNSURE, "zh")


@pytest.fixture
def office() -> Office:
    opened = Office(MemoryStore())
    enter(opened, "C-MA-0009", mail_domain="chenglan.example")
    post(opened, letter())
    return opened


def facts_told(office: Office, code: str) -> list[str]:
    return [fact["value"] for mail in office.mails("announcement", case=code) for fact in mail.context["facts"]]


@pytest.mark.parametrize("to", ["complaints@yongchang.example", "approvals@yongchang.example"])
def test_who_names_staff_as_sender_reaches_nothing_of_a_complaint_by_its_code(office: Office, to: str) -> None:
    (first,) = complaints(office)
    known_as(office, FORGED)
    row = post(office, letter(WORDS, f"[{first.code}] 结案", From=f"Tang Li <{LEAD}>", Message_ID="<2@x>", To=to))
    assert WORDS not in facts_told(office, first.code)
    opened = complaints(office)[1:]
    if to.startswith("approvals"):
        assert (row.status, opened) == ("refused", [])
        return
    (other,) = opened
    assert row.case == other.code
    assert other.subject["what"].startswith(f"（{NOTE}")
    assert other.subject["contact"]["email"] == LEAD
    assert row.authentication == FORGED.to_json()
    assert [mail.recipient for mail in office.mails("letter", case=other.code)] == [LEAD], "the colleague hears of it"


def test_staff_who_are_sure_to_be_ours_add_to_a_complaint(office: Office) -> None:
    (first,) = complaints(office)
    known_as(office, GENUINE)
    row = post(office, letter(WORDS, f"[{first.code}] 电话", From=f"Tang Li <{LEAD}>", Message_ID="<2@x>"))
    assert (row.case, len(complaints(office))) == (first.code, 1)
    assert WORDS in facts_told(office, first.code)
    assert NOTE not in facts_told(office, first.code)


def test_whoever_is_in_charge_reads_that_a_colleague_may_not_have_written_what_is_joined(office: Office) -> None:
    """A colleague has taken a complaint in by mail; another mail in their name joins it."""
    post(office, letter("泵裂了。", "泵裂了", From=f"Bai Xue <{HANDLER}>", Message_ID="<2@x>"))
    own = complaints(office)[-1]
    known_as(office, FORGED)
    post(office, letter(WORDS, f"[{own.code}] 结案", From=f"Bai Xue <{HANDLER}>", Message_ID="<3@x>"))
    assert len(complaints(office)) == 2
    assert {WORDS, NOTE} <= set(facts_told(office, own.code))


def test_strangers_are_not_looked_at_as_anybody_could_keep_us_busy(office: Office) -> None:
    asked = known_as(office, FORGED)
    post(office, letter(Message_ID="<2@chenglan.example>"))
    office.engine = replace(office.engine)
    assert (asked, len(letters(office, GU))) == ([], 2)
