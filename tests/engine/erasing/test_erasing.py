"""Somebody from outside is erased by law: nothing names them any more, and the record holds without them (G-7)."""

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.domain.audit import BY_LAW, person_id
from crm_workflows.domain.erasing import place_of
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.file_words import words_in
from crm_workflows.domain.records import (
    KEYS,
    AuditEntry,
    Blob,
    ConfigVersion,
    Decision,
    Document,
    Message,
)
from crm_workflows.engine.erasing import erasure, finding, noting
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.record import auditing, sealing
from crm_workflows.engine.requests.files import File
from crm_workflows.interfaces.up.nightly import Nightly
from crm_workflows.testing import MemoryStore
from tests.engine.breaking import killed_at
from tests.engine.conftest import Install
from tests.engine.record.test_dossier import outsider_says, taken_out
from tests.engine.toy_bodies import collected, gated
from tests.engine.toys import SUPPLIER, office_of, start, toy
from tests.office import UNTIL_GATE, Office, application
from tests.one_look import OneLook

CHEN = "chen.jie@ruifeng.example"
CONTACT = {"name": "陈洁丽", "email": CHEN, "phone": "+86 138 0000 1234", "language": "zh"}
TRACES = ("chen.jie", "陈洁丽", "13800001234", "138 0000 1234", "138-0000-1234")
TOY_TRACES = (SUPPLIER, "陈先生")


def order(address: str = CHEN, **more: Any) -> noting.Order:
    return noting.Order("cli:admin", "letter of 2 March", address, **more)


def sent(office: Office) -> None:
    """Every mail has left."""
    with office.engine.store.write() as tx:
        for mail in tx.find(Message, status="queued"):
            at, content = mail.queued_at, json.dumps(mail.context, ensure_ascii=False).encode()
            tx.update(
                Message, (mail.id,), status="sent", next_at=None, attempts=1, sent_at=at, content=content
            )  # fmt: skip


def rejected(office: Office, contact: dict[str, str] = CONTACT) -> str:
    """A supplier who sent papers and wrote something unclear, is named in words, and was rejected by a reply."""
    code = office.start(application(contact=contact))
    (asked,) = office.mails("documents_request", to=CHEN)
    office.reply(asked, "资料明天寄出，陈洁丽 138-0000-1234")
    office.hand_in(code)
    for task in UNTIL_GATE:
        met = {"met": contact["name"]} if task == "management_talk" else {}
        office.submit(code, gate=task, **met)
    office.reply(office.asking(code), f"驳回 已与陈洁丽（{CHEN}）谈过，价格过高")
    office.work()
    assert office.view(code)["status"] == "closed"
    sent(office)
    return code


def handed_in(office: Office, *, answered: bool = True) -> str:
    """A toy case in which the supplier was asked for papers and sent them; over, where the form is answered."""
    code = start(office, process="collected")
    (asked,) = office.mails("documents_request", to=SUPPLIER, case=code)
    office.reply(
        asked, "见附件 陈先生", files=[File(f"{kind}.pdf", "application/pdf", b"%PDF- 1") for kind in ("licence",)]
    )
    office.hand_in(code, [File("profile 陈先生.pdf", "application/pdf", b"%PDF- 2")])
    office.work()
    if answered:
        office.submit(code, text="与陈先生谈过")
        office.work()
    sent(office)
    return code


def named(office: Office, traces: tuple[str, ...]) -> Iterator[str]:
    """Everything kept that still names them, the bytes of files that can be read included."""
    with office.engine.store.read() as reader:
        for record in KEYS.keys() - {ConfigVersion}:
            rows: list[Any] = reader.find(record)
            for row in rows:
                for field in fields(row):
                    value = getattr(row, field.name)
                    plain = words_in(value) or value.decode(errors="replace") if isinstance(value, bytes) else value
                    text = json.dumps(plain, default=str, ensure_ascii=False).lower()
                    if any(trace in text for trace in traces):
                        yield record.__name__


@pytest.fixture
def toys() -> Office:
    """An office with a gate and a collection."""
    return office_of(MemoryStore(), toy(gated), toy(collected, name="collected", code="TC"))


def test_nothing_names_them_any_more_and_record_and_dossier_hold(tmp_path: Path) -> None:
    office = Office(MemoryStore())
    code = rejected(office)
    sealing.seal(office.engine)
    before = [(d["request"], d["decision"], d["at"]) for d in office.view(code)["decisions"]]
    assert set(named(office, TRACES)) >= {
        "CaseRow", "JournalEntry", "Request", "Assignee", "Decision", "Document", "Message", "InboundMail", "Blob",
    }  # fmt: skip
    found = erasure.erase(office.engine, order())
    assert (found.cases, found.held, found.people) == ((code,), (), (person_id(CHEN),))
    assert list(named(office, TRACES)) == []
    with office.engine.store.read() as reader:
        assert [reader.search_cases(CaseFilter(text=text)) for text in TRACES] == [[]] * len(TRACES)
    assert [(d["request"], d["decision"], d["at"]) for d in office.view(code)["decisions"]] == before
    assert auditing.verify(office.engine) == []
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, code, tmp_path)
    files = taken_out(office, code)
    notes = [content.decode() for name, content in files.items() if name.endswith(".txt") and "erase" in name]
    assert notes
    assert all("erased by law (2026-03-02T" in note for note in notes)


