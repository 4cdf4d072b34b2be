"""The story of complaints (CP)."""

from tests.flows.complaints import HANDLER, complain
from tests.office import Office


def test_a_general_complaint_is_answered_and_remedied_by_one_person(office: Office) -> None:
    code = complain(office)
    (letter,) = office.mails("letter", case=code)
    said = {fact["label"].split(" / ")[-1]: fact["value"] for fact in letter.context["facts"]}
    assert said == {"Your complaint": code, "Person in charge": "白雪", "First answer by": "2026年3月3日 09:00"}
    assert office.waiting(code)["assignee"]["email"] == HANDLER
    office.submit(code)
    view = office.view(code)
    assert (view["outcome"], view["rows"]["verdict"], view["rows"]["severity"]) == ("resolved", "upheld", "general")
