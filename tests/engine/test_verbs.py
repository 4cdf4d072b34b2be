"""What each verb of a procedure does, and that a replay does none of it again."""

from collections import Counter
from typing import Any

import pytest

from crm_workflows.domain.approvers import department, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate, Stage, above
from crm_workflows.domain.errors import AuthorMistake, InvalidInput
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Booking, BusinessRow, JournalEntry, Number
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.journal import visible
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.rounds import go_back
from crm_workflows.engine.running.sending import Announce
from crm_workflows.engine.steps import Books
from crm_workflows.engine.views import views
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
    requests,
    row,
    start,
    step,
    toy,
)
from tests.office import Office

CONTACT = Contact("陈先生", SUPPLIER)
STAGED = Gate(
    "staged", "分级审批 / Approval in stages", rule="T-6", approver=role("head_of_marketing"),
    then=(Stage("second", role("general_manager")), *above("recognition_finance_above", role("finance"))),
)  # fmt: skip
ran: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def _nothing_ran_yet() -> None:
    ran.clear()


@step("T-1")
def look() -> int:
    ran["look"] += 1
    return 7


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


def gates(office: Office, code: str) -> list[str]:
    """What the case waits for, and whom."""
    items = office.view(code)["waiting_for"]
    return [f"{i['gate']}:{(i['assignee'] or {'email': '-'})['email'].partition('@')[0]}" for i in items]


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


@step("T-3", after_send_back="once")
def code_for_life(*, books: Books) -> int:
    ran["once"] += 1
    return books.tx.next_number("life")


@step("T-3")
def weigh() -> int:
    ran["weigh"] += 1
    return ran["weigh"]


@step("T-1")
def before() -> int:
    ran["before"] += 1
    return ran["before"]


def sent_back(case: Case[Matter]) -> Outcome:
    """A gate that may send back into the middle."""
    said = before(), code_for_life(), weigh()
    note = case.task(NOTE).text
    case.approval(GATE, shows=Shown((Fact("值 / Values", f"{said} {note}"),)))
    return case.approve()


def test_a_send_back_keeps_what_is_before_it_and_steps_marked_once(install: Install) -> None:
    office = install(toy(sent_back))
    code = start(office)
    for n in (1, 2, 3):
        office.submit(code, text=f"第{n}稿")
        shown = office.asking(code).context["request"]["facts"][0]["value"]
        assert shown == f"(1, 1, {n}) 第{n}稿"
        assert row(office, code).status == "waiting"
        if n < 3:
            office.answer(code, "send_back", to="T-3", comment=f"改{n}")
    assert ran == {"before": 1, "once": 1, "weigh": 3}
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved"
    assert set(requests(office, code).values()) == {"decided"}
    assert [e for e in journal(office, code) if e[1] == "back"] == [(2, "back", "back:T-3"), (3, "back", "back:T-3")]


