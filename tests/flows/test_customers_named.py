"""A customer whom a complaint names by code is in the register; whoever is in none complains without a code (CP-1)."""

from typing import Any

import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.decisions import amending
from crm_workflows.engine.decisions.amending import Amendment
from tests.flows.complaints import HANDLER, complain
from tests.flows.customers import IN_MEMORY, enter
from tests.office import Office

pytestmark = IN_MEMORY


def held(office: Office) -> None:
    enter(office, "C-MA-0001", credit_code="a", name="苏州澄岚水泵有限公司")
    enter(office, "C-VE-0417", credit_code="b", name="Kunde Pumpen GmbH")


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ({"customer": "C-MA-001", "company": ""}, "C-MA-0001 苏州澄岚水泵有限公司"),
        ({"customer": "c-ve-0417", "company": ""}, "C-VE-0417 Kunde Pumpen GmbH"),
        ({"customer": "澄岚水泵", "company": ""}, "C-MA-0001 苏州澄岚水泵有限公司"),
        ({"customer": "K77", "company": "Kunde Pumpen"}, "C-VE-0417 Kunde Pumpen GmbH"),
    ],
)
def test_a_complaint_with_a_code_that_nobody_knows_is_told_whom_it_may_mean(
    office: Office, named: dict[str, Any], meant: str
) -> None:
    held(office)
    with pytest.raises(InvalidInput, match="在册的客户请把代码留空") as refused:
        complain(office, **named)
    told = refused.value.fields["customer"]
    assert f"客户名册中没有 {named['customer']}，相近的有 {meant}；" in told
    assert "leave it empty for a customer who is not in the register" in told
    with office.engine.store.read() as reader:
        assert reader.count(CaseRow) == 0


def test_a_stranger_complains_without_a_code_and_a_code_like_nobody_s_offers_nobody(office: Office) -> None:
    held(office)
    assert office.view(complain(office, customer=""))["status"] == "waiting"
    with pytest.raises(InvalidInput) as refused:
        complain(office, customer="X", company="远方公司")
    assert "相近" not in refused.value.message


def test_an_amendment_asks_about_a_new_code_only(office: Office) -> None:
    """A case of before that names a code of nobody can still be corrected in all else."""
    held(office)
    code = complain(office, customer="C-MA-0001")
    with office.engine.store.write() as tx:
        row = tx.get(CaseRow, code)
        assert row is not None
        tx.update(CaseRow, (code,), subject=row.subject | {"customer": "OLD-7"})
    amending.amend(office.engine, code, Amendment({"wanted": "换货"}, HANDLER, "补充", "page"))
    with pytest.raises(InvalidInput, match="C-MA-0002，相近的有 C-MA-0001"):
        amending.amend(office.engine, code, Amendment({"customer": "C-MA-0002"}, HANDLER, "补充", "page"))
