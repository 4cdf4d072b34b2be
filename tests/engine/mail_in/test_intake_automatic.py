"""Mail that a machine wrote: it never decides, is never answered, and two machines come to an end."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from crm_workflows.engine.mail_in import intake, intake_refusals, quarantine
from tests.engine.mail_in.intake_world import decisions, in_memory, inbound, replied, reply_address
from tests.engine.toys import BOSS, HEAD, STRANGER, start
from tests.office import Office

__all__ = ["in_memory"]
AUTOMATIC: dict[str, Callable[[EmailMessage], None]] = {
    "auto-submitted": lambda m: m.add_header("Auto-Submitted", "auto-replied"),
    "vacation subject": lambda m: m.replace_header("Subject", "自动回复：同意"),
    "bulk": lambda m: m.add_header("Precedence", "bulk"),
    "null return path": lambda m: m.add_header("Return-Path", "<>"),
}


@pytest.mark.parametrize("sign", AUTOMATIC)
def test_automatic_mail_never_decides_and_is_never_answered(in_memory: Office, sign: str) -> None:
    code = start(in_memory)
    message = EmailMessage()
    for name, value in (("From", HEAD), ("To", reply_address(in_memory, code)), ("Subject", "Re: x")):
        message[name] = value
    message["Message-ID"] = "<auto@client.example>"
    message.set_content("同意")
    AUTOMATIC[sign](message)
    before_ = len(in_memory.mails())
    intake.take_in(in_memory.engine, message.as_bytes(), "test")
    assert [m.status for m in inbound(in_memory)] == ["automatic"]
    assert decisions(in_memory) == []
    assert len(in_memory.mails()) == before_
    with in_memory.engine.store.write() as tx:
        quarantine.release(tx, inbound(in_memory)[0].id, "cli:admin")
    intake.process_new(in_memory.engine)
    assert (decisions(in_memory), [m.status for m in inbound(in_memory)]) == ([], ["refused"]), (
        "nor when it is released"
    )


def test_the_null_sender_of_the_dialogue_is_automatic_too_also_after_a_crash(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    intake.store_mail(in_memory.engine, in_memory.reply_bytes(mail, "同意"), "test", "")
    assert intake.process_new(in_memory.engine) == 1
    assert [m.status for m in inbound(in_memory)] == ["automatic"]


def test_two_machines_that_answer_each_other_come_to_an_end(in_memory: Office) -> None:
    """An unmarked responder of our own staff answers every refusal with a mail that answers no request."""
    code = start(in_memory)
    for n in range(30):
        text = f"From: {BOSS}\nTo: approvals@yongchang.example\nSubject: Re: [{code}]\nMessage-ID: <r{n}@x>\n\n不在"
        intake.take_in(in_memory.engine, text.encode(), "test")
    assert len(in_memory.mails("refused", to=BOSS)) == intake_refusals.MOST_REFUSALS
    mail = in_memory.asking(code)
    for n in range(30):
        replied(in_memory, mail, "嗯", sender=STRANGER, n=n)
    assert len(in_memory.mails("refused", to=HEAD)) == intake_refusals.MOST_REFUSALS
