"""crmw doctor finds what would get stuck before it does: gates ahead, questions to who has left, code that is gone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crm_workflows.adapters.configuration.staff import ProposedStaff
from crm_workflows.domain.approvers import any_of, field, role, with_limit
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money
from crm_workflows.domain.panels import at_least
from crm_workflows.domain.people import Deputy, Directory, Person
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Meta
from crm_workflows.engine.case import Case
from crm_workflows.engine.record import checkup
from crm_workflows.engine.record.doctor import Finding, examine, new_findings, new_findings_of_policy
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention
from crm_workflows.testing import MemoryStore
from tests.engine.toys import (
    ADMIN,
    BOSS,
    FINANCE,
    HEAD,
    MATERIALS,
    NOTE,
    Matter,
    Note,
    office_of,
    row,
    start,
    toy,
)
from tests.office import Office


class Chosen(Matter):
    """A case whose requester names who checks it."""

    checker: str = HEAD


FIRST = Gate("first", "初审 / First", rule="T-1", approver=role("head_of_marketing"), due=working_days(2))
BOTH = Gate("both", "会签 / Both", rule="T-2", approver=at_least(2, role("finance")))
CHECK = FormTask("check", "复核 / Check", rule="T-3", form=Note, by=field("checker"))


def body(case: Case[Chosen]) -> Outcome:
    if case.approval(FIRST).rejected:
        return case.reject()
    case.approval(BOTH)
    case.task(CHECK)
    return case.approve()


DOCTORED = toy(body, FIRST, BOTH, CHECK, NOTE, name="doctored", code="DO")


@pytest.fixture
def office() -> Office:
    return office_of(MemoryStore(), DOCTORED)


def without(office: Office, *addresses: str) -> Directory:
    """The people file with some of the staff gone."""
    gone = [replace(p, active=False) if p.email in addresses else p for p in office.staff.people]
    return replaced(office, gone)


def replaced(office: Office, people: list[Person]) -> Directory:
    old = office.staff.people
    return Directory(tuple(people), old.roles, old.departments, old.company)


def found(office: Office) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f.kind, f.where.partition(" ")[0], f.cases) for f in examine(office.engine)]


def test_a_company_that_is_whole_has_nothing_to_find(office: Office) -> None:
    start(office, process="doctored")
    assert examine(office.engine) == []


def test_gates_and_tasks_that_lie_ahead_are_found_with_all_their_cases(office: Office) -> None:
    codes = tuple(start(office, process="doctored") for _ in range(3))
    office.staff.people = without(office, FINANCE[0])
    (finding,) = examine(office.engine)
    assert (finding.kind, finding.cases) == ("nobody_ahead", codes)
    assert finding.where == "T-2 会签 / T-2 Both"
    assert "2" in finding.what
    zh, en = finding.remedy.split(" / ")
    assert "people.yaml；编辑 people.yaml：" in zh, "the two commands alone would change nothing"
    assert "; edit people.yaml: give the role to somebody" in en
    assert all(steps.endswith("crmw people apply people.yaml") for steps in (zh, en))


def test_who_is_named_by_the_case_is_looked_at_case_by_case(office: Office) -> None:
    start(office, process="doctored")
    other = start(office, process="doctored", checker=FINANCE[1])
    gone = new_findings(office.engine, ProposedStaff(office.staff, without(office, FINANCE[1], BOSS)))
    assert ("T-3", (other,)) in [(f.where.partition(" ")[0], f.cases) for f in gone]


def test_a_question_to_who_has_left_with_nobody_above_is_found(office: Office) -> None:
    code = start(office, process="doctored")
    office.staff.people = without(office, HEAD, BOSS)
    kinds = {f.kind: f for f in examine(office.engine)}
    assert kinds["asked_nobody"].cases == (code,)
    assert kinds["asked_nobody"].remedy.startswith(f"crmw reassign {code}-R1 --from {HEAD}")


def test_a_deputy_or_a_manager_who_takes_over_is_enough(office: Office) -> None:
    start(office, process="doctored", checker=MATERIALS)
    office.staff.people = without(office, HEAD)
    assert found(office) == [], "the manager takes over, and the gate is asked already"


def test_what_was_answered_is_not_looked_at_again(office: Office) -> None:
    code = start(office, process="doctored")
    office.answer(code, "approve")
    office.answer(code, "approve", by=FINANCE[0])
    office.answer(code, "approve", by=FINANCE[1])
    office.staff.people = without(office, FINANCE[0])
    assert found(office) == []


def test_an_appeal_for_which_nobody_is_left_is_found_before_anybody_appeals() -> None:
    """Whoever has answered what it is about may not hear it; who that is shows only on the way."""
    ruling = Gate("ruling", "裁定 / Ruling", rule="T-1", approver=any_of(role("finance")))
    appeal = Gate("appeal", "复议 / Appeal", rule="T-2", approver=any_of(role("finance")), other_than=("ruling",))
    noting = replace(NOTE, rule="T-3", other_than=("ruling",), by=role("finance"))

    def heard(case: Case[Matter]) -> Outcome:
        case.approval(ruling)
        case.wait("T-1", "rest", for_=working_days(1))
        case.approval(appeal)
        case.task(noting)
        return case.approve()

    made = toy(heard, ruling, appeal, noting, name="heard", code="HE")
    office = office_of(MemoryStore(), made)
    free, code = start(office, process="heard"), start(office, process="heard")
    office.answer(free, "approve", by=FINANCE[1])
    office.answer(code, "approve", by=FINANCE[0])
    assert found(office) == []
    office.staff.people = without(office, FINANCE[1], BOSS)
    assert found(office) == [("nobody_ahead", "T-2", (code,)), ("nobody_ahead", "T-3", (code,))]


def test_a_version_whose_code_is_gone_and_a_case_that_stands_still_are_found(office: Office) -> None:
    code = start(office, process="doctored")
    with office.engine.store.write() as tx:
        attention.needed(office.engine, tx, row(office, code), AuthorMistake("x"), office.clock.now())
    assert found(office) == [("needs_attention", "", (code,))]
    office.engine = replace(office.engine, versions={})
    stands, gone = examine(office.engine)
    assert (stands.kind, gone.kind) == ("needs_attention", "no_version")
    assert stands.remedy.endswith(f"remove the cause; crmw retry {code}")
    assert gone.remedy.endswith(f"crmw upgrade {code} --apply"), "without it, nothing is moved"


def test_a_requester_who_alone_could_decide_is_found() -> None:
    """G-2: whoever asks never decides; with nobody above them the case would stop."""
    gate = Gate("top", "总经理审批 / General manager", rule="T-5", approver=role("general_manager"))

    def topped(case: Case[Matter]) -> Outcome:
        case.task(NOTE)
        case.approval(gate)
        return case.approve()

    office = office_of(MemoryStore(), toy(topped, gate, NOTE, name="topped", code="TO"))
    code = start(office, process="topped", owner=BOSS)
    assert found(office) == [("nobody_ahead", "T-5", (code,))]


class Priced(Matter):
    """What costs something."""

    amount: Money | None = None


def test_an_amount_above_every_personal_limit_is_found_before_it_comes() -> None:
    """The general manager asks, so that nobody is left above whose limit suffices for any amount."""
    gate = Gate("sign", "签批 / Signature", rule="T-5", approver=with_limit(role("finance")))

    def signed(case: Case[Priced]) -> Outcome:
        case.task(NOTE)
        case.approval(gate, amount=case.subject.amount)
        return case.approve()

    office = office_of(MemoryStore(), toy(signed, gate, NOTE, name="signed", code="SI"))
    start(office, process="signed")
    code = start(office, process="signed", owner=BOSS)
    (finding,) = examine(office.engine)
    assert (finding.kind, finding.cases) == ("nobody_ahead", (code,))
    assert finding.where == "T-5 签批（金额超过限额时） / T-5 Signature (above a limit)"
    assert "nobody's approval limit is high enough" in finding.what
    office.staff.people = without(office, *FINANCE)
    where = [f.where for f in examine(office.engine) if code in f.cases]
    assert where == ["T-5 签批 / T-5 Signature"], "for no amount at all"


def test_what_ends_before_the_office_opens_is_found_by_the_calendar_in_force() -> None:
    saturday, sunday = datetime(2026, 3, 7, 2, tzinfo=UTC), datetime(2026, 3, 8, 2, tzinfo=UTC)

    def noted(case: Case[Matter]) -> Outcome:
        case.task(NOTE, until=sunday)
        return case.approve()

    office = office_of(MemoryStore(), toy(noted, NOTE, name="noted", code="NO"))
    start(office, process="noted")
    office.clock.move_to(saturday)
    code = start(office, process="noted")
    (finding,) = examine(office.engine)
    assert (finding.kind, finding.cases) == ("no_time", (code,)), "the other had the whole week"
    assert "no office hours" in finding.what
    assert finding.remedy.endswith("crmw calendar apply calendar.yaml")
    calendar = office.staff.hours
    office.staff.hours = replace(calendar, overrides={sunday.date(): calendar.standard})
    assert examine(office.engine) == []


def test_the_admins_hear_of_it_in_the_morning_once_until_it_changes(office: Office) -> None:
    start(office, process="doctored")
    assert checkup.check_up(office.engine)
    assert not checkup.check_up(office.engine), "once a day"
    office.staff.people = without(office, FINANCE[0])
    for _ in range(3):
        office.advance(working_days(1))
        assert checkup.check_up(office.engine)
    (mail,) = office.mails("doctor")
    assert mail.recipient == ADMIN
    assert mail.context["findings"][0]["count"] == 1
    start(office, process="doctored")
    office.advance(working_days(1))
    checkup.check_up(office.engine)
    assert len(office.mails("doctor")) == 2
    with office.engine.store.read() as reader:
        kept = checkup.latest(reader)
        assert reader.count(Meta, key=checkup.KEPT) == 1
    assert kept is not None
    assert len(kept["findings"]) == 1


def test_a_proposed_people_file_shows_only_what_it_would_add(office: Office) -> None:
    start(office, process="doctored")
    office.staff.people = without(office, FINANCE[0])
    same = ProposedStaff(office.staff, office.staff.people)
    assert new_findings(office.engine, same) == []
    worse = ProposedStaff(office.staff, without(office, FINANCE[0], HEAD, BOSS))
    fresh = new_findings(office.engine, worse)
    assert {finding.kind for finding in fresh} >= {"asked_nobody"}
    assert all(isinstance(finding, Finding) for finding in fresh)
    assert not any("people show" in finding.remedy for finding in fresh), "that would be written over what is proposed"


FROM_POLICY = Gate("many", "会签 / Many", rule="T-2", approver=at_least("signatures", role("finance")))


def test_a_proposed_policy_is_tried_on_cases_like_those_open_now() -> None:
    """Those keep theirs, so that nothing of theirs is stuck."""

    def signed(case: Case[Matter]) -> Outcome:
        case.approval(FROM_POLICY)
        return case.approve()

    office = office_of(MemoryStore(), toy(signed, FROM_POLICY, name="signed", code="SI"))
    in_force = dict(office.staff.policy())
    office.staff.rules = Policy({**in_force, "signatures": 2})
    code = start(office, process="signed")
    (finding,) = new_findings_of_policy(office.engine, Policy({**in_force, "signatures": 9}))
    assert (finding.kind, finding.cases, finding.where) == ("nobody_ahead", (code,), "T-2 会签 / T-2 Many")
    assert new_findings_of_policy(office.engine, office.staff.policy()) == []
    office.staff.rules = Policy({**in_force, "signatures": 9})
    assert examine(office.engine) == []


def test_a_deputy_stands_in_where_dated() -> None:
    """G-5: a role whose holder has left is still answered for by their deputy."""
    office = office_of(MemoryStore(), DOCTORED)
    start(office, process="doctored")
    today = office.engine.today(office.clock.now())
    away = Deputy(MATERIALS, today, None)
    office.staff.people = replaced(
        office,
        [replace(p, active=False, deputies=(away,)) if p.email == FINANCE[0] else p for p in office.staff.people],
    )
    assert found(office) == []
