"""The morning's callbacks of an account manager, recorded in the workbook of their digest (CB-4)."""

import pytest

from crm_workflows.domain.records import ContactMade
from tests.engine.filled import fill, morning, sent_back, with_workbooks, workbook_of
from tests.flows.customers import IN_MEMORY, OWNER, bookings, enter, registered
from tests.flows.test_periodic_callbacks import CONTACT
from tests.office import Office, credit_code


@IN_MEMORY
@pytest.mark.shows("G-10")
def test_callbacks_of_a_morning_are_recorded_by_one_workbook(office: Office) -> None:
    with_workbooks(office)
    codes = []
    for n in (1, 2, 3):
        enter(office, f"C-MA-000{n}", credit_code=credit_code(n))
        given = {"company": f"客户{n}", "customer": f"C-MA-000{n}", "contact": CONTACT, "tier": "B", "owner": OWNER}
        codes.append(office.start(given, process="periodic-callbacks"))
    mail = morning(office, OWNER)
    book = workbook_of(office, mail)
    (sheet,) = book.worksheets
    headings = [str(cell.value) for cell in sheet[1]]
    assert headings[:2] == ["编号", "案件"]
    assert {"致电", "结果", "满意度（1–5）", "摘要", "投诉"} <= set(headings)
    ids = [office.waiting(code)["id"] for code in codes]
    promised = next(heading for heading in headings if heading.startswith("承诺"))
    said: dict[str, object] = {"结果": "已联系上", "满意度（1–5）": 5, "摘要": "满意", "约定的下次日期": "2026/4/8"}
    said |= {promised: "3月9日 寄目录\n2026-03-10 报价"}
    fill(book, {ids[0]: said, ids[1]: {"结果": "未联系上"}, ids[2]: {"结果": "已联系上"}})
    answer = sent_back(office, mail, book, "回访记录见附件")
    office.work()
    assert [(r["number"], r["is_applied"]) for r in answer["results"]] == [(1, True), (2, True)]
    (wrong,) = answer["cells"]
    assert (wrong["row"], wrong["column"]) == (4, ""), "the form as a whole: who was reached, but not what was said"
    assert "give a summary and the satisfaction" in wrong["what"]
    assert office.view(codes[0])["outcome"] == "done"
    assert [one.due_at.day for one in bookings(office, codes[0])] == [8, 9], "from midnight in Shanghai on"
    assert registered(office, "C-MA-0001").last_contact_at == office.clock.now()
    with office.engine.store.read() as reader:
        assert [c.reached for c in reader.find(ContactMade, order="customer")] == [True, False]
    assert office.waiting(codes[2])["id"] == ids[2], "it still waits"
