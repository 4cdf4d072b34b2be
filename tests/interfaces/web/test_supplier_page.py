"""One supplier as a page: its standing, cases and complaints in one story."""

from datetime import timedelta

from crm_workflows.business import suppliers
from crm_workflows.domain.records import GoodsReceived, Supplier
from tests.interfaces.web.world import World, text_of


def test_a_suppliers_cases_and_complaints_stand_in_one_story(world: World) -> None:
    office = world.office
    code = office.until_code()
    office.submit(code)
    complaint = {"case": code, "at": office.clock.now().isoformat()}
    with office.engine.store.write() as tx:
        (row,) = tx.find(Supplier)
        tx.update(Supplier, (row.code,), details={**(row.details or {}), suppliers.COMPLAINTS: [complaint]})
        noon, day = office.clock.now() + timedelta(hours=3), timedelta(days=1)
        tx.insert(GoodsReceived(row.code, noon - day, "SH-2", "", "轴承", "9.00 CNY", "40", "2", noon - 2 * day))
        tx.insert(GoodsReceived(row.name, noon - 9 * day, "", "CG-1", "", "1.00 CNY"))
    browser = world.browser()
    assert f"/suppliers/{row.code}" in browser.get("/suppliers").text
    page = text_of(browser.get(f"/suppliers/{row.code}?lang=en").text)
    assert "Supplier vetting · approved" in page or "Supplier vetting · Approved" in page
    assert "Complaints upheld within a year 1" in page
    assert "1 Mar 2026 Goods received, late, 2 rejected · SH-2 轴承 × 40" in page
    assert "21 Feb 2026 Goods received · CG-1" in page, "from before it had a code"
    assert "Goods received within a year 2 lines Accepted 95 % On time 0 %" in page
    assert browser.get("/suppliers/S-XX-0000").status_code == 404
    assert browser.get("/suppliers/").headers["location"] == "/suppliers"
