"""A desk on which something waits, and the digest that tells of it. It must not judge."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Message
from crm_workflows.engine.case import Case
from crm_workflows.engine.digests import digests
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.toys import HEAD, NOTE, Matter, start, step, toy
from tests.office import Office

SHANGHAI = ZoneInfo("Asia/Shanghai")
GATE = Gate("gate", "审批 / Approval", rule="T-5", approver=role("head_of_marketing"), send_back=("T-1",),
            due=working_days(2))  # fmt: skip


@step("T-1")
def look() -> int:
    return 1


def deciding(case: Case[Matter]) -> Outcome:
    """One gate; what a number says is what it is about."""
    look()
    what = case.subject.what
    amount = Money.of(what, "CNY") if what.isdecimal() else None
    return case.reject() if case.approval(GATE, amount=amount).rejected else case.approve()


def filling(case: Case[Matter]) -> Outcome:
    """A form for the head of materials."""
    case.task(NOTE)
    return case.approve()


@pytest.fixture
def desk(install_in_memory: Install) -> Office:
    """Gates for HEAD and forms for MATERIALS, in memory."""
    return install_in_memory(toy(deciding, GATE), toy(filling, NOTE, name="filling", code="FI"))


def morning(office: Office, to: str = HEAD) -> Message:
    """The digest of this morning."""
    digests.make_due(office.engine)
    return office.mails("digest", to=to)[-1]


def answer_to(office: Office, mail: Message, text: str, **how: Any) -> dict[int, Any]:
    """Reply to a digest; what the answering mail says of each number."""
    office.reply(mail, text, **how)
    return {one["number"]: one for one in office.mails("digest_answer")[-1].context["results"]}


def outcomes(office: Office, codes: list[str]) -> list[str | None]:
    office.work()
    return [office.view(code)["outcome"] for code in codes]


def three(office: Office) -> list[str]:
    return [start(office, what=what) for what in ("甲", "乙", "丙")]


def at(office: Office, day: str, clock: str, zone: ZoneInfo = SHANGHAI) -> int:
    """Put the clock there; how many digests are made."""
    office.clock.move_to(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone))
    return digests.make_due(office.engine)
