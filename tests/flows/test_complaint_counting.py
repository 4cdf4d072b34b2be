"""Which complaints count as earlier ones of the same sender (CP-3), and which as alike (CP-12)."""

from typing import Any

from crm_workflows.domain.records import Booking
from tests.flows.complaints import complain, finish
from tests.flows.customers import IN_MEMORY
from tests.office import Office


def severity(office: Office, name: str, email: str | None, **changes: Any) -> str:
    """As it was proposed for a complaint of somebody."""
    code = complain(office, contact={"name": name, "email": email}, **changes)
    return str(office.view(code)["rows"]["severity"])


@IN_MEMORY
def test_only_the_very_same_sender_has_complained_before(office: Office) -> None:
    first = {"order": "PO-1", "product": "轴", "what": "你们的王工态度差"}
    assert severity(office, "李志", "zhili@x.example", **first) == "general"
    assert severity(office, "李", "li@x.example", order="PO-2", product="泵") == "general"
    assert severity(office, "王工", None, order="PO-3", product="阀门") == "general"
    assert severity(office, "李", "LI@x.example", order="PO-4", product="法兰") == "major"


@IN_MEMORY
def test_one_that_was_joined_to_another_is_not_one_more_alike(office: Office) -> None:
    asked = {"product": "阀门", "kind": "quality"}
    for _ in range(2):
        complain(office, contact={"name": "甲", "email": "jia@x.example"}, order="PO-1", **asked)
    second = complain(office, contact={"name": "乙", "email": "yi@y.example"}, order="PO-2", **asked)
    office.submit(second, too_much=True)
    finish(office, second)
    with office.engine.store.read() as reader:
        assert [one.relation for one in reader.find(Booking, case=second)] == ["follow_up"]
