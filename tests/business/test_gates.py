"""What each approval costs and changes, from real answers to it: which are worth a look, and which are not (RP-2)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from crm_workflows.business.figures import document, gates, monthly, reporting
from crm_workflows.business.figures.gates import LEAST, GateLine
from crm_workflows.business.figures.measuring import Value
from crm_workflows.business.figures.months import Month
from crm_workflows.domain.durations import working_days
from crm_workflows.engine.decisions.overriding import Override, override
from crm_workflows.testing import MemoryStore
from tests.engine.running.sweeping import TIMED, asks
from tests.engine.toys import ADMIN, office_of, start
from tests.office import Office

GATE = "T-2：限时审批 / Approval in time"


def line(settled: int, changed: int = 0, silent: int = 0, overridden: int = 0) -> GateLine:
    return GateLine(GATE, Value(settled, Decimal("1.5"), Decimal(3)), changed, silent, overridden)


@pytest.fixture
def told() -> tuple[Office, reporting.ProcessReport]:
    """A gate with each of its ways out, the first after two days of the clock."""
    office = office_of(MemoryStore(), asks(TIMED))
    first, rejected, over, silent = (start(office) for _ in range(4))
    office.move_to(office.clock.now() + timedelta(days=2))
    office.answer(first, "approve")
    office.answer(rejected, "reject", comment="太贵")
    process_owner = next(one.email for one in office.staff.people if "process_owner" in one.roles)
    for by in (ADMIN, process_owner):
        override(office.engine, office.waiting(over)["id"], Override("approve", by, "停线", "cli", by))
    office.advance(working_days(4))
    assert office.view(silent)["outcome"] == "rejected"
    (found,) = reporting.reports(office.engine, Month.of(office.engine.today(office.clock.now())), "toy")
    return office, found


def test_a_gate_is_told_by_what_it_cost_and_what_it_changed(told: tuple[Office, reporting.ProcessReport]) -> None:
    _, report = told
    (found,) = gates.gates(report)
    assert (found.key, found.wait.count, found.wait.value) == (GATE, 4, Decimal("2.0"))
    assert (found.changed, found.silent, found.overridden, found.by_people) == (1, 1, 1, 2)
    assert found.cells("en") == ("T-2: Approval in time", "4", "2 days", "8 days", "1", "1", "1", "")
    assert not report.figure("gate_changes").people, "of gates, not of people"
    zh, en = gates.told(report)
    assert zh.startswith("T-2：限时审批：办结 4，等待时间（中位数） 2 天，")
    assert "Changed the result 1" in en


def test_documents_tell_the_gates_and_the_mail_to_everybody_does_not(
    told: tuple[Office, reporting.ProcessReport],
) -> None:
    _, report = told
    (section,) = document.document([report], "甲").sections
    assert [fact.label for fact in section.facts][-1] == gates.TITLE
    assert not [drawing for drawing in section.drawings if "审批" in drawing]
    mailed = {row.title for row in monthly._rows(report)}
    assert report.figure("gate_wait").kpi.title not in mailed
    assert report.figure("approvals").kpi.title in mailed


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (line(LEAST), f"all of {LEAST} decisions were a plain yes"),
        (line(LEAST - 1), ""),
        (line(LEAST, changed=1), ""),
        (line(LEAST + 3, silent=2, overridden=2), ""),
        (line(LEAST, silent=LEAST // 2 + 1), "mostly settled by silence"),
        (line(LEAST, silent=LEAST // 2), ""),
    ],
)
def test_a_gate_is_worth_a_look_only_where_enough_decisions_say_so(found: GateLine, words: str) -> None:
    assert words in found.look
    assert bool(words) is bool(found.look)
