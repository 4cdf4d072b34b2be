"""Answers by mail, as real messages: applied once, receipted once, never guessed, never taken from the wrong person."""

import pytest

from crm_workflows.domain.records import Blob, Decision
from crm_workflows.engine.mail_in import intake, intake_reading, intake_replies
from crm_workflows.engine.requests.files import File
from tests.engine.mail_in.intake_world import decisions, in_memory, inbound, office, replied
from tests.engine.toys import HEAD, MATERIALS, row, start
from tests.office import Office

__all__ = ["in_memory", "office"]


def test_an_approval_by_reply_decides_is_receipted_and_kept_as_evidence(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    said = "同意。\n价格合理\n\n> 原文\n> 驳回"
    assert replied(office, mail, said) == ("applied", [("receipt", HEAD)])
    assert office.waiting(code)["gate"] == "note"
    view = office.view(code)["decisions"][0]
    assert (view["decision"], view["channel"], view["by"]) == ("approve", "reply", HEAD)
    (kept,) = inbound(office)
    with office.engine.store.read() as reader:
        (decision,) = reader.find(Decision)
        blob = reader.get(Blob, kept.sha256)
    assert blob is not None
    assert (decision.evidence, blob.content) == (
        kept.id,
        office.reply_bytes(mail, said),
    )
    receipt = office.mails("receipt")[0]
    assert receipt.context["follows"].startswith("等待 李卫民")
    assert (kept.case, kept.request) == (code, decision.request)


def test_a_rejection_by_reply_carries_its_reason_and_one_without_is_asked_back(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    assert replied(office, mail, "驳回") == ("unclear", [("unclear", HEAD)])
    assert replied(office, mail, "驳回 产能不足", n=2) == ("applied", [("receipt", HEAD)])
    assert row(office, code).outcome == "rejected"
    assert office.view(code)["decisions"][0]["comment"] == "产能不足"


def test_a_send_back_by_reply_goes_where_it_says(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    status, sent = replied(office, mail, "退回 T-9 资料过旧")
    assert (status, sent) == ("refused", [("refused", HEAD)])
    assert "T-1, T-3" in office.mails("refused")[0].context["reason"]
    assert replied(office, mail, "退回 T-1 资料过旧", n=2) == ("applied", [("receipt", HEAD)])
    assert office.waiting(code)["round"] == 2
    assert office.mails("receipt")[0].context["sent_back_to"]["rule"] == "T-1"


def test_unclear_answers_are_asked_back_three_times_and_a_clear_one_still_counts(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    for n, text in enumerate(("好的", "可以吧？", "👍", "嗯", "收到"), start=1):
        status, sent = replied(office, mail, text, n=n)
        assert status == "unclear"
        assert sent == ([("unclear", HEAD)] if n <= intake_replies.MOST_CLARIFICATIONS else [])
    assert decisions(office) == []
    question = office.mails("unclear")[0]
    assert question.context["read"] == "好的"
    assert replied(office, question, "同意", n=9) == ("applied", [("receipt", HEAD)])


@pytest.mark.parametrize("text", ["", "\n\n", "> 同意\n> 张三", "----- 转发的邮件 -----\n同意"])
def test_an_empty_answer_decides_nothing(in_memory: Office, text: str) -> None:
    mail = in_memory.asking(start(in_memory))
    assert replied(in_memory, mail, text) == ("unclear", [("unclear", HEAD)])
    assert decisions(in_memory) == []


@pytest.mark.parametrize("text", ["1-5 同意"])
def test_what_this_release_does_not_do_by_mail_is_asked_back_not_done(in_memory: Office, text: str) -> None:
    mail = in_memory.asking(start(in_memory))
    assert replied(in_memory, mail, text) == ("unclear", [("unclear", HEAD)])
    assert decisions(in_memory) == []


def test_a_form_is_not_filled_in_by_reply_but_by_its_link(in_memory: Office) -> None:
    code = start(in_memory)
    in_memory.answer(code, "approve")
    mail = in_memory.asking(code, "note")
    assert replied(in_memory, mail, "同意") == ("unclear", [("unclear", MATERIALS)])
    assert "open the link" in in_memory.mails("unclear")[0].context["reason"]


def test_a_mail_too_large_for_a_decision_is_asked_back(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    picture = File("照片.jpg", "image/jpeg", b"\xff\xd8\xff" + b"x" * intake_reading.LARGEST_DECISION)
    assert replied(in_memory, mail, "同意", files=[picture]) == ("unclear", [("unclear", HEAD)])
    assert "over 1 MB" in in_memory.mails("unclear")[0].context["reason"]
    assert decisions(in_memory) == []


def test_late_answers_hear_who_decided_and_are_kept(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    office.answer(code, "approve")
    assert replied(office, mail, "驳回 太贵") == ("refused", [("refused", HEAD)])
    told = office.mails("refused")[0].context
    assert (told["decision"], told["decided_by"]) == ("approve", "郑晓东")
    assert decisions(office) == [("approve", HEAD, True), ("reject", HEAD, False)]
    assert replied(office, mail, "嗯", n=2) == ("unclear", [("refused", HEAD)])
    assert decisions(office)[2:] == []


def test_an_answer_to_what_a_send_back_has_superseded_is_explained(office: Office) -> None:
    code = start(office)
    old = office.asking(code)
    office.answer(code, "send_back", to="T-1", comment="改")
    assert replied(office, old, "同意") == ("refused", [("refused", HEAD)])
    assert office.waiting(code)["round"] == 2
    assert [d[2] for d in decisions(office)] == [True, False]


def test_the_same_mail_again_and_from_another_mailbox_is_the_same_mail(office: Office) -> None:
    code = start(office)
    raw = office.reply_bytes(office.asking(code), "同意")
    relayed = (b"Received: from mx2 by inner; Mon, 2 Mar 2026\nDelivered-To: boss@yongchang.example\n" + raw).replace(
        b"\n", b"\r\n"
    )
    identities = {
        intake.take_in(office.engine, copy, mailbox)
        for copy, mailbox in ((raw, "one"), (raw, "one"), (raw, "two"), (relayed + b"\r\n", "two"))
    }
    assert len(identities) == 1
    assert decisions(office) == [("approve", HEAD, True)]
    assert [m.recipient for m in office.mails("receipt")] == [HEAD]
    assert not office.mails("refused")


def test_mails_without_a_message_id_and_the_same_words_are_not_one_mail(office: Office) -> None:
    codes = [start(office), start(office)]
    for code in codes:
        raw = office.reply_bytes(office.asking(code), "同意")
        intake.take_in(office.engine, b"\n".join(x for x in raw.split(b"\n") if b"Message-ID" not in x), "test")
    assert decisions(office) == [("approve", HEAD, True)] * 2
    assert len(office.mails("receipt")) == 2


def test_nobody_outside_is_written_to_for_a_secret_we_do_not_know(in_memory: Office) -> None:
    code = start(in_memory)
    before_ = len(in_memory.mails())
    for n, (sender, subject) in enumerate((("li@elsewhere.example", code), (HEAD, "午饭"), (HEAD, "[SV-2026-99999]"))):
        text = (
            f"From: {sender}\nTo: approvals+abcdefghijklmnopqrst@yongchang.example\nSubject: Re: [{subject}]\n"
            f"Message-ID: <{n}@x.example>\n\n同意"
        )
        intake.take_in(in_memory.engine, text.encode(), "test")
    assert len(in_memory.mails()) == before_
    assert [m.status for m in inbound(in_memory)] == ["refused"] * 3
    text = f"From: {HEAD}\nTo: approvals@yongchang.example\nSubject: [{code}]\nMessage-ID: <9@x.example>\n\n同意"
    intake.take_in(in_memory.engine, text.encode(), "test")
    assert [m.recipient for m in in_memory.mails("refused")] == [HEAD]
    assert decisions(in_memory) == []
