"""One supplier as a page: its standing, cases and complaints in one story."""

from crm_workflows.business import suppliers
from crm_workflows.domain.records import Supplier
from tests.interfaces.web.world import World, text_of


def test_a_suppliers_cases_and_complaints_stand_in_one_story(world: World) -> None:
    office = world.office
    code = office.until_code()
    office.submit(code)
    complaint = {"case": code, "at": office.clock.now().isoformat()}
    with office.engine.store.write() as tx:
        (row,) = tx.find(Supplier)
        tx.update(Supplier, (row.code,), details={**(row.details or {}), suppliers.COMPLAINTS: [complaint]})
    browser = world.browser()
    assert f"/suppliers/{row.code}" in browser.get("/suppliers").text
    page = text_of(browser.get(f"/suppliers/{row.code}?lang=en").text)
    assert "Supplier vetting · approved" in page or "Supplier vetting · Approved" in page
    assert "Complaints upheld within a year 1" in page
    assert browser.get("/suppliers/S-XX-0000").status_code == 404
