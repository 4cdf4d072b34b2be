"""One supplier as a page: its standing, cases and complaints in one story."""

from datetime import timedelta
from typing import Any

from crm_workflows.business import suppliers
from crm_workflows.domain.records import GoodsReceived, Supplier
from tests.interfaces.web.world import World, text_of

BUYER = "wang.fang@yongchang.example"


def test_a_suppliers_cases_and_complaints_stand_in_one_story(world: World) -> None:
    office = world.office
    code = office.until_code()
    office.submit(code)
    complaint = {"case": code, "at": office.clock.now().isoformat()}
    with office.engine.store.write() as tx:
        (row,) = tx.find(Supplier)
        told: dict[str, Any] = {
            "contact": {"name": "钟意", "email": "zhong@x.example", "phone": "+86510"},
            "owner": BUYER,
        }
        told |= {"yearly_amount": {"amount": "480000.00", "currency": "CNY"}, "recognised_on": "2026-01-05"}
        told |= {"certificate_expires_on": "2026-11-30", suppliers.COMPLAINTS: [complaint]}
        tx.update(Supplier, (row.code,), details={**(row.details or {}), **told})
        noon, day = office.clock.now() + timedelta(hours=3), timedelta(days=1)
        tx.insert(GoodsReceived(row.code, noon - day, "SH-2", "", "轴承", "9.00 CNY", "1000", "2", noon - 2 * day))
        tx.insert(GoodsReceived(row.name, noon - 9 * day, "", "CG-1", "", "1.00 CNY"))
    browser = world.browser()
    assert f"/suppliers/{row.code}" in browser.get("/suppliers").text
    page = text_of(browser.get(f"/suppliers/{row.code}?lang=en").text)
    assert "Supplier vetting · approved" in page or "Supplier vetting · Approved" in page
    assert "Complaints upheld within a year 1" in page
    assert "1 Mar 2026 Goods received, late, 2 rejected · SH-2 轴承 × 1000" in page
    assert "21 Feb 2026 Goods received · CG-1" in page, "from before it had a code"
    assert "Goods received within a year 2 lines Accepted 99.8 % On time 0 %" in page
    assert "Contact 钟意 · +86510 · zhong@x.example Buyer Wang Fang" in page
    assert "Yearly amount CNY 480,000.00 Recognised on 5 Jan 2026 Certificate valid until 30 Nov 2026" in page
    assert browser.get("/suppliers/S-XX-0000").status_code == 404
    assert browser.get("/suppliers/").headers["location"] == "/suppliers"
