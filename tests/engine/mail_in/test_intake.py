"""Answers by mail, as real messages: applied once, receipted once, never guessed, never taken from the wrong person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.domain.elements import Gate
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import Blob, Decision, Document, InboundMail, Message
from crm_workflows.engine.mail_in import intake, intake_reading, intake_refusals, intake_replies, quarantine
from crm_workflows.engine.ports import Store
from crm_workflows.engine.requests.files import File
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.conftest import Install
from tests.engine.toy_bodies import collected, gated
from tests.engine.toys import (
    BOSS,
    GATE,
    HEAD,
    MATERIALS,
    NOTE,
    OWNER,
    STRANGER,
    SUPPLIER,
    office_of,
    row,
    start,
    toy,
)
from tests.office import Office

LICENCE = File("执照.pdf", "application/pdf", b"%PDF-1")
PROFILE = File("概况.pdf", "application/pdf", b"%PDF-2")


TOYS = (toy(gated), toy(collected, name="collected", code="TC"))


@pytest.fixture
def office(install: Install) -> Office:
    """An office with a gate and a collection."""
    return install(*TOYS)


@pytest.fixture
def in_memory(install_in_memory: Install) -> Office:
    """The same where the store does not matter."""
    return install_in_memory(*TOYS)


def inbound(office: Office) -> list[InboundMail]:
    """Every mail that came in."""
    with office.engine.store.read() as reader:
        return reader.find(InboundMail, order="received_at")


def decisions(office: Office) -> list[tuple[str, str, bool]]:
    """(decision, by, effective) of all cases."""
    with office.engine.store.read() as reader:
        return [(d.decision, d.by, d.effective) for d in reader.find(Decision, order=("at", "n"))]


def answers_to(office: Office, mail: InboundMail) -> list[tuple[str, str]]:
    """(template, recipient) of what was sent in answer to one mail."""
    return sorted((m.template, m.recipient) for m in office.mails() if m.in_reply_to == mail.message_id)


def replied(office: Office, mail: Message, text: str, **how: Any) -> tuple[str, list[tuple[str, str]]]:
    """Reply, and say what became of it: status, and what was sent in answer."""
    identity = intake.take_in(office.engine, office.reply_bytes(mail, text, **how), "test")
    (found,) = [m for m in inbound(office) if m.id == identity]
    return found.status, answers_to(office, found)


# -- what a reply says ------------------------------------------------------------------------------------------


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


# -- who it is from ---------------------------------------------------------------------------------------------

FORGED = {
    "a colleague to whom it was forwarded": (STRANGER, [("refused", STRANGER)]),
    "the requester": (OWNER, [("refused", OWNER)]),
    "a stranger": ("li@elsewhere.example", [("refused", HEAD)]),
    "two addresses in one header": (f"{HEAD}, li@elsewhere.example", [("refused", HEAD)]),
    "an address behind an address": (f"{HEAD} <li@elsewhere.example>", [("refused", HEAD)]),
    "a name that is an address": (f'"{HEAD}" <li@elsewhere.example>', [("refused", HEAD)]),
    "nobody": ("", [("refused", HEAD)]),
}


@pytest.mark.parametrize("sender", FORGED)
def test_the_secret_alone_decides_nothing(in_memory: Office, sender: str) -> None:
    address, told = FORGED[sender]
    code = start(in_memory)
    raw = in_memory.reply_bytes(in_memory.asking(code), "同意").replace(
        f"From: {HEAD}".encode(), f"From: {address}".encode()
    )
    intake.take_in(in_memory.engine, raw, "test")
    (kept,) = inbound(in_memory)
    assert (kept.status, answers_to(in_memory, kept)) == ("refused", sorted(told))
    assert decisions(in_memory) == []
    assert in_memory.waiting(code)["gate"] == "gate"


def test_two_from_headers_decide_nothing(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    raw = b"From: li@elsewhere.example\n" + in_memory.reply_bytes(mail, "同意")
    intake.take_in(in_memory.engine, raw, "test")
    assert [m.status for m in inbound(in_memory)] == ["refused"]
    assert decisions(in_memory) == []


def test_a_stranger_cannot_use_up_the_questions_back(in_memory: Office) -> None:
    mail = in_memory.asking(start(in_memory))
    for n in range(5):
        assert replied(in_memory, mail, "嗯", sender="li@elsewhere.example", n=n)[0] == "refused"
    assert not in_memory.mails("unclear")
    assert replied(in_memory, mail, "嗯", n=9) == ("unclear", [("unclear", HEAD)])


def test_somebody_s_other_address_is_the_same_person(in_memory: Office) -> None:
    alias = "ZhaoLei.CaiGou@yongchang.example"
    gate = Gate("of_owner", "本人 / Owner", rule="T-2", approver=GATE.approver, requester_decides=True)
    office = office_of(MemoryStore(), toy(gated, GATE, NOTE, gate))
    person = next(p for p in office.staff.people.people if p.email.startswith("zhao.lei"))
    office.staff.people = _with_roles(office.staff.people, person.email, "head_of_marketing")
    mail = next(m for m in office_mails(office, person.email))
    assert replied(office, mail, "同意", sender=alias) == ("applied", [("receipt", alias.lower())])
    assert decisions(office) == [("approve", person.email, True)]


def office_mails(office: Office, to: str) -> list[Message]:
    """Start a case and give the mails that ask this person."""
    start(office)
    return office.mails("approval_request", to=to)


def _with_roles(directory: Directory, email: str, *roles: str) -> Directory:
    return Directory([replace(p, roles=roles) if p.email == email else p for p in directory.people])


def on_leave(office: Office, to: str = STRANGER) -> None:
    """From now on the head is away and somebody (冯雪) stands in."""
    away = Deputy(to, date(2026, 3, 1), date(2026, 3, 31))
    people = [replace(p, deputies=(away,)) if p.email == HEAD else p for p in office.staff.people.people]
    office.staff.people = Directory(people, office.staff.people.roles)


def test_a_deputy_s_answer_names_both(office: Office) -> None:
    """Asked before the leave began, answered by who stands in with the forwarded mail."""
    code = start(office)
    mail = office.asking(code)
    on_leave(office)
    assert replied(office, mail, "嗯", sender=STRANGER) == ("unclear", [("unclear", STRANGER)])
    question = office.mails("unclear")[0]
    assert question.context["to_name"] == "冯雪"
    assert replied(office, question, "同意", sender=STRANGER, n=2) == ("applied", [("receipt", STRANGER)])
    made = office.view(code)["decisions"][0]
    assert (made["by"], made["on_behalf_of"]) == (STRANGER, HEAD)
    receipt = office.mails("receipt")[0].context
    assert (receipt["to_name"], receipt["on_behalf_of"]) == ("冯雪", "郑晓东")


def test_a_requester_who_stands_in_for_the_approver_does_not_decide_their_own_request(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    on_leave(office, to=OWNER)
    assert replied(office, mail, "同意", sender=OWNER) == ("refused", [("refused", OWNER)])
    assert "G-2" in office.mails("refused", to=OWNER)[0].context["reason"]
    assert decisions(office) == []
    assert replied(office, mail, "同意", n=2) == ("applied", [("receipt", HEAD)])


def test_who_is_asked_as_a_deputy_answers_for_the_other(office: Office) -> None:
    on_leave(office)
    code = start(office)
    mail = office.asking(code)
    assert (mail.recipient, mail.context["request"]["deputy_for"]) == (STRANGER, "郑晓东")
    assert replied(office, mail, "Approved, thanks") == ("applied", [("receipt", STRANGER)])
    made = office.view(code)["decisions"][0]
    assert (made["by"], made["on_behalf_of"]) == (STRANGER, HEAD)


# -- machines ---------------------------------------------------------------------------------------------------

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
    for name, value in (("From", HEAD), ("To", _reply_address(in_memory, code)), ("Subject", "Re: x")):
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


def _reply_address(office: Office, code: str) -> str:
    return f"approvals+{office.token(office.asking(code))}@yongchang.example"


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


# -- too late, twice, not ours ----------------------------------------------------------------------------------


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


# -- papers -----------------------------------------------------------------------------------------------------


def test_papers_come_in_parts_with_a_receipt_for_each_mail(office: Office) -> None:
    code = start(office, process="collected")
    mail = office.asking(code)
    rubbish = File("照片.jpg", "image/jpeg", b"\xff\xd8\xff" + b"x" * 200_000)
    assert replied(office, mail, "见附件", files=[LICENCE, rubbish]) == ("applied", [("documents_received", SUPPLIER)])
    first = office.mails("documents_received")[0].context
    assert [f["filename"] for f in first["accepted"]] == ["执照.pdf"]
    assert [f["filename"] for f in first["problems"]] == ["照片.jpg"]
    assert [k["kind"] for k in first["missing"]] == ["profile"]
    assert replied(office, mail, "", files=[PROFILE], n=2)[0] == "applied"
    assert office.waiting(code)["gate"] == "note"
    assert replied(office, mail, "", files=[PROFILE], n=3) == ("refused", [("documents_received", SUPPLIER)])
    with office.engine.store.read() as reader:
        documents = reader.find(Document, case=code, order="n")
    assert [(d.kind, d.problem is None) for d in documents] == [
        ("licence", True), ("unknown", False), ("profile", True), ("profile", False),
    ]  # fmt: skip
    assert documents[0].evidence == documents[1].evidence
    assert {d.evidence for d in documents} == {m.id for m in inbound(office)}
    (late,) = (m for m in inbound(office) if m.status == "refused")
    assert late.why == documents[-1].problem, "an admin reads why, not what the case waits for"


def test_words_without_papers_are_answered_with_what_is_missing_three_times(office: Office) -> None:
    code = start(office, process="collected")
    mail = office.asking(code)
    for n in range(1, 6):
        status, sent = replied(office, mail, "好的，马上发", n=n)
        assert status == "unclear"
        assert sent == ([("documents_received", SUPPLIER)] if n <= 3 else [])
    missing = office.mails("documents_received")[0].context["missing"]
    assert [kind["kind"] for kind in missing] == ["licence", "profile"]
    assert replied(office, mail, "", files=[LICENCE, PROFILE], n=9)[0] == "applied"
    assert office.waiting(code)["gate"] == "note"


def test_papers_from_somebody_else_are_not_taken(office: Office) -> None:
    mail = office.asking(start(office, process="collected"))
    sent = [("refused", SUPPLIER)]
    assert replied(office, mail, "", files=[LICENCE], sender="li@elsewhere.example") == ("refused", sent)
    with office.engine.store.read() as reader:
        assert reader.count(Document) == 0
    assert replied(office, mail, "", files=[LICENCE], sender=SUPPLIER.upper(), n=2)[0] == "applied"


# -- what cannot be read, and crashes ---------------------------------------------------------------------------


def test_a_mail_that_cannot_be_read_is_kept_whole(office: Office) -> None:
    code = start(office)
    parts = b"".join(b"--b\r\n\r\nx\r\n" for _ in range(500))
    head = f"From: {HEAD}\r\nTo: {_reply_address(office, code)}\r\nMessage-ID: <many@x>\r\n".encode()
    raw = head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + parts + b"--b--\r\n"
    intake.take_in(office.engine, raw, "test", HEAD)
    (kept,) = inbound(office)
    assert (kept.status, kept.sender) == ("unreadable", HEAD)
    assert " / " in kept.why
    with office.engine.store.read() as reader:
        blob = reader.get(Blob, kept.sha256)
    assert blob is not None
    assert blob.content == raw
    assert decisions(office) == []


def test_a_mail_beyond_all_size_is_kept_and_not_read(in_memory: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = in_memory.reply_bytes(in_memory.asking(start(in_memory)), "同意")
    monkeypatch.setattr("crm_workflows.domain.mail.parse.LARGEST", len(raw) - 1)
    intake.take_in(in_memory.engine, raw, "test")
    (kept,) = inbound(in_memory)
    assert (kept.status, kept.size) == ("unreadable", len(raw))
    assert "too large" in kept.why
    assert intake.process_new(in_memory.engine) == 0
    assert decisions(in_memory) == []


def test_a_mail_stored_before_a_crash_is_applied_after_it_once(office: Office) -> None:
    code = start(office)
    raw = office.reply_bytes(office.asking(code), "同意")
    intake.store_mail(office.engine, raw, "test")
    assert decisions(office) == []
    assert intake.process_new(office.engine) == 1
    assert intake.process_new(office.engine) == 0
    intake.take_in(office.engine, raw, "test")
    assert decisions(office) == [("approve", HEAD, True)]
    assert len(office.mails("receipt")) == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("text", ["同意", "嗯", "驳回 太贵"])
@pytest.mark.parametrize("sender", [HEAD, STRANGER])
def test_a_kill_at_any_commit_leaves_one_answer_and_one_receipt(
    store: Store, after: bool, text: str, sender: str
) -> None:
    breaking = BreakingStore(store)
    office = office_of(breaking, *TOYS)
    code = start(office)
    raw = office.reply_bytes(office.asking(code), text, sender=sender)
    commit = 0
    while True:
        commit += 1
        breaking.fail_at(commit, after=after)
        try:
            intake.take_in(office.engine, raw, "test")
        except Killed:
            continue
        break
    assert commit == 3, "the mail is stored, then applied: two commits"
    assert intake.process_new(office.engine) == 0
    (kept,) = inbound(office)
    assert len(answers_to(office, kept)) == 1
    assert len(office.mails("refused")) == 2 * (sender == STRANGER)
    assert [d[2] for d in decisions(office)] == [True] * (text != "嗯" and sender == HEAD)
    office.check_invariants()


def test_a_mail_that_makes_us_stumble_is_tried_thrice_set_aside_and_holds_up_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [start(office), start(office)]
    raws = [office.reply_bytes(office.asking(code), "同意") for code in codes]
    bad = intake.store_mail(office.engine, raws[0], "test")
    healthy = intake_replies.answered

    def stumbles(engine: Any, tx: Any, asked: Any, inbound_: InboundMail, *rest: Any) -> None:
        if inbound_.id == bad:
            raise ValueError("Stolperstein")
        healthy(engine, tx, asked, inbound_, *rest)

    monkeypatch.setattr(intake_replies, "answered", stumbles)
    good = intake.store_mail(office.engine, raws[1], "test")
    for tries in (1, 2, 3):
        intake.process_new(office.engine)
        found = {m.id: m for m in inbound(office)}
        assert found[bad].attempts == tries
        assert found[good].status == "applied"
    assert found[bad].status == "unreadable"
    assert "set aside" in found[bad].why
    assert decisions(office) == [("approve", HEAD, True)]
    assert intake.process_new(office.engine) == 0


def test_a_failure_is_not_counted_against_a_mail_that_another_process_applied(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = office.reply_bytes(office.asking(start(office)), "同意")
    identity = intake.store_mail(office.engine, raw, "test")
    dispatch = intake._dispatch

    def applied_elsewhere(engine: Any, message: Any) -> None:
        monkeypatch.setattr(intake, "_dispatch", dispatch)
        intake.process(engine, identity)
        raise ValueError("too late to fail")

    monkeypatch.setattr(intake, "_dispatch", applied_elsewhere)
    intake.process(office.engine, identity)
    assert [(m.status, m.attempts) for m in inbound(office)] == [("applied", 0)]


HEADERS = st.sampled_from(
    [b"From", b"To", b"Cc", b"Subject", b"Message-ID", b"In-Reply-To", b"References", b"Content-Type", b"Return-Path",
     b"Content-Transfer-Encoding", b"Date", b"Auto-Submitted", b"X-\xff"]
)  # fmt: skip


@settings(max_examples=150)
@given(
    headers=st.lists(st.tuples(HEADERS, st.binary(max_size=60)), max_size=6),
    body=st.one_of(st.binary(max_size=200), st.sampled_from(["同意".encode(), "同意".encode("gb18030"), b"approve"])),
    at=st.integers(0, 8),
    envelope=st.sampled_from([None, "", HEAD, "a\0b@x", "\ud800@x", "\x85"]),
)
def test_whatever_comes_in_is_kept_and_decides_nothing_by_accident(
    headers: list[tuple[bytes, bytes]], body: bytes, at: int, envelope: str | None
) -> None:
    """Random headers around and among the true ones; only an unspoilt From and secret can decide."""
    office = office_of(MemoryStore(), *TOYS)
    code = start(office)
    true = [(b"From", HEAD.encode()), (b"To", _reply_address(office, code).encode()), (b"Message-ID", b"<1@x>")]
    lines = [b"%s: %s" % pair for pair in [*headers[:at], *true, *headers[at:]]]
    raw = b"\r\n".join(lines) + b"\r\n\r\n" + body
    intake.take_in(office.engine, raw, "test", envelope)
    (kept,) = inbound(office)
    assert kept.status != "new"
    with office.engine.store.read() as reader:
        blob = reader.get(Blob, kept.sha256)
    assert blob is not None
    assert blob.content == raw
    assert bool(decisions(office)) is (kept.status == "applied")
    office.check_invariants()
