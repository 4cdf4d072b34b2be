"""A supplier that is known already: barred, on hold, of the same code or of a similar name (SV-2)."""

from typing import Any

from crm_workflows.business.suppliers import SHOWN_AT_MOST
from crm_workflows.domain.records import Supplier
from tests.office import UNTIL_GATE, Office, application


def test_a_barred_supplier_is_refused(office: Office) -> None:
    code = application()["credit_code"]
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", "旧", code, "barred", office.clock.now()))
    view = office.view(office.start())
    assert (view["status"], view["outcome"]) == ("closed", "rejected")


def test_a_supplier_barred_while_its_case_ran_gets_no_code_and_stays_barred(office: Office) -> None:
    case = office.until_signers()
    with office.engine.store.write() as tx:
        code = application()["credit_code"]
        tx.insert(Supplier("S-CP-0001", "component", "旧", code, "barred", office.clock.now()))
    office.sign(case)
    view = office.view(case)
    assert (view["status"], view["outcome"]) == ("closed", "rejected")
    assert "supplier_code" not in view["rows"]
    with office.engine.store.read() as reader:
        (found,) = reader.find(Supplier)
    assert (found.status, found.case, found.supplier_class) == ("barred", None, None)


def test_a_supplier_on_hold_keeps_its_hold_when_it_is_recognised_once_more(office: Office) -> None:
    held = {"holds": ["expired:certificate"]}
    with office.engine.store.write() as tx:
        code = application()["credit_code"]
        tx.insert(Supplier("S-CP-0001", "component", "旧", code, "on_hold", office.clock.now(), details=held))
    case = office.start()
    office.submit(case, gate="duplicate_check", verdict="different")
    office.hand_in(case)
    for task in UNTIL_GATE:
        office.submit(case, gate=task)
    office.answer(case, "approve")
    office.sign(case)
    office.submit(case, gate="payment_terms")
    assert office.view(case)["rows"]["supplier_code"] == "S-CP-0001", "a company has one code"
    with office.engine.store.read() as reader:
        found = reader.get(Supplier, "S-CP-0001")
    assert found is not None
    assert found.status == "on_hold", "only a new certificate ends what an expired one began"


def test_a_known_company_is_decided_by_a_person(office: Office) -> None:
    first = office.start()
    second = office.start()
    assert office.waiting(second)["gate"] == "duplicate_check"
    shown = office.mails("task_request", case=second)[0].context["request"]["facts"]
    assert any(first in fact["value"] for fact in shown)
    office.submit(second, verdict="same")
    assert office.view(second)["outcome"] == "rejected"


def test_a_known_company_that_is_another_one_goes_on(office: Office) -> None:
    office.start()
    second = office.start()
    office.submit(second, verdict="different")
    assert office.waiting(second)["kind"] == "documents"


OTHER_CODE = "91330200MAX0AA110H"


def similar(**changes: Any) -> dict[str, Any]:
    """The good sample's company under another credit code and a slightly other name."""
    return application(credit_code=OTHER_CODE) | {"company": "澄岚精密轴承（苏州）有限公司"} | changes


def check_facts(office: Office, code: str) -> dict[str, str]:
    """What the person who checks for known companies is shown, by its English label, in English."""
    facts = office.mails("task_request", case=code)[0].context["request"]["facts"]
    return {fact["label"].split(" / ")[1]: fact.get("value_en") or fact["value"] for fact in facts}


def test_a_similar_name_in_the_register_is_decided_by_a_person(office: Office) -> None:
    name = application()["company"]
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", name, "c1", "recognised", office.clock.now()))
    code = office.start(similar())
    assert office.waiting(code)["gate"] == "duplicate_check"
    shown = check_facts(office, code)["In the register, with a similar name"]
    assert shown == f"S-CP-0001 {name} (the same but for the region)"
    chinese = office.mails("task_request", case=code)[0].context["request"]["facts"][-1]["value"]
    assert chinese == f"S-CP-0001 {name}（地区写法不同）"
    office.submit(code, verdict="different")
    assert office.waiting(code)["kind"] == "documents"


def test_a_similar_name_under_way_is_shown_and_one_that_is_over_is_not(office: Office) -> None:
    first = office.start()
    second = office.start(similar())
    assert check_facts(office, second)["Case under way, with a similar name"].startswith(f"{first} ")
    office.submit(second, verdict="same")
    assert office.view(second)["outcome"] == "rejected"
    office.hand_in(first)
    office.submit(first, gate="papers_check", sufficient=False, remark="执照已过期")
    third = office.start(similar())
    assert office.waiting(third)["kind"] == "documents", "neither of the two is under way any more"


def test_a_barred_supplier_under_another_code_is_shown_as_barred_and_not_refused(office: Office) -> None:
    now = office.clock.now()
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", "澄岚精密轴承（苏州）有限公司", "c1", "recognised", now))
        tx.insert(Supplier("S-CP-0002", "component", "苏州橙岚精密轴承有限公司", "c2", "barred", now))
    case = office.start()
    assert office.view(case)["status"] == "waiting", "nobody is refused on likeness alone"
    shown = check_facts(office, case)
    assert shown["Barred, with a similar name"].startswith("S-CP-0002 苏州橙岚精密轴承有限公司 (the same sound")
    labels = list(shown)
    barred, registered = map(labels.index, ("Barred, with a similar name", "In the register, with a similar name"))
    assert barred < registered, "the barred come first"
    office.submit(case, verdict="same")
    assert office.view(case)["outcome"] == "rejected"


def test_a_company_with_the_same_code_is_not_shown_again_for_its_name(office: Office) -> None:
    first = office.start()
    shown = check_facts(office, second := office.start())
    assert shown["Cases under way"] == f"{first} {application()['company']} (the same credit code)"
    assert not [label for label in shown if "similar" in label], second


def test_many_similar_names_are_cut_and_counted(office: Office) -> None:
    with office.engine.store.write() as tx:
        for n in range(13):
            name = f"苏州澄岚精密轴承有限公司{'一二三四五六七八九十'[n % 10]}{n // 10}分公司"
            tx.insert(Supplier(f"S-CP-{n:04d}", "component", name, f"c{n}", "recognised", office.clock.now()))
    code = office.start()
    facts = office.mails("task_request", case=code)[0].context["request"]["facts"]
    assert sum("similar name" in fact["label"] and fact["value"].startswith("S-CP-") for fact in facts) == SHOWN_AT_MOST
    assert facts[-1]["value"] == "3"


def test_what_was_found_is_journaled_and_not_looked_up_again(office: Office) -> None:
    code = office.start(similar())
    with office.engine.store.write() as tx:
        tx.insert(Supplier("S-CP-0001", "component", application()["company"], "c1", "barred", office.clock.now()))
    office.hand_in(code)
    assert office.waiting(code)["gate"] == "papers_check", "a replay sees the register of the day of the request"
