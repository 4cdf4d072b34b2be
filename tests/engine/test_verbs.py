"""What each verb of a procedure does, and that a replay does none of it again."""

from collections import Counter

from crm_workflows.domain.approvers import department, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Stage, above
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Booking, BusinessRow, Number
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running.sending import Announce
from crm_workflows.engine.steps import Books
from tests.engine.conftest import Install
from tests.engine.toys import (
    FINANCE,
    GATE,
    HEAD,
    MATERIALS,
    NOTE,
    OTHER_NOTE,
    OWNER,
    PAPERS,
    SUPPLIER,
    Matter,
    Note,
    attention_told,
    journal,
    row,
    start,
    step,
    toy,
)
from tests.engine.verb_toys import before, gates, look, nothing_ran_yet, ran
from tests.office import Office

__all__ = ["nothing_ran_yet"]
CONTACT = Contact("陈先生", SUPPLIER)
STAGED = Gate(
    "staged", "分级审批 / Approval in stages", rule="T-6", approver=role("head_of_marketing"),
    then=(Stage("second", role("general_manager")), *above("recognition_finance_above", role("finance"))),
)  # fmt: skip


@step("T-1")
def number(*, books: Books) -> int:
    ran["number"] += 1
    books.write("seen", {"by": books.case})
    return books.tx.next_number("toy")


@step("T-1", outside=True)
def ring(*, idempotency_key: str) -> str:
    ran["ring"] += 1
    return idempotency_key


def every_verb(case: Case[Matter]) -> Outcome:
    """All verbs, one after the other."""
    found = look()
    given = number()
    rang = ring()
    papers = case.collect(PAPERS, from_=CONTACT)
    case.task(NOTE, shows=Shown((Fact("看到 / Seen", f"{found} {given} {rang} {len(papers.papers)}"),)))
    case.together(OTHER_NOTE, SECOND_NOTE)
    if case.approval(STAGED, amount=Money.of("2000000.00", "CNY")).rejected:
        return case.reject()
    case.wait("T-7", "rest", for_=working_days(1))
    case.tell("T-8", "news", Announce((department("finance"),), "消息 / News"))
    case.open_later("toy", {"owner": OWNER, "what": "后续"}, rule="T-9", relation="follow_up")
    return case.approve(notify=[CONTACT])


SECOND_NOTE = FormTask("second_note", "第二记录 / Second note", rule="T-4", form=Note, by=role("finance"))
EVERY = (PAPERS, NOTE, OTHER_NOTE, SECOND_NOTE, STAGED)
LICENCE = File("执照.pdf", "application/pdf", b"%PDF-1")
PROFILE = File("概况.pdf", "application/pdf", b"%PDF-2")


def test_every_verb_parks_and_goes_on_and_nothing_is_done_twice(install: Install) -> None:
    office = install(toy(every_verb, *EVERY))
    code = start(office)
    stops = [gates(office, code)]
    office.hand_in(code, [LICENCE, PROFILE])
    stops.append(gates(office, code))
    office.submit(code, gate="note")
    stops.append(gates(office, code))
    office.submit(code, gate="second_note")
    office.submit(code, gate="other_note")
    for _ in range(3):
        stops.append(gates(office, code))
        office.answer(code, "approve")
    stops.append(gates(office, code))
    office.advance(working_days(1))
    assert stops == [
        ["papers:chen"],
        ["note:li.weimin"],
        ["other_note:wang.fang", "second_note:he.jing", "second_note:qian.zhiyuan"],
        ["staged:zheng.xiaodong"],
        ["staged:chen.guodong"],
        ["staged:he.jing", "staged:qian.zhiyuan"],
        ["rest:-"],
    ]
    assert ran == {"look": 2, "number": 2, "ring": 2}  # once in the case, once in the one it opened
    _shows_each_effect_once(office, code)


def _shows_each_effect_once(office: Office, code: str) -> None:
    view = office.view(code)
    assert (view["status"], view["outcome"]) == ("closed", "approved")
    assert view["rows"]["seen"] == {"by": code}
    seen = office.mails("task_request", to=MATERIALS, case=code)[0].context["request"]["facts"][0]["value"]
    assert seen == f"7 1 {code}/1/T-1:ring 2"
    assert Counter(m.recipient for m in office.mails("announcement")) == Counter(FINANCE)
    assert [link["relation"] for link in view["linked"]] == ["follow_up"]
    back = office.view(view["linked"][0]["case"])["linked"]
    assert [(link["case"], link["relation"]) for link in back] == [(code, "from_follow_up")]
    assert len(office.mails("case_closed", to=SUPPLIER)) == 1
    with office.engine.store.read() as reader:
        number_row = reader.get(Number, "toy")
        assert number_row is not None
        assert number_row.last == 2
        assert reader.count(Booking) == 1
        assert reader.count(BusinessRow, case=code, name="seen") == 1


