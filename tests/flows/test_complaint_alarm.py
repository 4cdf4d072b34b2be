"""News of safety, press or law in a further mail about a complaint: alerted at once, once, and on the case (CP-3)."""

import pytest

from crm_workflows.testing.memory_store import MemoryStore
from tests.flows.complaints import DIRECTOR, GENERAL_MANAGER, LEAD, QUALITY
from tests.flows.test_complaint_mail import GU, complaints, letter, post
from tests.office import Office

FIRE = "泵起火，两名工人烧伤。"


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


def alerted(office: Office, code: str) -> list[str]:
    return [m.recipient for m in office.mails("announcement", case=code) if "涉及" in str(m.context["title"])]


def test_news_of_a_fire_in_a_joined_mail_alerts_as_an_urgent_complaint_does_and_once(office: Office) -> None:
    post(office, letter("少发一个垫片。", "少发垫片"))
    (case,) = complaints(office)
    for n in (2, 3):
        post(office, letter(FIRE, "Re: x", Message_ID=f"<{n}@x.example>", In_Reply_To="<1@chenglan.example>"))
    assert sorted(alerted(office, case.code)) == sorted({LEAD, GENERAL_MANAGER, DIRECTOR, QUALITY, case.owner})
    assert office.view(case.code)["rows"]["severity"] == "general", "raised by the service lead only"
    to_owner = office.mails("announcement", to=case.owner, case=case.code)
    assert len(to_owner) == 2, "one for each mail"


def test_a_lawyer_is_the_service_leads_to_look_at(office: Office) -> None:
    post(office, letter("少发一个垫片。", "少发垫片"))
    (case,) = complaints(office)
    post(office, letter("我们将起诉。", "Re: x", Message_ID="<2@x.example>", In_Reply_To="<1@chenglan.example>"))
    assert sorted(alerted(office, case.code)) == sorted({LEAD, case.owner})


def test_the_mail_beyond_those_of_a_day_alerts_although_it_joins_another_complaint(office: Office) -> None:
    for n in range(6):
        words = FIRE if n == 5 else "小事"
        row = post(office, letter(words, f"事 {n}", Message_ID=f"<{n}@x.example>"))
    assert len(complaints(office)) == 5
    assert row.case is not None
    assert GENERAL_MANAGER in alerted(office, row.case)


def test_news_beside_an_answer_that_counts_alerts_as_well(office: Office) -> None:
    post(office, letter("少发一个垫片。", "少发垫片"))
    (case,) = complaints(office)
    office.submit(case.code)
    question = office.mails("task_request", to=GU, case=case.code)[-1]
    row = post(office, office.reply_bytes(question, f"接受。另外{FIRE}", n=3))
    assert (row.status, office.view(case.code)["status"]) == ("applied", "closed")
    assert GENERAL_MANAGER in alerted(office, case.code)
