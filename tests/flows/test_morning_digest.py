"""The morning digest as an approver of real procedures meets it (G-10)."""

from typing import Any

import pytest

from crm_workflows.engine.digests import digests
from tests.office import Office, application, credit_code

HEAD = "zheng.xiaodong@yongchang.example"


def supplier(n: int, amount: str) -> dict[str, Any]:
    """A supplier of its own with an expected yearly amount."""
    return application(
        company=("东海机械", "南山铸造", "西岭电子")[n], credit_code=credit_code(n),
        yearly_amount={"amount": amount, "currency": "CNY"},
    )  # fmt: skip


@pytest.mark.shows("G-10")
def test_recognitions_of_a_morning_are_decided_by_one_reply(office: Office) -> None:
    small, other, large = (
        office.until_gate(supplier(n, a)) for n, a in enumerate(("80000.00", "90000.00", "860000.00"))
    )
    office.move_to(office.clock.now())
    digests.make_due(office.engine)
    (mail,) = office.mails("digest", to=HEAD)
    assert [(item["number"], item["case"]) for item in mail.context["items"]] == [(1, small), (2, other), (3, large)]
    assert "100,000" in mail.context["items"][2]["held"]
    office.reply(mail, "1 同意 2 退回 SV-4 面谈记录不全 3 同意")
    office.work()
    (answer,) = office.mails("digest_answer", to=HEAD)
    assert [one["is_applied"] for one in answer.context["results"]] == [True, True, False]
    assert [office.view(small)["decisions"][-1][key] for key in ("decision", "digest")] == ["approve", f"{mail.case}/1"]
    assert office.waiting(other)["rule"] == "SV-4"
    assert office.waiting(large)["gate"] == "recognition"
