"""When somebody will answer is forecast from how long they took before, marked as a forecast, in few queries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from crm_workflows.domain.approvers import any_of, person, role
from crm_workflows.domain.durations import working_days, working_hours
from crm_workflows.domain.elements import FormTask, Gate
from crm_workflows.domain.text import in_language
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests import forecast
from tests.engine.conftest import Install
from tests.engine.running.sweeping import asks
from tests.engine.toys import HEAD, MATERIALS, Note, start, toy
from tests.office import Office

ASK = Gate("ask", "审批 / Approval", rule="T-2", approver=role("head_of_marketing"), due=working_days(2))
ALSO = FormTask("also", "填表 / Form", rule="T-3", form=Note, by=role("head_of_marketing"), due=working_days(2))
EVERYBODY = Gate("all", "会签 / All", rule="T-4", approver=any_of(person(HEAD), person(MATERIALS)))


def answered(office: Office, hours: Sequence[int], *, process: str = "toy") -> None:
    """Cases one after the other, each begun in the morning and answered after so many working hours."""
    for count in hours:
        office.move_to(office.staff.hours.add(office.clock.now(), working_days(1)).replace(hour=0, minute=30))
        code = start(office, process=process)
        office.clock.move_to(office.staff.hours.add(office.clock.now(), working_hours(count)))
        if office.waiting(code)["kind"] == "task":
            office.submit(code)
        else:
            office.answer(code, "approve")


def foretold(office: Office, code: str) -> dict[str, Any]:
    found: dict[str, Any] = office.waiting(code)["forecast"]
    return found


def in_the_morning(office: Office) -> str:
    office.move_to(office.staff.hours.add(office.clock.now(), working_days(1)).replace(hour=0, minute=30))
    return start(office)


def shanghai(office: Office, hours: int) -> str:
    return office.staff.hours.add(office.clock.now(), working_hours(hours)).isoformat()


def test_half_and_four_fifths_of_their_answers_so_far_in_working_time(install: Install) -> None:
    office = install(asks(ASK))
    answered(office, [1, 2, 3, 4, 20])
    code = in_the_morning(office)
    said = foretold(office, code)
    assert (said["likely_at"], said["mostly_at"], said["answers"]) == (shanghai(office, 3), shanghai(office, 4), 5)
    assert in_language(said["why"], "en") == "from 5 answers of the same kind that they gave before"


def test_who_has_waited_longer_is_forecast_from_the_answers_that_took_longer(install_in_memory: Install) -> None:
    office = install_in_memory(asks(ASK))
    answered(office, [1, 2, 3, 4, 20])
    code = in_the_morning(office)
    asked_at = office.clock.now()
    later = office.staff.hours.add
    office.move_to(later(asked_at, working_hours(3)) + timedelta(minutes=1))
    said = foretold(office, code)
    assert (said["likely_at"], said["mostly_at"]) == (
        later(asked_at, working_hours(4)).isoformat(), later(asked_at, working_hours(20)).isoformat(),
    )  # fmt: skip
    office.move_to(later(asked_at, working_hours(21)))
    said = foretold(office, code)
    assert (said["likely_at"], said["mostly_at"]) == (None, None)
    assert in_language(said["why"], "en") == "it takes longer than each of 5 answers before"


def test_with_few_answers_of_the_kind_all_of_theirs_count_and_with_few_of_all_none(install_in_memory: Install) -> None:
    office = install_in_memory(asks(ASK), toy(asks(ALSO).body, ALSO, name="forms", code="FO"))
    answered(office, [2, 2])
    said = foretold(office, in_the_morning(office))
    assert said["likely_at"] is None
    assert in_language(said["why"], "zh") == "答复记录太少，无法预测"
    answered(office, [6, 6, 6], process="forms")
    said = foretold(office, in_the_morning(office))
    assert (said["likely_at"], said["answers"]) == (shanghai(office, 6), 5)
    assert in_language(said["why"], "en") == "from 5 answers that they gave before"


def test_nothing_is_forecast_while_a_question_is_out_nor_of_people_outside(install_in_memory: Install) -> None:
    office = install_in_memory(asks(ASK))
    answered(office, [1, 2, 3, 4, 5])
    code = in_the_morning(office)
    office.answer(code, "ask", to=MATERIALS, comment="产能够吗？")
    assert office.waiting(code, "ask")["forecast"] is None
    assert office.waiting(code, "question")["forecast"]["likely_at"] is None, "of MATERIALS nothing is known"


class Counted:
    """A reader that counts what it is asked."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self.questions = reader, 0

    def __getattr__(self, name: str) -> Any:
        self.questions += name in ("find", "columns", "get")
        return getattr(self._reader, name)


@pytest.mark.parametrize(("gate", "people"), [(ASK, 1), (EVERYBODY, 2)])
def test_it_takes_as_many_queries_for_several_as_for_one(install: Install, gate: Gate, people: int) -> None:
    office = install(asks(gate))
    answered(office, [1, 2, 3, 4, 5])
    code = in_the_morning(office)
    items = office.view(code)["waiting_for"]
    assert len(items) == people
    with office.engine.store.read() as reader:
        counted = Counted(reader)
        found = forecast.with_forecasts(office.engine, counted, code, items)
    assert counted.questions == 5, "two for the case, three for the history"
    assert sum(one["forecast"]["likely_at"] is not None for one in found) == 1
    assert datetime.fromisoformat(found[0]["forecast"]["mostly_at"]) > office.clock.now()
