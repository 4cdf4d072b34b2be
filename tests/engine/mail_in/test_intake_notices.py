"""Mail that no machine can settle: who hears of it, how often, and where it is seen."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from crm_workflows.adapters.mail.mail_compose import Composer
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.messages import MailUnread, Refused
from crm_workflows.domain.records import InboundMail, Message
from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_in import intake, intake_refusals, intake_replies, mail_watch
from crm_workflows.shipped import shipped
from crm_workflows.testing import MemoryStore
from tests.engine.mail_in.intake_world import in_memory, office
from tests.engine.toy_bodies import gated
from tests.engine.toys import (
    ADMIN,
    GATE,
    HEAD,
    NOTE,
    STRANGER,
    SUPPLIER,
    office_of,
    start,
    toy,
)
from tests.office import Office

__all__ = ["in_memory", "office"]
OUTSIDER = "li@elsewhere.example"


def reply(office: Office, mail: Message, text: str, n: int, **how: Any) -> str:
    """Take a reply in; returns the Message-ID under which it came."""
    intake.take_in(office.engine, office.reply_bytes(mail, text, n=n, **how), "test")
    return f"<reply.{n}.{mail.id}@client.example>"


def notices(office: Office) -> list[MailUnread]:
    """What the admin was told of received mail."""
    return [MailUnread.model_validate(m.context) for m in office.mails("mail_unread", to=ADMIN)]


def answered_by(office: Office, message_id: str) -> list[str]:
    """To whom the answers to a mail went."""
    return [m.recipient for m in office.mails() if m.in_reply_to == message_id]


def code_only(office: Office, code: str, sender: str, n: int) -> None:
    """A mail that names the case and carries no secret."""
    text = f"From: {sender}\nTo: approvals@yongchang.example\nSubject: Re: [{code}]\nMessage-ID: <c{n}@x>\n\n同意"
    intake.take_in(office.engine, text.encode(), "test")


# -- unclear again and again ------------------------------------------------------------------------------------


def test_the_admins_hear_once_of_a_request_whose_replies_stay_unclear(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    for n in range(1, 4):
        reply(office, mail, "嗯", n)
    assert notices(office) == []
    for n in range(4, 9):
        reply(office, mail, "嗯", n)
    (told,) = notices(office)
    assert (told.case.case, told.sender, told.title) == (code, HEAD, GATE.title)
    assert "acknowledges" in told.why
    assert code in told.remedy
    assert {m.recipient for m in office.mails("mail_unread")} == {ADMIN}
    office.check_invariants()


def test_the_admins_hear_once_of_a_supplier_who_never_attaches_anything(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory, process="collected"))
    for n in range(1, 7):
        reply(in_memory, mail, "马上发", n)
    (told,) = notices(in_memory)
    assert told.sender == SUPPLIER


def test_unclear_replies_stand_in_the_case_with_time_and_whether_they_were_asked_back(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    for n in range(1, 5):
        office.clock.move_to(office.clock.now() + timedelta(minutes=1))
        reply(office, mail, "好的", n)
    replies = office.view(code)["replies"]
    assert [(r["status"], r["reading"], r["asked_back"]) for r in replies] == [("unclear", "unclear", True)] * 3 + [
        ("unclear", "unclear", False)
    ]
    assert {(r["from"], r["request"]) for r in replies} == {(HEAD, mail.request)}
    assert replies[-1]["at"] == office.clock.now().isoformat()
    assert all(" / " in r["why"] for r in replies)


# -- set aside --------------------------------------------------------------------------------------------------


def unreadable(office: Office, n: int) -> None:
    """A mail beyond the limits of the parser."""
    parts = b"".join(b"--b\r\n\r\nx\r\n" for _ in range(500))
    head = f'From: {HEAD}\r\nMessage-ID: <many{n}@x>\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    intake.take_in(office.engine, head.encode() + parts + b"--b--\r\n", "test", HEAD)


def test_the_admins_hear_of_a_mail_set_aside_at_once_and_of_more_once_an_hour(office: Office) -> None:
    for n in range(4):
        unreadable(office, n)
    told = office.mails("mail_unread", to=ADMIN)
    now = office.clock.now()
    assert [m.next_at for m in told] == [now, now + timedelta(hours=1)], "nothing after the first is forgotten"
    first = MailUnread.model_validate(told[0].context)
    assert (first.sender, first.case.url_path) == (HEAD, None)
    assert "--status unreadable" in first.remedy
    office.clock.move_to(now + timedelta(hours=5))
    unreadable(office, 9)
    assert [m.next_at for m in office.mails("mail_unread", to=ADMIN)][2:] == [office.clock.now()]
    office.check_invariants()


def test_a_notice_about_no_case_can_be_sent_like_any_other(in_memory: Office) -> None:
    unreadable(in_memory, 1)
    (notice,) = in_memory.mails("mail_unread")
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    rendered = renderer.render(notice, token=None, links=True)
    raw = Composer("CRM <crm@yongchang.example>", "yongchang.example").compose(
        notice, rendered, [], secret="0", is_answerable=False, at=in_memory.clock.now(), to=notice.recipient
    )
    sent = message_from_bytes(raw, policy=policy.default)
    assert sent["Subject"] == "收到的邮件：有收到的邮件无法处理，已搁置"
    assert "crmw mail list --received --status unreadable" in rendered.text
    assert "/cases/" not in rendered.html


def test_the_same_unreadable_mail_again_is_no_news(in_memory: Office) -> None:
    unreadable(in_memory, 1)
    unreadable(in_memory, 1)
    assert len(in_memory.mails("mail_unread")) == 1


def test_the_admins_hear_of_a_mail_that_makes_us_stumble(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(*_: Any) -> None:
        raise ValueError("Stolperstein")

    raw = office.reply_bytes(office.asking(start(office)), "同意")
    monkeypatch.setattr(intake_replies, "answered", stumbles)
    intake.store_mail(office.engine, raw, "test")
    for tries in (1, 2, 3):
        intake.process_new(office.engine)
        assert len(notices(office)) == (tries == 3)
    assert "an error occurred" in notices(office)[0].why


@pytest.mark.breaks_invariants("the notice itself fails", "every mail arrives or somebody hears")
def test_a_notice_that_cannot_be_made_does_not_cost_us_the_mail(
    in_memory: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise ValueError("no directory")

    monkeypatch.setattr(mail_watch, "admins", breaks)
    unreadable(in_memory, 1)
    with in_memory.engine.store.read() as reader:
        kept = reader.find(InboundMail)
    assert [m.status for m in kept] == ["unreadable"]


# -- forged -----------------------------------------------------------------------------------------------------


def test_forged_answers_never_use_up_what_the_true_approver_is_told(office: Office) -> None:
    """With the right secret from elsewhere, and with only the case code in the approver's name."""
    code = start(office)
    mail = office.asking(code)
    for n in range(15):
        reply(office, mail, "同意", n, sender=OUTSIDER)
        code_only(office, code, HEAD, n)
    assert answered_by(office, reply(office, mail, "同意", 50, sender="wu@elsewhere.example")) == [HEAD]
    assert answered_by(office, reply(office, mail, "退回 T-9 资料过旧", 60)) == [HEAD]
    reasons = [Refused.model_validate(m.context) for m in office.mails("refused", to=HEAD)]
    assert [r.written_by for r in reasons].count(OUTSIDER) == intake_refusals.MOST_REFUSALS
    assert [r.written_by for r in reasons].count("wu@elsewhere.example") == 1
    assert {n.problem for n in notices(office)} == {mail_watch._REFUSED}
    assert len(notices(office)) == 2, "one for the request, one for the mails that only name the case"