def test_on_real_databases_it_is_done_once_and_all_holds(install: Install) -> None:
    office = install(toy(collected, name="collected", code="TC"))
    code = handed_in(office)
    assert list(named(office, TOY_TRACES))
    erasure.erase(office.engine, order(SUPPLIER))
    assert list(named(office, TOY_TRACES)) == []
    assert auditing.verify(office.engine) == []
    with office.engine.store.read() as reader:
        length = reader.count(AuditEntry, case=code)
        assert reader.count(AuditEntry, case=code, event=BY_LAW) == 1
    assert erasure.erase(office.engine, order(SUPPLIER)).is_nothing
    with office.engine.store.read() as reader:
        assert reader.count(AuditEntry, case=code) == length
    (noted,) = noting.noted(office.engine)
    assert (noted["people"], noted["cases"], noted["order"]) == ([person_id(SUPPLIER)], [code], None)


def test_an_open_case_needs_them_until_it_is_over_and_the_night_finishes(toys: Office) -> None:
    over, still_open = handed_in(toys), handed_in(toys, answered=False)
    found = erasure.erase(toys.engine, order(SUPPLIER))
    assert (found.cases, found.held) == ((over,), (still_open,))
    assert toys.view(still_open)["documents"][0]["by"] == SUPPLIER
    toys.submit(still_open, text="好")
    sent(toys)
    Nightly(toys.opened()).run(OneLook())
    assert list(named(toys, TOY_TRACES)) == []
    assert auditing.verify(toys.engine) == []
    assert noting.noted(toys.engine)[0]["done_at"] is not None


def test_what_was_broken_off_is_finished_by_night(toys: Office) -> None:
    for _ in range(2):
        handed_in(toys)
    with killed_at(erasure, "_out_of_case", 2):
        erasure.erase(toys.engine, order(SUPPLIER))
    assert auditing.verify(toys.engine) == []
    assert list(named(toys, TOY_TRACES))
    assert erasure.finish(toys.engine) == 1
    assert list(named(toys, TOY_TRACES)) == []
    assert auditing.verify(toys.engine) == []
    assert erasure.finish(toys.engine) == 0


def test_mail_that_is_still_to_go_holds_a_case(toys: Office) -> None:
    code = handed_in(toys)
    with toys.engine.store.write() as tx:
        mail = tx.find(Message, case=code, recipient=SUPPLIER)[0]
        tx.update(Message, (mail.id,), status="queued", next_at=toys.clock.now(), sent_at=None, attempts=0)
    assert finding.find(toys.engine, SUPPLIER).held == (code,)


@pytest.mark.breaks_invariants("somebody changes what was said, after an erasure", "the record verifies")
def test_words_that_are_changed_behind_an_erasure_are_still_found(tmp_path: Path) -> None:
    office = Office(MemoryStore())
    code = rejected(office)
    erasure.erase(office.engine, order())
    with office.engine.store.write() as tx:
        row = next(one for one in tx.find(Decision, case=code) if one.decision == "reject")
        tx.update(Decision, (row.request, row.n), comment=row.comment.replace("价格过高", "质量不合格"))
    assert "is not the one on record" in auditing.verify(office.engine)[0]
    assert "is not the one on record" in outsider_says(office, code, tmp_path)


def test_files_stay_where_a_law_says_so_and_as_long_as_any_case_has_them(toys: Office) -> None:
    first = handed_in(toys)
    erasure.erase(toys.engine, order(SUPPLIER, keeps_files=True))
    assert contents(toys, first) == {b"%PDF- 1", b"%PDF- 2"}
    second = handed_in(toys)
    (entry,) = by_law(toys, first)
    assert entry.data["files"] == []
    erasure.erase(toys.engine, order(SUPPLIER))
    (entry,) = by_law(toys, second)
    assert len(entry.data["files"]) == 2
    assert contents(toys, first) == {b"%PDF- 1", b"%PDF- 2"}
    assert not [name for name in taken_out(toys, second) if name.startswith("documents/")]
    assert auditing.verify(toys.engine) == []


def contents(office: Office, code: str) -> set[bytes]:
    with office.engine.store.read() as reader:
        shas = {one.sha256 for one in reader.find(Document, case=code)}
        return {blob.content for sha in shas if (blob := reader.get(Blob, sha))}


def by_law(office: Office, code: str) -> list[AuditEntry]:
    with office.engine.store.read() as reader:
        return reader.find(AuditEntry, case=code, event=BY_LAW)


def test_the_id_on_record_finds_them_again_after_an_older_backup_came_back(toys: Office) -> None:
    handed_in(toys)
    assert isinstance(toys.engine.store, MemoryStore)
    backup = toys.engine.store.snapshot()
    (identity,) = erasure.erase(toys.engine, order(SUPPLIER)).people
    toys.engine.store.go_back_to(backup)
    assert list(named(toys, TOY_TRACES))
    assert erasure.erase(toys.engine, order(identity)).people == (identity,)
    assert list(named(toys, TOY_TRACES)) == []


def test_what_is_no_address_is_refused_and_who_is_unknown_is_nothing(toys: Office) -> None:
    with pytest.raises(InvalidInput, match="is no mail address"):
        erasure.erase(toys.engine, order("chen"))
    assert erasure.erase(toys.engine, order("nobody@elsewhere.example")).is_nothing
    assert noting.noted(toys.engine) == []


def test_the_one_in_their_place_is_the_same_wherever_it_stands(toys: Office) -> None:
    code = handed_in(toys)
    erasure.erase(toys.engine, order(SUPPLIER))
    stand_in = {mail["to"] for mail in toys.view(code)["mails"] if "erased" in mail["to"]}
    assert stand_in == {place_of(SUPPLIER)}
