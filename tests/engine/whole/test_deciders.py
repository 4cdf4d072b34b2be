"""Several people, programs or processes at the same moment: one is effective, each effect happens once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.adapters.database.store_postgres import PostgresStore
from crm_workflows.domain.approvers import any_of, department, person
from crm_workflows.domain.credit_code import check_character
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.panels import at_least, everybody, hear_all, in_turn, one_of_each
from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.records import Decision, Document, InboundMail, Number
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer, Answered
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.ports import Store
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.running import opening
from crm_workflows.engine.running.sweeps import sweep
from crm_workflows.engine.running.worker import work_until_idle
from crm_workflows.engine.steps import Books
from tests.engine.toys import NOTE, OWNER, PAPERS, SUPPLIER, Matter, office_of, row, start, step, toy
from tests.office import Office, application

EIGHT = 8
PATIENCE = 60.0
BOARD = Gate(
    "board", "八人中任一人 / Any of eight", rule="T-2", approver=department("board"), send_back=("T-1",),
    due=working_days(2), remind=working_days(1), escalate_to=None,
)  # fmt: skip
OTHER = "feng.xue@yongchang.example"
PEOPLE = [f"b{n}@yongchang.example" for n in range(EIGHT)]
PANELS = {
    "all": replace(BOARD, approver=everybody(department("board"))),
    "three": replace(BOARD, approver=at_least(3, department("board"))),
    "heard": replace(BOARD, approver=hear_all(department("board"))),
    "turn": replace(BOARD, approver=in_turn(*(person(email) for email in PEOPLE))),
    "groups": replace(BOARD, approver=one_of_each(*(any_of(*map(person, PEOPLE[n : n + 4])) for n in (0, 4)))),
}


@step("T-1")
def before() -> int:
    return 1


@step("T-3")
def code(*, books: Books) -> int:
    return books.tx.next_number("code")


def board(case: Case[Matter]) -> Outcome:
    """Any of eight decides."""
    before()
    if case.approval(BOARD).rejected:
        return case.reject()
    code()
    case.task(NOTE)
    return case.approve()


def _deciding(gate: Gate) -> Callable[[Case[Matter]], Outcome]:
    def panel(case: Case[Matter]) -> Outcome:
        """Eight decide together."""
        before()
        if case.approval(gate).rejected:
            return case.reject()
        code()
        return case.approve()

    return panel


def collected(case: Case[Matter]) -> Outcome:
    """Papers that come from all sides."""
    case.collect(PAPERS, from_=Contact("陈先生", SUPPLIER))
    code()
    return case.approve()


def numbered(case: Case[Matter]) -> Outcome:
    """A number, then a form."""
    code()
    case.task(NOTE)
    return case.approve()


@pytest.fixture(params=["sqlite", "postgres"])
def offices(request: pytest.FixtureRequest) -> Iterator[list[Office]]:
    """Eight offices on one database, each with a store of its own, as eight processes would have."""
    from crm_workflows.adapters.database.opening import open_store

    url = str(request.getfixturevalue(f"{request.param}_url"))
    with ExitStack() as stack:
        made = [_with_a_board(stack.enter_context(closing(open_store(url)))) for _ in range(EIGHT)]
        yield made
        made[0].check_invariants()


def _with_a_board(store: Store) -> Office:
    others = toy(collected, PAPERS, name="collected", code="TC"), toy(numbered, name="numbered", code="TN")
    panels = [
        toy(_deciding(gate), gate, NOTE, name=name, code=f"P{n}") for n, (name, gate) in enumerate(PANELS.items())
    ]
    office = office_of(store, toy(board, BOARD, NOTE), *others, *panels)
    members = [Person(email=email, name=f"董事{n}", department="board") for n, email in enumerate(PEOPLE)]
    office.staff.people = Directory([*office.staff.people.people, *members])
    return office


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each in a thread; returns their results, or raises the first that failed."""
    ready = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def do(n: int, work: Callable[[], Any]) -> None:
        try:
            ready.wait(PATIENCE)
            results[n] = work()
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that asked
            results[n] = error

    threads = [threading.Thread(target=do, args=(n, work)) for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def test_of_eight_who_decide_at_once_one_is_effective_and_the_others_hear_who(offices: list[Office]) -> None:
    case = start(offices[0])
    request = offices[0].waiting(case)["id"]
    words = ("approve", "reject", "send_back")

    def decide(n: int) -> Callable[[], Answered]:
        given = Answer(words[n % 3], PEOPLE[n], "link", comment=f"因为{n}", to="T-1" if n % 3 == 2 else None)
        return lambda: answers.answer(offices[n].engine, request, given)

    answered = at_once(*(decide(n) for n in range(EIGHT)))
    winners = [n for n, a in enumerate(answered) if a.effective]
    assert len(winners) == 1
    winner = PEOPLE[winners[0]]
    assert {a.decided_by for a in answered} == {winner}
    name = f"董事{winners[0]}"
    assert all(name in a.sentence for a in answered if not a.effective)
    with offices[0].engine.store.read() as reader:
        decisions = reader.find(Decision, request=request, order="n")
        assert [d.n for d in decisions] == list(range(1, EIGHT + 1))
        assert [d.by for d in decisions if d.effective] == [winner] == [decisions[0].by]
    _what_follows_happened_once(offices[0], case, words[winners[0] % 3])


@pytest.mark.parametrize(("panel", "counted"), [("all", {8}), ("three", {3}), ("heard", {8}), ("groups", {2})])
def test_of_eight_who_approve_together_at_once_as_many_count_as_it_takes(
    offices: list[Office], panel: str, counted: set[int]
) -> None:
    case = start(offices[0], process=panel)
    request = offices[0].waiting(case)["id"]
    given = [Answer("approve", email, "link") for email in PEOPLE]
    works = [lambda n=n: answers.answer(offices[n].engine, request, given[n]) for n in range(EIGHT)]
    answered = at_once(*works)
    with offices[0].engine.store.read() as reader:
        decisions = reader.find(Decision, request=request, order="n")
        number = reader.get(Number, "code")
    assert {sum(a.effective for a in answered)} == {sum(d.effective for d in decisions)} == counted
    assert row(offices[0], case).outcome == "approved"
    assert number is not None
    assert number.last == 1
    assert Counter(m.recipient for m in offices[0].mails("case_closed"))[OWNER] == 1


def test_a_turn_that_two_take_at_once_is_taken_once(offices: list[Office]) -> None:
    case = start(offices[0], process="turn")
    request = offices[0].waiting(case)["id"]
    for n in range(EIGHT):
        given = Answer("approve", PEOPLE[n], "link")
        works = [lambda office=office, given=given: answers.answer(office.engine, request, given) for office in offices]
        answered = at_once(*works)
        assert sum(a.effective for a in answered) == 1
    assert row(offices[0], case).outcome == "approved"
    assert Counter(m.recipient for m in offices[0].mails("approval_request")) == dict.fromkeys(PEOPLE, 1)


def test_a_decision_and_a_passing_on_at_once_leave_one_voice_on_the_seat(offices: list[Office]) -> None:
    case = start(offices[0])
    request = offices[0].waiting(case)["id"]
    given = [Answer("approve", PEOPLE[0], "link"), Answer("delegate", PEOPLE[0], "link", to=OTHER)] * 4

    def say(n: int) -> Callable[[], bool]:
        def work() -> bool:
            try:
                return answers.answer(offices[n].engine, request, given[n]).effective
            except Refused:
                return False

        return work

    assert sum(at_once(*(say(n) for n in range(EIGHT)))) == 1
    asked = {item["assignee"]["email"] for item in offices[0].view(case)["waiting_for"]}
    if PEOPLE[1] in asked:
        assert OTHER in asked, "passed on: the other has the seat"
        assert PEOPLE[0] not in asked
    else:
        assert offices[0].waiting(case)["gate"] == "note", "decided, and nobody else is asked"
        assert not offices[0].mails("approval_request", to=OTHER)


def _what_follows_happened_once(office: Office, case: str, decision: str) -> None:
    with office.engine.store.read() as reader:
        number = reader.get(Number, "code")
    if decision == "approve":
        assert number is not None
        assert number.last == 1
        assert office.waiting(case)["gate"] == "note"
        assert len(office.mails("task_request")) == 1
    elif decision == "reject":
        assert row(office, case).outcome == "rejected"
        assert Counter(m.recipient for m in office.mails("case_closed"))[OWNER] == 1
    else:
        assert office.waiting(case)["round"] == 2
        assert len(office.mails("approval_request")) == 2 * EIGHT


def test_papers_from_all_sides_at_once_are_all_kept_and_complete_the_collection_once(offices: list[Office]) -> None:
    from crm_workflows.engine.requests.files import File

    case = start(offices[0], process="collected")
    request = offices[0].waiting(case)["id"]

    def hand_in(n: int) -> Callable[[], papers.HandedIn]:
        name = "执照" if n % 2 else "概况"
        files = [File(f"{name}{n}.pdf", "application/pdf", b"%%PDF-%d" % n)]
        return lambda: papers.hand_in(offices[n].engine, request, files, by=SUPPLIER, channel="page")

    handed = at_once(*(hand_in(n) for n in range(EIGHT)))
    assert [h.complete for h in handed].count(True) == 1
    with offices[0].engine.store.read() as reader:
        documents = reader.find(Document, request=request, order="n")
        number = reader.get(Number, "code")
    assert [d.n for d in documents] == list(range(1, EIGHT + 1))
    assert len({d.sha256 for d in documents}) == EIGHT
    assert number is not None
    assert number.last == 1
    assert row(offices[0], case).status == "closed"


def test_workers_of_several_processes_share_the_ready_cases_and_do_each_once(offices: list[Office]) -> None:
    cases = [start(offices[0], process="numbered", work=False) for _ in range(50)]
    done = at_once(*(lambda office=office: work_until_idle(office.engine) for office in offices[:4]))
    assert sum(done) == len(cases)
    with offices[0].engine.store.read() as reader:
        number = reader.get(Number, "code")
    assert number is not None
    assert number.last == len(cases)
    assert {row(offices[0], case).status for case in cases} == {"waiting"}
    assert sorted(m.case for m in offices[0].mails("task_request")) == cases


def test_sweeps_at_once_remind_each_person_once(offices: list[Office]) -> None:
    cases = [start(offices[0]) for _ in range(4)]
    for office in offices:
        office.clock.move_to(office.staff.hours.add(office.clock.now(), working_days(1)))
    swept = at_once(*(lambda office=office: sweep(office.engine) for office in offices[:4]))
    assert sum(swept) == len(cases)
    reminded = Counter((m.case, m.recipient) for m in offices[0].mails("reminder"))
    assert reminded == Counter((case, person) for case in cases for person in PEOPLE)


def test_a_lapse_at_once_closes_once(offices: list[Office]) -> None:
    cases = [start(offices[0], process="collected") for _ in range(4)]
    for office in offices:
        office.clock.move_to(office.staff.hours.add(office.clock.now(), working_days(5)))
    at_once(*(lambda office=office: sweep(office.engine) for office in offices[:4]))
    assert {row(offices[0], case).status for case in cases} == {"closed"}
    with offices[0].engine.store.read() as reader:
        number = reader.get(Number, "code")
    assert number is not None
    assert number.last == len(cases)
    assert not offices[0].mails("reminder")


def test_one_mail_applied_by_several_processes_counts_once(offices: list[Office]) -> None:
    case = start(offices[0])
    item = next(i for i in offices[0].view(case)["waiting_for"] if i["assignee"]["email"] == PEOPLE[3])
    mail = next(m for m in offices[0].mails("approval_request", to=PEOPLE[3]) if m.request == item["id"])
    raw = offices[0].reply_bytes(mail, "同意")
    at_once(*(lambda office=office: intake.take_in(office.engine, raw, "test") for office in offices))
    with offices[0].engine.store.read() as reader:
        assert [(i.status, i.request) for i in reader.find(InboundMail)] == [("applied", item["id"])]
        assert [(d.by, d.effective) for d in reader.find(Decision)] == [(PEOPLE[3], True)]
    assert [m.recipient for m in offices[0].mails("receipt")] == [PEOPLE[3]]
    assert not offices[0].mails("refused")


def test_starts_at_once_with_one_key_open_one_case_and_no_code_is_given_twice(offices: list[Office]) -> None:
    def begin(n: int) -> Callable[[], opening.Started]:
        key = "同一个" if n < 4 else None
        how = {"requester": None, "origin": "cli", "idempotency_key": key}
        return lambda: opening.start(offices[n].engine, "toy", {"owner": OWNER}, **how)  # type: ignore[arg-type]

    started = at_once(*(begin(n) for n in range(EIGHT)))
    assert len({s.code for s in started[:4]}) == 1
    assert [s.created for s in started[:4]].count(True) == 1
    codes = sorted({s.code for s in started})
    assert len(codes) == 5
    if not isinstance(offices[0].engine.store, PostgresStore):
        assert codes == [f"TY-2026-{n:05d}" for n in range(1, 6)], "on a server one may be skipped (decision 0019)"


def test_supplier_codes_given_at_once_have_no_gap_and_no_collision(sqlite_url: str) -> None:
    from crm_workflows.adapters.database.opening import open_store

    bodies = ("91110108551385082", "91440300708461136", "91310000607378412")
    codes = [body + check_character(body) for body in bodies]
    with closing(open_store(sqlite_url)) as store:
        office = Office(store)
        cases = [office.until_signers(application(credit_code=c, company=f"公司{c}")) for c in codes]
        for case in cases:
            office.submit(case, gate="contract_signers")
            office.hand_in(case)
            for task in ("contract_check", "bank_details"):
                office.submit(case, gate=task)
        at_once(*(lambda case=case: office.submit(case, gate="bank_check") for case in cases))
        given = sorted(office.view(case)["rows"]["supplier_code"] for case in cases)
        office.check_invariants()
    letters = given[0][:5]
    assert given == [f"{letters}{n:04d}" for n in (1, 2, 3)]
