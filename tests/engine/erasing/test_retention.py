"""Mails that came in are erased when the policy's time is over: the record holds without them, and says so (G-7)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from crm_workflows.domain.audit import ERASED
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Blob, Document, InboundMail
from crm_workflows.engine.erasing import retention
from crm_workflows.engine.mail_in import intake, quarantine
from crm_workflows.engine.record import auditing
from crm_workflows.engine.requests.files import File, sha256_of
from crm_workflows.interfaces.up.nightly import Nightly
from crm_workflows.testing import MemoryStore
from tests.engine.conftest import Install
from tests.engine.digests.mornings import morning
from tests.engine.record.test_dossier import outsider_says, taken_out
from tests.engine.toy_bodies import gated
from tests.engine.toys import HEAD, office_of, start, toy
from tests.office import Office
from tests.one_look import OneLook

DAYS = 30
A_DAY = timedelta(days=1)


@pytest.fixture
def office() -> Office:
    """An office with a gate that keeps mails for 30 days after the end of a case."""
    made = office_of(MemoryStore(), toy(gated))
    made.staff.rules = Policy({**made.staff.rules, retention.DAYS: DAYS})
    return made


def contents(office: Office) -> list[bytes]:
    with office.engine.store.read() as reader:
        rows = reader.find(InboundMail, order=("received_at", "id"))
        return [blob.content for row in rows if (blob := reader.get(Blob, row.sha256))]


def rejected(office: Office) -> str:
    """A case that ended by a reply."""
    code = start(office)
    office.reply(office.asking(code), "驳回 太贵")
    office.work()
    assert office.view(code)["status"] == "closed"
    return code


def test_the_bytes_of_a_mail_go_days_after_its_case_has_ended_and_everything_still_verifies(
    office: Office, tmp_path: Path
) -> None:
    code = rejected(office)
    (kept,) = contents(office)
    office.move_to(office.clock.now() + DAYS * A_DAY - timedelta(minutes=1))
    assert retention.erase(office.engine) == 0
    assert contents(office) == [kept]
    office.move_to(office.clock.now() + A_DAY)
    assert retention.erase(office.engine) == 1
    assert retention.erase(office.engine) == 0
    assert contents(office) == [b""]
    assert auditing.verify(office.engine) == []
    ((mail, note),) = [(n, c) for n, c in taken_out(office, code).items() if n.startswith("received/")]
    with office.engine.store.read() as reader:
        (row,) = reader.find(InboundMail)
    assert mail == f"received/{row.id}.erased.txt"
    assert row.sha256 in note.decode()
    assert [d["decision"] for d in office.view(code)["decisions"]] == ["reject"]
    assert "missing or another" not in outsider_says(office, code, tmp_path)


def test_on_real_databases_a_mail_is_erased_once_and_the_record_verifies(install: Install) -> None:
    office = install(toy(gated))
    office.staff.rules = Policy({**office.staff.rules, retention.DAYS: DAYS})
    rejected(office)
    office.move_to(office.clock.now() + 2 * DAYS * A_DAY)
    assert (retention.erase(office.engine), retention.erase(office.engine)) == (1, 0)
    assert contents(office) == [b""]
    assert auditing.verify(office.engine) == []


def test_what_an_open_case_rests_on_is_kept_however_old(office: Office) -> None:
    code = start(office)
    office.reply(office.asking(code), "嗯")
    office.move_to(office.clock.now() + 10 * DAYS * A_DAY)
    assert retention.erase(office.engine) == 0
    assert contents(office)[0]


def test_a_mail_of_no_case_goes_days_after_it_came(office: Office) -> None:
    intake.take_in(office.engine, b"From: a@b.example\nMessage-ID: <1@x>\n\nBuy now", "test")
    office.move_to(office.clock.now() + DAYS * A_DAY)
    assert [mail.status for mail in retention.due(office.engine)] == ["refused"]
    assert retention.erase(office.engine) == 1


def test_an_answer_to_a_digest_is_kept_until_all_its_cases_have_ended(office: Office) -> None:
    first, second = start(office), start(office)
    office.reply(morning(office), "1 驳回 太贵", sender=HEAD)
    office.work()
    office.move_to(office.clock.now() + 2 * DAYS * A_DAY)
    assert retention.due(office.engine) == []
    open_one = next(code for code in (first, second) if office.view(code)["status"] != "closed")
    office.answer(open_one, "reject", comment="x")
    office.work()
    office.move_to(office.clock.now() + 2 * DAYS * A_DAY)
    assert retention.erase(office.engine) == 1
    assert auditing.verify(office.engine) == []
    audits = [json.loads(taken_out(office, code)["audit.json"]) for code in (first, second)]
    assert all(any(link[3] == ERASED for link in audit) for audit in audits)


def test_a_mail_that_is_a_paper_elsewhere_is_kept() -> None:
    office = Office(MemoryStore())
    office.staff.rules = Policy({**office.staff.rules, retention.DAYS: DAYS})
    raw = b"From: a@b.example\nMessage-ID: <1@x>\n\nBuy now"
    intake.take_in(office.engine, raw, "test")
    code = office.start()
    office.hand_in(code, [File("mail.eml", "message/rfc822", raw)])
    with office.engine.store.read() as reader:
        assert reader.count(Document, case=code, sha256=sha256_of(raw)) == 1, (
            "kept, though of no kind that is asked for"
        )
    office.move_to(office.clock.now() + 2 * DAYS * A_DAY)
    assert retention.erase(office.engine) == 0
    assert auditing.verify(office.engine) == []


def test_a_mail_that_was_erased_can_be_handed_in_as_a_paper() -> None:
    office = Office(MemoryStore())
    office.staff.rules = Policy({**office.staff.rules, retention.DAYS: DAYS})
    raw = b"From: a@b.example\nMessage-ID: <1@x>\n\nBuy now"
    intake.take_in(office.engine, raw, "test")
    office.move_to(office.clock.now() + 2 * DAYS * A_DAY)
    assert retention.erase(office.engine) == 1
    office.hand_in(office.start(), [File("mail.eml", "message/rfc822", raw)])
    assert contents(office) == [raw]
    assert auditing.verify(office.engine) == []


def test_a_mail_that_nobody_could_read_yet_is_kept(office: Office) -> None:
    headers = b"".join(b"X-%d: y\r\n" % n for n in range(2000))
    intake.take_in(office.engine, b"From: a@b.example\r\n" + headers + b"\r\nThe pump burns", "test")
    office.move_to(office.clock.now() + 2 * DAYS * A_DAY)
    assert retention.erase(office.engine) == 0
    assert contents(office)[0]


def test_without_a_word_in_the_policy_mails_are_kept_for_ever(office: Office) -> None:
    office.staff.rules = Policy({k: v for k, v in office.staff.rules.items() if k != retention.DAYS})
    rejected(office)
    office.move_to(office.clock.now() + 5000 * A_DAY)
    assert retention.erase(office.engine) == 0


@pytest.mark.breaks_invariants("somebody empties a mail by hand", "the record verifies")
def test_a_mail_that_somebody_emptied_by_hand_is_still_found(office: Office) -> None:
    rejected(office)
    with office.engine.store.write() as tx:
        (row,) = tx.find(InboundMail)
        tx.update(Blob, (row.sha256,), content=b"")
        tx.update(InboundMail, (row.id,), erased_at=office.clock.now())
    assert "is missing or was altered" in auditing.verify(office.engine)[0]


def test_what_was_erased_cannot_be_released(office: Office) -> None:
    intake.take_in(office.engine, b"From: a@b.example\nMessage-ID: <1@x>\n\nBuy now", "test")
    office.move_to(office.clock.now() + DAYS * A_DAY)
    retention.erase(office.engine)
    with office.engine.store.write() as tx, pytest.raises(InvalidInput, match="were erased when their time was over"):
        quarantine.release(tx, tx.find(InboundMail)[0].id, "cli:admin")


def test_the_nightly_duty_erases(office: Office) -> None:
    rejected(office)
    office.move_to(office.clock.now() + 2 * DAYS * A_DAY)
    Nightly(office.opened()).run(OneLook())
    assert contents(office) == [b""]
