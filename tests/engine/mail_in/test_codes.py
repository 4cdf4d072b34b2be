"""Above an amount an answer through an outside mailbox needs a code that was mailed first (mail.md, Who)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from crm_workflows.domain.mail.authentication import INTERNAL, Authentication
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Assignee, CaseRow, InboundMail, Request
from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_in import codes
from crm_workflows.engine.mail_in.intake_writer import Asked
from crm_workflows.testing import MemoryStore
from tests.office import Office, application

ANOTHER = application(company="苏州澄岚水泵有限公司", credit_code="91320500MAX0CL616K")
GENUINE = Authentication("dkim", True, "yongchang.example")


@pytest.fixture
def office() -> Office:
    """A supplier case before its recognition, whose amount is above the policy's; the mailbox is outside."""
    made = Office(MemoryStore())
    under(made, Money.of("1000.00", "CNY"))
    made.engine = replace(made.engine, authenticate=lambda *_: GENUINE)
    return made


def under(office: Office, limit: Money) -> None:
    office.staff.rules = Policy({**office.staff.rules, codes.ABOVE: limit})


def code_in(office: Office) -> str:
    """The code of the last question back."""
    found = re.search(r"approve (\d{8})”", office.mails("unclear")[-1].context["reason"])
    assert found is not None
    return found[1]


def decided(office: Office, code: str) -> list[str]:
    return [d["decision"] for d in office.view(code)["decisions"] if d["channel"] == "reply"]


def test_an_answer_above_the_amount_is_asked_for_a_code_and_decides_with_it(office: Office) -> None:
    case = office.until_gate()
    asking = office.asking(case)
    office.reply(asking, "同意")
    assert decided(office, case) == []
    (asked_back,) = office.mails("unclear")
    assert asked_back.recipient == asking.recipient
    code = code_in(office)
    assert f"“同意 {code}”" in in_language(asked_back.context["reason"], "zh")
    office.reply(asked_back, f"同意 {code}，谢谢\n\n> 同意 {code}")
    assert decided(office, case) == ["approve"]
    with office.engine.store.read() as reader:
        kept = reader.find(InboundMail)
    assert code not in repr([(mail.why, mail.reading) for mail in kept]), "pages show why a mail was not applied"


def test_without_the_code_on_the_first_line_nothing_is_decided(office: Office) -> None:
    case = office.until_gate()
    office.reply(office.asking(case), "同意")
    asked_back, code = office.mails("unclear")[-1], code_in(office)
    for text in ("同意", "同意 00000000", f"同意 1{code}", f"同意\n{code}", f"同意\n\n> 同意 {code}", code):
        office.reply(asked_back, text)
        assert decided(office, case) == [], text
    office.reply(asked_back, f"同意 {code}")
    assert decided(office, case) == ["approve"], "what went wrong before does not spoil it"


def test_a_code_is_over_after_ten_minutes_and_serves_nobody_else(office: Office) -> None:
    case = office.until_gate()
    mail = office.asking(case)
    office.reply(mail, "同意")
    code = code_in(office)
    with office.engine.store.read() as reader:
        row, request = reader.get(CaseRow, case), reader.find(Request, id=mail.request)[0]
        asked = Asked(row, request, reader.find(Assignee, request=mail.request)[0])  # type: ignore[arg-type]
    others = (
        replace(asked, request=replace(request, id="SV-2026-00009-R1")),
        replace(asked, request=replace(request, revision=2)),
        replace(asked, assignee=replace(asked.assignee, person="wu.yue@yongchang.example")),
    )
    assert codes.without_code(office.engine, asked, f"同意 {code}") == ("同意 ", True)
    assert not any(codes.without_code(office.engine, other, f"同意 {code}")[1] for other in others)
    office.clock.move_to(office.clock.now() + timedelta(seconds=2 * codes.SECONDS))
    office.reply(mail, f"同意 {code}")
    assert decided(office, case) == []


def test_a_rejection_an_amount_below_and_an_internal_mailbox_need_none(office: Office) -> None:
    case = office.until_gate()
    office.reply(office.asking(case), "驳回 产能不足")
    assert decided(office, case) == ["reject"]
    under(office, Money.of("999999999.00", "CNY"))
    case = office.until_gate(ANOTHER)
    office.reply(office.asking(case), "同意")
    assert decided(office, case) == ["approve"]


def test_mail_of_the_company_s_own_server_needs_none(office: Office) -> None:
    office.engine = replace(office.engine, authenticate=lambda *_: INTERNAL)
    case = office.until_gate()
    office.reply(office.asking(case), "同意")
    assert decided(office, case) == ["approve"]
