"""What stories about customers share: a customer on its way into the register, and what the register holds."""

from typing import Any

import pytest

from crm_workflows.domain.records import Booking, Customer, CustomerContact, Request
from tests.office import Office, application

OWNER = "lin.xiaoyu@yongchang.example"
MANAGER = "gao.ming@yongchang.example"
STEWARD = "luo.min@yongchang.example"
BIG = {"amount": "2500000.00", "currency": "CNY"}
LOYAL: dict[str, Any] = {"potential": 100, "frequency": 90, "repeat": 90, "length": 80, "share_of_need": 90}
TOP = LOYAL | {"yearly_value": BIG}
"""Facts that make tier A."""


IN_MEMORY = pytest.mark.parametrize("open_again", ["memory"], indirect=True)
"""For branches that write nothing by a way of their own: what the stores promise is shown elsewhere."""


def customer(**changes: Any) -> dict[str, Any]:
    """The sample of a good customer, with changes."""
    return application("onboarding-good", **changes)


def onboarding(office: Office, *, requester: str | None = None, **changes: Any) -> str:
    """A case that has just been opened."""
    return office.start(customer(**changes), process="customer-onboarding", requester=requester)


def until(office: Office, code: str, gate: str, **answers: dict[str, Any]) -> str:
    """Answer everything before `gate`: tasks with their examples, changed where told; approvals with yes."""
    while office.waiting(code)["gate"] != gate:
        _one(office, code, answers)
    return code


def finished(office: Office, code: str, **answers: dict[str, Any]) -> str:
    """Answer all that is left."""
    while office.view(code)["status"] == "waiting":
        _one(office, code, answers)
    return code


def _one(office: Office, code: str, answers: dict[str, dict[str, Any]]) -> None:
    item = office.waiting(code)
    if item["kind"] == "task":
        office.submit(code, gate=item["gate"], **answers.get(item["gate"], {}))
    else:
        office.answer(code, "approve")


def registered(office: Office, code: str = "C-MA-0001") -> Customer:
    """The line of the register."""
    with office.engine.store.read() as reader:
        found = reader.get(Customer, code)
    assert found is not None
    return found


def people(office: Office, code: str = "C-MA-0001") -> list[CustomerContact]:
    """The people at a customer, as they are tried."""
    with office.engine.store.read() as reader:
        return reader.find(CustomerContact, customer=code, order="n")


def enter(office: Office, code: str = "C-MA-0009", **columns: Any) -> Customer:
    """Put a customer into the register that was taken on long ago."""
    given: dict[str, Any] = {
        "name": "苏州澄岚水泵有限公司", "credit_code": "91320500MAX0CL616K", "status": "active", "tier": "B",
        "owner": OWNER, "registered_at": office.clock.now(),
    }  # fmt: skip
    row = Customer(code, **(given | columns))
    with office.engine.store.write() as tx:
        tx.insert(row, CustomerContact(code, 0, "顾晚晴", "gu@chenglan.example", "+8651255500188"))
    return row


def linked(office: Office, code: str, relation: str) -> str:
    """The case that has opened for this one."""
    office.work()
    (found,) = [link["case"] for link in office.view(code)["linked"] if link["relation"] == relation]
    return str(found)


def bookings(office: Office, case: str) -> list[Booking]:
    """What a case has booked and is not open yet."""
    with office.engine.store.read() as reader:
        return reader.find(Booking, case=case, is_open=True)


def shown(office: Office, code: str, gate: str) -> dict[str, str]:
    """What the request shows, by the English label, in English."""
    with office.engine.store.read() as reader:
        facts = reader.find(Request, case=code, name=gate, order="opened_at")[-1].shows["facts"]
    return {fact["label"].split(" / ")[-1]: fact.get("value_en") or fact["value"] for fact in facts}
