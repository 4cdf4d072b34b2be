"""Checkpoints over the record: what changed is sealed once, and leaves the house (G-7)."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.adapters.configuration.config_files import parse_people
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.keys import ServerKey
from crm_workflows.domain.checkpoints import made
from crm_workflows.domain.durations import clock_hours, working_days
from crm_workflows.domain.records import Blob, CaseRow, Checkpoint, Meta
from crm_workflows.engine.record import auditing, sealing
from crm_workflows.testing import MemoryStore
from tests.engine.toys import ADMIN
from tests.office import Office, application, shipped_text

COMPANIES = {"91320500MAX0CL616K": "苏州澄岚精密轴承有限公司", "91330200MAX0AA110H": "杭州沐辰包装有限公司"}
CODES = tuple(COMPANIES)


def checkpoints(office: Office) -> list[Checkpoint]:
    with office.engine.store.read() as reader:
        return reader.find(Checkpoint, order="n")


def test_a_checkpoint_covers_what_has_changed_and_nothing_else(office: Office) -> None:
    first = office.start()
    assert sealing.seal(office.engine) is not None
    assert sealing.seal(office.engine) is None, "nothing has changed since"
    second = office.start(application(credit_code=CODES[1], company="杭州沐辰包装有限公司"))
    sealing.seal(office.engine)
    office.hand_in(first)
    sealing.seal(office.engine)
    sealed = checkpoints(office)
    assert [[head[0] for head in one.heads] for one in sealed] == [[first], [second], [first]]
    assert [one.n for one in sealed] == [1, 2, 3]
    assert [one.previous for one in sealed] == ["", sealed[0].hash, sealed[1].hash]
    assert auditing.verify(office.engine) == []
    office.advance(working_days(5))
    assert auditing.verify(office.engine) == [], "what came after a checkpoint is no fault"


def test_a_checkpoint_leaves_the_house_once_a_day(office: Office) -> None:
    office.start()
    sealing.seal(office.engine)
    (first,) = office.mails("audit_checkpoint")
    assert first.recipient == ADMIN
    office.start(application("over-limit"))
    sealing.seal(office.engine)
    assert len(office.mails("audit_checkpoint")) == 1, "one a day, however many checkpoints"
    office.advance(clock_hours(24))
    office.start(application("missing-papers"))
    sealing.seal(office.engine)
    mailed = office.mails("audit_checkpoint")
    assert [mail.context["n"] for mail in mailed] == [1, 3]
    with office.engine.store.read() as reader:
        file = reader.get(Blob, mailed[0].attachments[0]["sha256"])
    assert file is not None
    assert {k: v for k, v in mailed[0].attachments[0].items() if k != "sha256"} == {
        "filename": "checkpoint-1.json", "media_type": "application/json",
    }  # fmt: skip
    kept = json.loads(file.content)
    assert auditing.compare(office.engine, [(kept["n"], kept["hash"])]) == []


def test_the_day_without_a_mail_begins_with_the_last_that_went() -> None:
    office = Office(MemoryStore())
    code = office.start()
    for wait in (clock_hours(0), clock_hours(24), clock_hours(12), clock_hours(12)):
        office.advance(wait)
        with office.engine.store.write() as tx:
            tx.update(CaseRow, (code,), unsealed_at=office.clock.now())
        sealing.seal(office.engine)
    assert [mail.context["n"] for mail in office.mails("audit_checkpoint")] == [1, 2, 4]


def test_auditors_are_told_in_the_place_of_admins() -> None:
    office = Office(MemoryStore())
    text = shipped_text("people").replace("roles: [process_owner]", "roles: [process_owner, auditor]")
    office.staff.people = parse_people(text)
    office.start()
    sealing.seal(office.engine)
    assert [mail.recipient for mail in office.mails("audit_checkpoint")] == ["feng.xue@yongchang.example"]


def test_a_case_that_goes_on_while_it_is_sealed_is_sealed_again(postgres_url: str) -> None:
    """On PostgreSQL, where nobody waits for the one who seals; elsewhere there is one writer at a time."""
    with closing(open_store(postgres_url)) as store:
        office = Office(store)
        code = office.start()
        secrets = office.engine.secrets

        class Slow:
            """Signing takes so long that somebody hands in papers meanwhile."""

            def __getattr__(self, name: str) -> Any:
                return getattr(secrets, name)

            def seal(self, content: bytes) -> str:
                with ThreadPoolExecutor(1) as somebody:
                    somebody.submit(office.hand_in, code).result(30)
                return secrets.seal(content)

        first = sealing.seal(replace(office.engine, secrets=Slow()))
        assert auditing.verify(office.engine) == []
        second = sealing.seal(office.engine)
        assert first is not None
        assert second is not None, "the links that came meanwhile are not taken for sealed"
        assert second.heads[0][1] > first.heads[0][1]
        assert sealing.seal(office.engine) is None


def test_a_checkpoint_kept_outside_finds_a_record_rewritten_with_the_key() -> None:
    honest, rewritten = Office(MemoryStore()), Office(MemoryStore())
    honest.start()
    rewritten.start(application(company="另一家公司"))
    for one in (honest, rewritten):
        sealing.seal(one.engine)
        assert auditing.verify(one.engine) == []
    kept = [(one.n, one.hash) for one in checkpoints(honest)]
    assert auditing.compare(honest.engine, kept) == []
    assert "rewritten as a whole" in auditing.compare(rewritten.engine, kept)[0]
    assert "checkpoint 7" in auditing.compare(honest.engine, [(7, "0" * 64)])[0]


def test_a_checkpoint_that_differs_after_restores_tells_of_the_last_of_them() -> None:
    office = Office(MemoryStore())
    with office.engine.store.write() as tx:
        restores = [{"made_at": f"made-{n}", "restored_at": f"restored-{n}"} for n in (1, 2)]
        tx.insert(Meta(auditing.RESTORED, json.dumps(restores)))
    (said,) = auditing.compare(office.engine, [(7, "0" * 64)])
    assert "made-2" in said
    assert "restored-2" in said
    assert "made-1" not in said


@pytest.mark.parametrize("many", [1, 2, 3])
def test_every_case_is_checked_once_however_they_fall_on_pages(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "PAGE", 2)
    office, checked = Office(MemoryStore()), Counter[int]()
    for n, company in enumerate(("苏州澄岚精密轴承有限公司", "杭州沐辰包装有限公司", "北京大有机电有限公司")[:many]):
        office.start(application(company=company, credit_code=(*CODES, "91310000MAX0CC330A")[n]))
    assert auditing.verify(office.engine, lambda done: checked.update({1: done})) == []
    assert checked[1] == many == auditing.count_cases(office.engine)


def test_only_the_key_of_the_house_can_seal() -> None:
    store = MemoryStore()
    office = Office(store)
    office.start()
    checkpoint = sealing.seal(office.engine)
    assert checkpoint is not None
    other = ServerKey(b"o" * 32)
    forged = made(1, checkpoint.at, checkpoint.heads, "", other.public_key(), other.seal)
    assert other.public_key() != office.engine.secrets.public_key()
    assert office.engine.secrets.public_key() == ServerKey(b"k" * 32).public_key(), (
        "the key stays as long as its secret"
    )
    assert other.is_seal(checkpoint.public_key, b"x", checkpoint.signature) is False
    assert other.is_seal("no key", b"x", "no signature") is False
    store._tables[Checkpoint][1,] = forged
    assert "not signed by the key" in auditing.verify(office.engine)[0]