def test_forgers_without_number_do_not_flood_the_approver(in_memory: Office) -> None:
    code = start(in_memory)
    mail = in_memory.asking(code)
    for n in range(intake_refusals.MOST_WARNINGS + 10):
        reply(in_memory, mail, "同意", n, sender=f"li{n}@elsewhere.example")
    assert len(in_memory.mails("refused", to=HEAD)) == intake_refusals.MOST_WARNINGS
    assert len(notices(in_memory)) == 1
    assert answered_by(in_memory, reply(in_memory, mail, "退回 T-9 资料过旧", 99)) == [HEAD]


def test_after_a_day_somebody_refused_too_often_is_answered_again(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    for n in range(intake_refusals.MOST_REFUSALS + 3):
        reply(in_memory, mail, "退回 T-9 资料过旧", n)
    assert len(in_memory.mails("refused", to=HEAD)) == intake_refusals.MOST_REFUSALS
    in_memory.clock.move_to(in_memory.clock.now() + intake_refusals.A_DAY)
    assert answered_by(in_memory, reply(in_memory, mail, "退回 T-9 资料过旧", 50)) == [HEAD]


def test_a_colleague_s_answer_gets_one_mail_and_the_person_asked_hears_of_it_in_a_fresh_one(office: Office) -> None:
    mail = office.asking(start(office))
    assert answered_by(office, reply(office, mail, "同意", 1, sender=STRANGER)) == [STRANGER]
    (own,) = office.mails("refused", to=STRANGER)
    (fresh,) = office.mails("refused", to=HEAD)
    assert fresh.in_reply_to is None
    assert (own.context["written_by"], fresh.context["written_by"]) == (None, STRANGER)
    assert fresh.context["reason"] != own.context["reason"], "nobody is told that they were not asked who was"


# -- sending back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["退回 资料过旧", "send back the papers are old"])
def test_a_send_back_without_a_step_goes_to_the_only_one_there_is(text: str) -> None:
    gate = replace(GATE, send_back=("T-1",))
    office = office_of(MemoryStore(), toy(gated, gate, NOTE))
    code = start(office)
    reply(office, office.asking(code), text, 1)
    decision = office.view(code)["decisions"][0]
    assert (decision["decision"], decision["answer"]) == ("send_back", {"to": "T-1"})
    assert office.mails("receipt")[0].context["sent_back_to"]["rule"] == "T-1"


def test_a_send_back_without_a_step_is_asked_back_with_the_steps_there_are(in_memory: Office) -> None:
    code = start(in_memory)
    reply(in_memory, in_memory.asking(code), "退回 资料过旧", 1)
    (question,) = in_memory.mails("unclear")
    why = question.context["reason"]
    assert "“退回 T-1 原因”或“退回 T-3 原因”" in in_language(why, "zh")
    assert "“send back T-1 reason” or “send back T-3 reason”" in in_language(why, "en")
    assert in_memory.view(code)["decisions"] == []


def test_a_gate_without_a_way_back_says_so() -> None:
    gate: Gate = replace(GATE, send_back=())
    office = office_of(MemoryStore(), toy(gated, gate, NOTE))
    reply(office, office.asking(start(office)), "退回 资料过旧", 1)
    reply(office, office.asking("TY-2026-00001"), "退回 T-1 资料过旧", 2)
    assert "cannot be sent back" in office.mails("unclear")[0].context["reason"]
    assert "cannot be sent back" in office.mails("refused")[0].context["reason"]


def test_an_approver_s_name_below_their_answer_is_no_comment(in_memory: Office) -> None:
    code = start(in_memory)
    reply(in_memory, in_memory.asking(code), "同意\n请尽快安排\n郑晓东", 1)
    assert in_memory.view(code)["decisions"][0]["comment"] == "请尽快安排"
