"""What the shipped procedures do with an amended case: who is asked again, what is made anew and what refused (G-6)."""

import pytest

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.records import Supplier
from crm_workflows.engine.decisions import amending
from crm_workflows.engine.decisions.amending import Amended, Amendment
from crm_workflows.engine.requests.files import File
from crm_workflows.testing import MemoryStore
from tests.office import Office, application, documents

BUYER = "wang.fang@yongchang.example"
DEAR = {"amount": "9000000.00", "currency": "CNY"}


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


def amend(office: Office, code: str, values: dict[str, object]) -> Amended:
    return amending.amend(office.engine, code, Amendment(values, BUYER, "填错了", "page"))


def test_a_larger_amount_reopens_the_recognition_with_a_new_report_and_a_phone_number_does_not(office: Office) -> None:
    """SV-7: finance and general manager come in once the limit is passed; the contracts under way are kept."""
    code = office.until_signers()
    assert amend(office, code, {"contact.phone": "0512-1234567"}).asked_again == ()
    assert len(amend(office, code, {"yearly_amount": DEAR}).asked_again) == 4, "the three, and the form under way"
    item = office.waiting(code, "recognition")
    mail = next(m for m in office.mails("approval_request") if m.request == item["id"])
    told = {c["label"].split(" / ")[1]: c["after"] for c in mail.context["request"]["amended"]["changes"]}
    assert told["Expected yearly amount in the request"] == "¥9,000,000.00"
    assert told["Attachment"] == f"认定申请报告-{code}.html（新版本）", "a person compares files, not hashes"
    facts = [f["value"] for f in mail.context["request"]["facts"] if "Expected yearly amount" in f["label"]]
    assert facts == ["¥480,000.00（更改前填写）", "¥9,000,000.00"], "what an earlier form says is called old"
    office.submit(code, gate="contract_signers")
    for _ in range(3):
        assert {i["gate"] for i in office.view(code)["waiting_for"]} == {"recognition"}
        office.answer(code, "approve", gate="recognition")
    assert office.waiting(code)["gate"] == "contracts"
    office.check_invariants()


def test_a_company_that_is_barred_does_not_get_in_by_an_amendment(office: Office) -> None:
    """SV-2 is looked up anew: the case would have ended there."""
    barred = application("over-limit")
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-9", "component", "旧", barred["credit_code"], "barred", office.clock.now()))
    code = office.until_gate()
    with pytest.raises(Refused, match="another way"):
        amend(office, code, {"credit_code": barred["credit_code"]})


def test_after_the_code_nothing_is_amended(office: Office) -> None:
    code = office.until_code()
    with pytest.raises(Refused, match="has been given its code in SV-10"):
        amend(office, code, {"goods": "别的"})


def test_papers_under_way_are_asked_for_at_the_new_address(office: Office) -> None:
    """SV-3: what has come is kept, and the old address can no longer hand in."""
    code = office.start()
    office.hand_in(code, [file for file in _papers() if "执照" in file.filename])
    before = office.waiting(code)
    amend(office, code, {"contact.email": "new@chenglan.example", "contact.name": "新联系人"})
    item = office.waiting(code)
    assert item["assignee"]["email"] == "new@chenglan.example"
    assert (item["id"], item["missing"]) == (before["id"], before["missing"])
    asked = {m.recipient for m in office.mails("documents_request")}
    assert asked == {application()["contact"]["email"], "new@chenglan.example"}
    office.hand_in(code)
    assert office.waiting(code)["gate"] == "papers_check"


def _papers() -> list[File]:
    return documents()
