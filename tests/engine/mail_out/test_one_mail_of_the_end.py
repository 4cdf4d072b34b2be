"""A decision that ends its case at once: whoever would hear of both gets one mail that says both (0034)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, approve_after
from crm_workflows.domain.records import Booking, Message
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention, opening
from crm_workflows.engine.steps import Books
from tests.engine.conftest import Install
from tests.engine.running.stretching import broken, second, whole_again
from tests.engine.running.sweeping import TIMED
from tests.engine.toys import ADMIN, FINANCE, GATE, HEAD, OWNER, STRANGER, SUPPLIER, Matter, row, start, step, toy
from tests.office import Office

__all__ = ["whole_again"]
QIAN, HE = FINANCE
NOTICE, END = "decision_notice", "case_closed"
LATER = datetime(2026, 3, 20, tzinfo=UTC)
PASSED = replace(TIMED, on_silence=approve_after(working_days(4)))


@step("T-6")
def numbered(*, books: Books) -> int:
    """Reads and writes as it goes, so that all that was buffered before is written before it."""
    return books.tx.next_number("order")


@step("T-6", outside=True)
def called() -> str:
    return "called"


def to(office: Office, person: str) -> list[Message]:
    """What told this person how it came out, a decision before the end of the same instant."""
    told = [mail for mail in office.mails(to=person) if mail.template in (NOTICE, END)]
    return sorted(told, key=lambda mail: (mail.queued_at, mail.template == END))


def kinds(mails: Sequence[Message]) -> list[str]:
    return [mail.template for mail in mails]


def ends_at_once(case: Case[Matter]) -> Outcome:
    """Nothing comes behind the gate but the end, which somebody outside hears too."""
    decided = case.approval(GATE)
    if decided.rejected:
        return case.reject("不买了 / it is not bought", comment=decided.comment, notify=[Contact("陈先生", SUPPLIER)])
    return case.approve(notify=[Contact("陈先生", SUPPLIER)])


def test_whoever_hears_of_decision_and_end_gets_one_mail_that_says_both(install: Install) -> None:
    office = install(toy(ends_at_once, GATE))
    code = opening.start(office.engine, "toy", {"owner": OWNER}, requester=STRANGER, origin="cli").code
    office.work()
    office.answer(code, "reject", comment="太贵")
    for person in (OWNER, STRANGER):
        (mail,) = to(office, person)
        assert (mail.template, mail.request) == (END, f"{code}-R1")
        assert (mail.context["outcome"], mail.context["reason"]) == ("rejected", "不买了 / it is not bought")
        decision = mail.context["decision"]
        assert (decision["decision"], decision["decided_by"], decision["comment"]) == ("reject", "郑晓东", "太贵")
    assert mail.message_id == f"<crmw.*.{mail.id}@yongchang.example>"


def test_whoever_decided_and_people_outside_hear_the_end_alone(install_in_memory: Install) -> None:
    office = install_in_memory(toy(ends_at_once, GATE))
    office.answer(start(office), "reject", comment="太贵")
    heard = {person: to(office, person) for person in (HEAD, SUPPLIER)}
    assert {person: kinds(mails) for person, mails in heard.items()} == {HEAD: [END], SUPPLIER: [END]}
    assert [heard[person][0].context["decision"] for person in heard] == [None, None]
    assert "太贵" not in str(heard[SUPPLIER][0].context)
    assert "郑晓东" not in str(heard[SUPPLIER][0].context)


def test_somebody_outside_who_has_a_copy_of_the_decision_as_well_gets_the_end_by_itself(
    install_in_memory: Install,
) -> None:
    copied = replace(GATE, copy=(role("finance"),))

    def body(case: Case[Matter]) -> Outcome:
        decided = case.approval(copied)
        return case.reject(comment=decided.comment, notify=[Contact("何静", HE)])

    office = install_in_memory(toy(body, copied))
    office.answer(start(office), "reject", comment="太贵")
    notice, end = to(office, HE)
    assert (notice.template, end.template, end.context["decision"], end.context["comment"]) == (NOTICE, END, None, "")


def test_where_the_case_goes_on_the_decision_is_told_and_later_the_end(install_in_memory: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        case.wait("T-6", "rest", for_=working_days(1))
        return case.approve()

    office = install_in_memory(toy(body, GATE))
    code = start(office)
    office.answer(code, "approve")
    assert kinds(to(office, OWNER)) == [NOTICE]
    office.advance(working_days(2))
    assert row(office, code).status == "closed"
    assert kinds(to(office, OWNER)) == [NOTICE, END]
    assert to(office, OWNER)[-1].context["decision"] is None


def test_what_a_step_has_written_in_between_makes_no_second_mail(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        numbered()
        return case.approve()

    office = install(toy(body, GATE))
    office.answer(start(office), "approve", comment="好")
    (mail,) = to(office, OWNER)
    assert (mail.template, mail.context["outcome"], mail.context["decision"]["comment"]) == (END, "approved", "好")


def test_behind_a_step_that_talks_to_the_outside_the_decision_was_told_before(install: Install) -> None:
    """It was committed, and may be sent by now."""

    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        called()
        return case.approve()

    office = install(toy(body, GATE))
    code = start(office)
    office.answer(code, "approve")
    assert kinds(to(office, OWNER)) == [NOTICE]
    office.work()
    assert row(office, code).status == "closed"
    assert kinds(to(office, OWNER)) == [NOTICE, END]


def test_an_end_that_came_to_nothing_leaves_the_notice_of_the_decision(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        second()
        return case.approve()

    office = install(toy(body, GATE))
    code = start(office)
    broken.add("second")
    office.answer(code, "approve", comment="好")
    (notice,) = to(office, OWNER)
    assert (row(office, code).status, notice.template) == ("needs_attention", NOTICE)
    assert (notice.context["decision"], notice.context["comment"]) == ("approve", "好")
    broken.clear()
    attention.retry(office.engine, code, ADMIN)
    office.work()
    assert kinds(to(office, OWNER)) == [NOTICE, END]


def test_an_end_that_cannot_be_written_leaves_the_notice_of_the_decision(install: Install) -> None:
    def body(case: Case[Matter]) -> Outcome:
        case.approval(GATE)
        case.open_later("toy", {"owner": OWNER}, rule="T-7", relation="next", on=LATER)
        return case.approve()

    office = install(toy(body, GATE))
    code = start(office)
    with office.engine.store.write() as tx:
        tx.insert(Booking(f"{code}/1/T-7:book toy", code, "toy", "in the way", LATER, {}))
    office.answer(code, "approve", comment="好")
    (notice,) = to(office, OWNER)
    assert (row(office, code).status, notice.template) == ("needs_attention", NOTICE)
    assert notice.context["comment"] == "好"


def gated_by(gate: Gate) -> Callable[[Case[Matter]], Outcome]:
    """Of one gate, behind which the case ends."""

    def body(case: Case[Matter]) -> Outcome:
        return case.reject() if case.approval(gate).rejected else case.approve()

    return body


@pytest.mark.parametrize(("gate", "decision"), [(TIMED, "reject"), (PASSED, "approve")])
def test_silence_that_ends_the_case_is_told_in_one_mail(install: Install, gate: Gate, decision: str) -> None:
    office = install(toy(gated_by(gate), gate))
    code = start(office)
    office.advance(working_days(5))
    assert row(office, code).status == "closed"
    (mail,) = to(office, OWNER)
    told = mail.context["decision"]
    assert (told["decision"], told["decided_by"], told["comment"]) == (decision, None, "")
    assert kinds(to(office, HEAD)) == [NOTICE], "who was asked and said nothing is told that nothing is left to do"


EARLIER = Gate("earlier", "初审 / First look", rule="T-4", approver=role("finance"), due=working_days(2))
LAST = replace(EARLIER, name="last", title="终审 / Last look", rule="T-5")


def twice(case: Case[Matter]) -> Outcome:
    """The same two people are asked one after the other."""
    case.approval(EARLIER)
    case.approval(LAST)
    return case.approve()


def test_whoever_answered_before_and_was_asked_as_well_reads_both_and_a_late_answer_finds_its_request(
    install_in_memory: Install,
) -> None:
    office = install_in_memory(toy(twice, EARLIER, LAST))
    code = start(office)
    office.answer(code, "approve", by=HE)
    asking = next(m for m in office.mails("approval_request", to=HE) if m.request == f"{code}-R2")
    office.answer(code, "approve", by=QIAN)
    (mail,) = to(office, HE)
    assert (mail.template, mail.request) == (END, None)
    assert mail.context["decision"]["asked_as_well"] is True
    assert kinds(to(office, QIAN)) == [NOTICE, END], "of the first look, and of the end"
    office.reply(asking, "驳回 太贵")
    (late,) = office.mails("refused", to=HE)
    assert late.context["decided_by"] == "Qian Zhiyuan"


def test_an_undone_decision_and_the_next_end_are_told_by_mails_of_their_own(install: Install) -> None:
    office = install(toy(gated_by(GATE), GATE))
    code = start(office)
    office.answer(code, "approve")
    for request, decision in ((f"{code}-R1", "undo"), (f"{code}-R2", "reject")):
        office.clock.move_to(office.clock.now() + timedelta(minutes=1))
        answers.answer(office.engine, request, Answer(decision, HEAD, "page", comment="太贵"))
    told = [(mail.template, mail.context["decision"]) for mail in to(office, OWNER)]
    assert [kind for kind, _ in told] == [END, NOTICE, END]
    assert [told[0][1]["decision"], told[1][1], told[2][1]["decision"]] == ["approve", "undo", "reject"]
    assert len({mail.message_id for mail in to(office, OWNER)}) == 3
