"""The seven views of a customer: what the archive holds, and what it lacks by name (RP-3)."""

from datetime import timedelta

import pytest

from crm_workflows.business import seven_views
from crm_workflows.business.seven_views import View
from crm_workflows.domain.durations import calendar_days
from crm_workflows.domain.records import ComplaintEntry, ContactMade, CustomerContact, CustomerInvoice, CustomerOrder
from crm_workflows.domain.text import in_language
from tests.flows.customers import IN_MEMORY, OWNER, enter, registered
from tests.office import Office

NAMES = ["Profile", "Persistency", "Profitability", "Performance", "Prospects", "Product", "Promotion"]


def views(office: Office) -> dict[str, View]:
    with office.engine.store.read() as reader:
        found = seven_views.seven_views(reader, "C-MA-0009", office.engine.today)
    return {in_language(view.title, "en"): view for view in found}


def told(view: View) -> dict[str, str]:
    return {in_language(fact.label, "en"): fact.said("en") for fact in view.facts}


@IN_MEMORY
@pytest.mark.shows("RP-3")
def test_all_seven_are_there_and_say_what_they_lack(office: Office) -> None:
    enter(office)
    found = views(office)
    assert list(found) == NAMES
    lacks = {name: [in_language(one, "en") for one in view.lacks] for name, view in found.items()}
    assert "industry" in lacks["Profile"]
    assert lacks["Persistency"] == ["orders", "contracts", "stage"]
    assert lacks["Profitability"] == ["orders", "costs and margin: not kept here"]
    assert lacks["Prospects"] == ["needs", "a plan"]
    assert "campaigns: not kept here" in lacks["Promotion"]


@IN_MEMORY
def test_another_contact_is_lacking_only_while_one_alone_is_known(office: Office) -> None:
    enter(office)
    assert "another contact" in str(views(office)["Profile"].lacks)
    with office.engine.store.write() as tx:
        tx.insert(CustomerContact("C-MA-0009", 1, "梁倩", "liang@chenglan.example", ""))
    assert "another contact" not in str(views(office)["Profile"].lacks)


@IN_MEMORY
def test_complaints_count_each_once_however_they_came_in(office: Office) -> None:
    """As cases, whose contact is the same complaint and whose follow-up is none; and as contacts that were imported."""
    enter(office)
    now = office.clock.now()
    with office.engine.store.write() as tx:
        for n, case in enumerate(("CP-2026-00001", "CP-2026-00002", "CF-2026-00001", None)):
            tx.insert(ContactMade("C-MA-0009", n, now, "complaint", "li", True, case, None))
            if case and case.startswith("CP"):
                tx.insert(ComplaintEntry(case, "C-MA-0009", "", "", "", "", "", now))
    assert told(views(office)["Performance"])["Complaints"] == "3"


@IN_MEMORY
@pytest.mark.shows("RP-3")
def test_what_the_archive_holds_is_told_and_no_longer_lacking(office: Office) -> None:
    goal = {"what": "增长", "measure": "300 万", "by": "2030-12-31"}
    details = {"address": "无锡", "needs": "泵轴", "source": "展会", "plan": {"first_goal": goal, "needs": "叶轮"}}
    enter(office, industry="machinery", stage="stable", details=details)
    now, code = office.clock.now(), "C-MA-0009"
    with office.engine.store.write() as tx:
        for n, (goods, amount) in enumerate([("泵轴", "10.10 CNY"), ("泵轴", "0.20 CNY"), ("", "5.00 EUR")]):
            tx.insert(CustomerOrder(code, str(n), now - timedelta(days=n), amount, goods=goods))
        for n, grade in enumerate([5, 4]):
            tx.insert(ContactMade(code, n, now, "callback", "li", True, None, {"satisfaction": grade}))
        for n, paid in enumerate([now, now + timedelta(days=1), None]):
            tx.insert(CustomerInvoice(code, f"FP-{n}", now, "1.00 CNY", paid))
        tx.insert(CustomerOrder(code, "9", now.replace(month=1, day=4, hour=20), "0.00 EUR", goods="泵轴"))
    found = views(office)
    assert told(found["Persistency"])["First order"] == "5 Jan 2026", "where the company is"
    assert told(found["Profitability"])["Value of the orders"] == "EUR 5.00", "the last of two currencies"
    assert [fact.said("en") for fact in found["Profitability"].facts] == ["CNY 10.30", "EUR 5.00"]
    assert told(found["Performance"])["Mean satisfaction (1–5)"] == "4.5"
    assert [told(found["Performance"])[one] for one in ("Invoices", "Paid", "Paid in time")] == ["3", "2", "1"]
    assert found["Performance"].lacks == ()
    assert told(found["Prospects"]) == {"Tier": "B", "Needs": "叶轮", "Goals of the plan": "增长：300 万"}
    assert told(found["Product"])["Ordered most"] == "泵轴 × 3"
    assert [in_language(one, "en") for one in found["Product"].lacks] == ["goods of some orders"]
    assert found["Prospects"].lacks == ()
    assert told(found["Promotion"])["Source"] == "展会"


@IN_MEMORY
def test_the_plan_of_an_a_customer_is_told_with_what_it_lacks(office: Office) -> None:
    """Through the plan's own case: what is past its day has to be looked at."""
    enter(office, tier="A")
    assert lacking(office) == ["a plan, which an A customer should have"]
    contact = {"name": "顾晚晴", "email": "gu@chenglan.example", "phone": "+8651255500188"}
    about = {"company": "苏州澄岚水泵有限公司", "customer": "C-MA-0009", "contact": contact, "owner": OWNER}
    code = office.start(about, process="customer-plan")
    action = {"what": "拜访", "who": OWNER, "by": "2026-03-20"}
    office.submit(code, gate="plan", first_action=action)
    office.answer(code, "approve")
    facts = told(plan(office))
    assert facts["Goals"] == "年采购额提高 – 全年订单达到 300 万元 (by 31 Dec 2030)"
    assert facts["Actions"] == "拜访 – Lin Xiaoyu (by 20 Mar 2026)"
    assert facts["Needs"].startswith("不锈钢泵轴")
    assert lacking(office) == []
    office.advance(calendar_days(30))
    assert lacking(office) == ["what came of the action “拜访”, whose day is past"]


@IN_MEMORY
def test_other_customers_need_no_plan(office: Office) -> None:
    row = enter(office)
    assert seven_views.plan_view(row, office.clock.now().date(), lambda address, _: address) is None


def plan(office: Office) -> View:
    directory = office.staff.directory()
    found = seven_views.plan_view(
        registered(office, "C-MA-0009"), office.engine.today(office.clock.now()),
        lambda address, language: directory.person(address).shown_name(language),  # type: ignore[union-attr]
    )  # fmt: skip
    assert found is not None
    return found


def lacking(office: Office) -> list[str]:
    return [in_language(one, "en") for one in plan(office).lacks]
