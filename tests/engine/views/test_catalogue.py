"""The catalogue tells whom a process writes to, when and about what; that nothing is missing the stories show
(tests/flows/conftest.py).
"""

from crm_workflows import (
    Announce,
    Case,
    Contact,
    Gate,
    Outcome,
    Paper,
    Papers,
    Words,
    above,
    beyond,
    by_amount,
    manager,
    owner,
    role,
    up_to,
    working_days,
)
from crm_workflows.engine.views.catalogue import Sent, mails_of
from crm_workflows.interfaces.catalogue import page_of, table
from tests.engine.toys import Matter, toy
from tests.office import shipped_company

BY_AMOUNT = Gate(
    "by_amount", "按金额 / By amount", rule="T-1",
    approver=by_amount(up_to("credit_finance_above", role("finance")), beyond(role("general_manager"))),
    due=working_days("credit_due"), remind=working_days(1), escalate_to=manager, send_back=("T-2",),
)  # fmt: skip
FURTHER = Gate(
    "further", "再审批 / Further", rule="T-3", approver=role("finance"),
    then=above("credit_general_manager_above", role("general_manager")),
)  # fmt: skip
SHEETS = Papers(
    "sheets", "表格 / Sheets", rule="T-2", kinds=(Paper("sheet", "表 / Sheet"),),
    remind=(working_days(3), working_days(5)),
)  # fmt: skip
TOLD = (owner, role("finance"))
THANKS = Words("致谢 / Thanks", "谢谢 / Thank you")


class Asked(Matter):
    """What an outsider is asked about."""

    contact: Contact


def story(case: Case[Asked]) -> Outcome:
    case.collect(SHEETS, from_=case.subject.contact)
    case.collect(SHEETS, from_=owner)
    if case.approval(BY_AMOUNT).rejected:
        return case.reject('因为 "贵" / because of "the price"')
    case.approval(FURTHER)
    news = Announce(TOLD, "消息 / News")
    case.tell("T-4", "news", news)
    case.write("T-4", "thanks", THANKS, to=case.subject.contact)
    return case.approve("好 / fine")


MADE = toy(story, BY_AMOUNT, FURTHER, SHEETS, name="catalogue", code="CG")


def told() -> list[Sent]:
    people, policy, _ = shipped_company()
    return mails_of(MADE, people, policy)


def test_each_band_of_an_amount_says_who_is_asked_when_reminded_and_to_whom_it_is_taken() -> None:
    late = "1 个工作日后 / after 1 working day", "2 个工作日后：上级 / after 2 working days: Manager"
    about = "按金额 / By amount"
    assert [sent for sent in told() if sent.rule == "T-1"] == [
        Sent("T-1", "approval_request", about, "财务 / Finance", "不超过 ¥100,000.00 / up to CNY 100,000.00", *late),
        Sent(
            "T-1",
            "approval_request",
            about,
            "总经理 / General manager",
            "超过 ¥100,000.00 / above CNY 100,000.00",
            *late,
        ),
    ]
    further = [(sent.to, sent.when) for sent in told() if sent.rule == "T-3"]
    assert further[1] == ("总经理 / General manager", "金额超过 ¥1,000,000.00 / for amounts above CNY 1,000,000.00")


def test_whom_papers_announcements_and_letters_are_for_is_read_from_the_source() -> None:
    outside = "外部联系人 / the contact outside"
    found = [(sent.mail, sent.about, sent.to) for sent in told() if sent.rule in ("T-2", "T-4")]
    assert found == [
        ("documents_request", "表格 / Sheets", outside),
        ("documents_request", "表格 / Sheets", "负责人 / Owner"),
        ("announcement", "消息 / News", "负责人、财务 / Owner, Finance"),
        ("letter", "致谢 / Thanks", outside),
    ]
    assert told()[0].reminded == "3 个工作日、5 个工作日后 / after 3 working days, 5 working days"
    assert told()[0].kinds() == {"documents_request", "reminder"}


def test_the_page_draws_ends_and_ways_back_and_has_a_row_for_each_mail() -> None:
    people, policy, _ = shipped_company()
    page = page_of(MADE, people, policy)
    assert page.startswith("## 玩具 Toy (`catalogue`)")
    assert '  n2{{"T-1 按金额<br>By amount"}}' in page
    assert '  n2 -.-> x2_0(("因为 #quot;贵#quot;<br>because of #quot;the price#quot;"))' in page
    assert "  n2 -.->|退回 back| n0" in page
    assert page.count("\n| T-") == len(told())
    assert "逾期" not in table([sent for sent in told() if sent.rule == "T-4"]), "an empty column is left out"