def test_a_late_answer_to_a_superseded_request_rewrites_nothing(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        before()
        case.together(NOTE, OTHER_NOTE)
        case.approval(GATE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code, gate="note")
    office.submit(code, gate="other_note")
    old = office.waiting(code)["id"]
    office.answer(code, "send_back", to="T-3", comment="改")
    held = journal(office, code)
    late = answers.answer(office.engine, old, Answer("approve", HEAD, "link"))
    assert not late.effective
    assert journal(office, code) == held
    assert gates(office, code) == ["note:li.weimin", "other_note:wang.fang"]


def test_what_is_still_open_behind_a_cut_is_superseded(install: Install) -> None:
    """No verb of today sends back while others are asked side by side; the cut must hold when one does."""

    def body(case: Case[Matter]) -> Outcome:
        before()
        case.together(NOTE, OTHER_NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code, gate="note")
    waiting = office.waiting(code)["id"]
    with office.engine.store.write() as tx:
        locked = tx.lock_case(code)
        assert locked is not None
        ledger, now = Ledger(locked), office.clock.now()
        ledger.set(ready_at=now)
        read = visible(tx.find(JournalEntry, case=code, order="n"))
        go_back(locked, read, ledger, "T-3", {"because": "改", "only": [], "by": "test"}, now)
        ledger.flush(tx, locked)
    office.work()
    assert gates(office, code) == ["note:li.weimin", "other_note:wang.fang"]
    assert sorted(requests(office, code).values()) == ["decided", "open", "open", "superseded"]
    late = answers.answer(office.engine, waiting, Answer("submit", OWNER, "page", form={"text": "晚"}))
    assert not late.effective
    assert "sent back or amended since" in late.sentence
    assert len(views.inbox(office.engine, OWNER)) == 1


def test_a_send_back_to_where_the_case_has_not_been_is_refused(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        return case.approve()

    office = install_in_memory(toy(body))
    code = start(office)
    with pytest.raises(InvalidInput, match="has not come by T-3"):
        office.answer(code, "send_back", to="T-3", comment="改")
    with pytest.raises(InvalidInput, match="T-1, T-3"):
        office.answer(code, "send_back", to="T-9", comment="改")
    assert gates(office, code) == ["gate:zheng.xiaodong"]


def goes_back(case: Case[Matter]) -> Outcome:
    """A procedure that goes back by itself."""
    before()
    if case.task(NOTE).text != "好了":
        case.back_to("T-1", because="还没好", rounds=2)
    return case.approve()


def test_a_procedure_goes_back_by_itself_so_often_and_then_a_person_looks(install: Install) -> None:
    office = install(toy(goes_back))
    code = start(office)
    for n in (1, 2):
        office.submit(code, text="再来")
        assert office.waiting(code)["round"] == n + 1
    assert ran["before"] == 3
    with attention_told(office, code, saying="2 times, which is the limit"):
        office.submit(code, text="再来")


def test_a_booked_case_of_a_cut_round_is_never_opened(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        before()
        if case.subject.what == "后续":
            return case.approve()
        at = case.policy.number("papers_lapse")
        assert at
        case.task(NOTE)
        case.open_later("toy", {"owner": OWNER, "what": "后续"}, rule="T-4", relation="next")
        case.approval(GATE)
        return case.approve()

    office = install(toy(body))
    code = start(office)
    office.submit(code)
    office.answer(code, "send_back", to="T-3", comment="改")
    office.submit(code)
    office.answer(code, "approve")
    office.work()
    assert len(office.view(code)["linked"]) == 1
    with office.engine.store.read() as reader:
        assert reader.count(Booking) == 2


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


def test_an_outcome_must_be_returned(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Any:
        before()

    office = install_in_memory(toy(body))
    code = start(office, work=False)
    with attention_told(office, code, saying="without an outcome"):
        office.work()


def test_a_broad_except_cannot_swallow_that_the_case_waits(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        try:
            case.task(NOTE)
        except Exception:  # noqa: BLE001 - what flows may not write, to see that it does no harm
            return case.reject("吞掉了 / swallowed")
        return case.approve()

    office = install_in_memory(toy(body))
    code = start(office)
    assert gates(office, code) == ["note:li.weimin"]
    office.submit(code)
    assert office.view(code)["outcome"] == "approved"


def test_a_procedure_that_swallows_what_a_step_raised_does_not_go_on(install: Install) -> None:
    """What the step had written is rolled back with the entries before it: going on would leave holes."""

    @step("T-2")
    def breaks(*, books: Books) -> int:
        books.write("half", 1)
        raise ValueError("坏了")

    def body(case: Case[Matter]) -> Outcome:
        before()
        try:
            breaks()
        except ValueError:
            ran["swallowed"] += 1
        case.task(NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office, work=False)
    with attention_told(office, code, saying="坏了"):
        office.work()
    assert ran["swallowed"] == 1
    assert journal(office, code) == []
    assert office.view(code)["rows"] == {}


def test_a_result_that_no_replay_could_read_is_refused_before_it_is_kept(install: Install) -> None:
    answers_: list[Any] = ["七", 7]

    @step("T-2")
    def promises_a_number(*, books: Books) -> int:
        return answers_.pop(0)

    def body(case: Case[Matter]) -> Outcome:
        case.task(NOTE if promises_a_number() == 7 else OTHER_NOTE)
        return case.approve()

    office = install(toy(body))
    code = start(office, work=False)
    with attention_told(office, code, saying="does not fit the result it declares"):
        office.work()
    attention.retry(office.engine, code, "admin")
    office.work()
    assert gates(office, code) == ["note:li.weimin"]


def test_a_step_outside_a_procedure_is_refused() -> None:
    with pytest.raises(AuthorMistake, match="outside a procedure"):
        look()


def test_a_step_cannot_both_talk_to_the_outside_and_hold_the_books() -> None:
    with pytest.raises(AuthorMistake, match="split it"):

        @step("T-1", outside=True)
        def both(*, books: Books) -> None: ...


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