def test_the_stages_of_a_gate_end_at_the_first_rejection(install_in_memory: Install) -> None:
    office = install_in_memory(toy(every_verb, *EVERY))
    code = start(office)
    office.hand_in(code, [LICENCE, PROFILE])
    for gate in ("note", "second_note", "other_note"):
        office.submit(code, gate=gate)
    office.answer(code, "approve")
    office.answer(code, "reject", comment="不行")
    assert office.view(code)["outcome"] == "rejected"
    assert not office.mails("approval_request", to=FINANCE[0])


def test_a_stage_with_a_limit_needs_an_amount(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.approval(STAGED)
        return case.approve()

    office = install_in_memory(toy(body, STAGED))
    code = start(office)
    office.answer(code, "approve")
    with attention_told(office, code, saying="amount"):
        office.answer(code, "approve")


def twice(case: Case[Matter]) -> Outcome:
    """The same elements, used again."""
    first, second = look(), look()
    notes = [case.task(NOTE).text, case.task(NOTE).text]
    case.approval(GATE, shows=Shown((Fact("数 / Numbers", f"{first}{second}{notes}"),)))
    return case.approve()


def test_the_same_element_again_is_another_entry(install_in_memory: Install) -> None:
    office = install_in_memory(toy(twice))
    code = start(office)
    office.submit(code, text="甲")
    office.submit(code, text="乙")
    assert office.mails("approval_request")[0].context["request"]["facts"][0]["value"] == "77['甲', '乙']"
    assert [key for _, kind, key in journal(office, code) if kind != "outcome"] == [
        "T-1:look", "T-1:look#2", "T-3:note", "T-3:note#2", "T-5:gate",
    ]  # fmt: skip
    assert ran["look"] == 2


def test_waiting_for_an_instant_ends_at_it(install: Install) -> None:
    office = install()
    until = office.staff.hours.add(office.clock.now(), working_days(2))

    def body(case: Case[Matter]) -> Outcome:
        case.wait("T-2", "cooling_off", until=until)
        case.wait("T-3", "long_past", until=until)
        return case.close("done")

    office = install(toy(body))
    code = start(office)
    assert office.waiting(code)["kind"] == "timer"
    office.advance(working_days(1))
    assert row(office, code).status == "waiting"
    office.advance(working_days(1))
    assert office.view(code)["outcome"] == "done"


def test_a_timer_for_nothing_is_the_author_s_mistake(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.wait("T-2", "nothing")
        return case.approve()

    office = install_in_memory(toy(body))
    code = start(office, work=False)
    with attention_told(office, code, saying="give `until` or `for_`"):
        office.work()


def test_nobody_is_asked_or_told_twice_whatever_names_they_go_by(install: Install) -> None:
    """A contact who is also the owner, and named twice, gets one mail at the end."""
    themselves = [Contact("王芳", OWNER), CONTACT, Contact("陈先生（副本）", SUPPLIER)]

    def body(case: Case[Matter]) -> Outcome:
        case.task(NOTE)
        return case.approve(notify=themselves)

    office = install(toy(body))
    code = start(office)
    office.submit(code)
    assert Counter(m.recipient for m in office.mails("case_closed")) == Counter([OWNER, MATERIALS, SUPPLIER])
    assert row(office, code).status == "closed"


def test_who_answered_in_an_earlier_round_hears_the_end(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        before()
        if case.task(NOTE).text == "转":
            case.task(OTHER_NOTE)
        return case.approve() if case.approval(GATE).approved else case.reject()

    office = install_in_memory(toy(body))
    code = start(office)
    office.submit(code, text="转")
    office.submit(code, gate="other_note")
    office.answer(code, "send_back", to="T-1", comment="改")
    office.submit(code, text="直接")
    office.answer(code, "approve")
    assert {m.recipient for m in office.mails("case_closed")} == {OWNER, MATERIALS, HEAD}
