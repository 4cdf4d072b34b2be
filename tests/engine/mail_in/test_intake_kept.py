"""Whatever comes in is kept and applied once: what cannot be read, what makes us stumble, a kill at any commit."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.domain.records import Blob
from crm_workflows.engine.mail_in import intake, intake_replies
from crm_workflows.engine.mail_in.intake_writer import Reply
from crm_workflows.engine.ports import Store
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import BreakingStore, Killed
from tests.engine.mail_in.intake_world import TOYS, answers_to, decisions, in_memory, inbound, office, reply_address
from tests.engine.toys import HEAD, STRANGER, office_of, start
from tests.office import Office

__all__ = ["in_memory", "office"]


def test_a_mail_that_cannot_be_read_is_kept_whole(office: Office) -> None:
    code = start(office)
    parts = b"".join(b"--b\r\n\r\nx\r\n" for _ in range(500))
    head = f"From: {HEAD}\r\nTo: {reply_address(office, code)}\r\nMessage-ID: <many@x>\r\n".encode()
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

    def stumbles(reply: Reply, *rest: Any) -> None:
        if reply.inbound.id == bad:
            raise ValueError("Stolperstein")
        healthy(reply, *rest)

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
    true = [(b"From", HEAD.encode()), (b"To", reply_address(office, code).encode()), (b"Message-ID", b"<1@x>")]
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
