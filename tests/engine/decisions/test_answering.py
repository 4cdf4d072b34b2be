"""What taking one answer leaves behind: on record, for whoever answered, and for the loops that wait for work."""

from dataclasses import replace

import pytest

from crm_workflows.domain.audit import said_hash
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import AuditEntry, Decision, JournalEntry, Request
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.decisions.answers import answer
from crm_workflows.engine.ports import StretchSummary
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.toys import GATE, HEAD, MATERIALS, NOTE, Matter, start, toy
from tests.office import Office

GATE_ROUNDS = 3


def plain(case: Case[Matter]) -> Outcome:
    """A form and a gate."""
    case.task(NOTE)
    return case.reject() if case.approval(GATE).rejected else case.approve()


@pytest.fixture
def office(install_in_memory: Install) -> Office:
    return install_in_memory(toy(plain, GATE, NOTE))


@pytest.fixture
def woken(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that the loops are woken."""
    calls: list[str] = []
    monkeypatch.setattr(office.engine.store, "wake", lambda: calls.append("woken"))
    return calls


def audited(office: Office, code: str, event: str) -> list[AuditEntry]:
    with office.engine.store.read() as reader:
        return [entry for entry in reader.find(AuditEntry, case=code, order="n") if entry.event == event]


def decisions(office: Office, code: str) -> list[Decision]:
    with office.engine.store.read() as reader:
        return reader.find(Decision, case=code, order="n")


def test_an_answer_that_counts_wakes_the_loops_and_a_late_one_lets_them_sleep(office: Office, woken: list[str]) -> None:
    code = start(office)
    task = office.waiting(code)["id"]
    woken.clear()
    assert office.submit(code).effective
    assert woken == ["woken"]
    assert not answer(office.engine, task, Answer("submit", MATERIALS, "link", form={})).effective
    assert woken == ["woken"]


def test_what_a_closed_request_never_took_is_no_late_answer(office: Office) -> None:
    code = start(office)
    task = office.waiting(code)["id"]
    office.submit(code)
    with pytest.raises(InvalidInput, match="cannot be answered with approve"):
        answer(office.engine, task, Answer("approve", MATERIALS, "link"))
    gate = office.waiting(code)["id"]
    office.answer(code, "approve")
    with pytest.raises(InvalidInput, match="cannot be answered with submit"):
        answer(office.engine, gate, Answer("submit", HEAD, "link"))
    assert [(d.decision, d.effective) for d in decisions(office, code)] == [("submit", True), ("approve", True)]


def test_whoever_listens_hears_of_the_stretch_after_its_commit_and_once(office: Office) -> None:
    heard: list[tuple[str, str, str, int]] = []

    class Listener:
        def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
            heard.append((code, process, summary.state, len(decisions(office, code))))

    code = start(office)
    office.engine = replace(office.engine, listener=Listener())
    office.submit(code)
    assert heard == [(code, "toy", "Waiting", 1)]


def test_a_decision_is_on_record_with_all_that_it_went_by(office: Office) -> None:
    code = start(office)
    office.submit(code)
    request = office.waiting(code)["id"]
    said = {"channel": "api", "comment": "太贵", "evidence": "api:k", "digest": "DG-20260302-1/3"}
    answered = office.answer(code, "send_back", to="T-3", **said)
    assert (answered.decision, answered.decided_by, answered.on_behalf_of) == ("send_back", HEAD, None)
    entry = audited(office, code, "decided")[-1]
    with office.engine.store.read() as reader:
        fingerprint = reader.get(Request, request).fingerprint  # type: ignore[union-attr]
    assert fingerprint
    assert entry.actor == HEAD
    assert entry.data == {
        "request": request, "decision": "send_back", "channel": "api", "on_behalf_of": None, "evidence": "api:k",
        "fingerprint": fingerprint, "said": said_hash("太贵", {"to": "T-3"}), "digest": "DG-20260302-1/3",
    }  # fmt: skip
    assert "digest" not in audited(office, code, "decided")[0].data, "the form came by its page"


def test_the_journal_learns_of_an_answer_what_the_procedure_goes_on_with(office: Office) -> None:
    code = start(office)
    office.submit(code, text="好")
    office.answer(code, "approve", comment="可以")
    with office.engine.store.read() as reader:
        entries = [entry for entry in reader.find(JournalEntry, case=code, order="n") if entry.kind == "outcome"]
    at = office.clock.now().isoformat()
    assert [entry.value for entry in entries] == [
        {"decision": "submit", "by": MATERIALS, "on_behalf_of": None, "comment": "", "at": at}
        | {"answer": {"text": "好"}, "draft": {}},
        {"decision": "approve", "by": HEAD, "on_behalf_of": None, "comment": "可以", "at": at},
    ]


def test_a_late_answer_is_on_record_once_for_each_mail_and_says_who_decided(office: Office) -> None:
    code = start(office)
    office.submit(code)
    request = office.waiting(code)["id"]
    office.answer(code, "approve")
    for evidence in ("IN-1", "IN-1", "IN-2", None, None):
        late = answer(office.engine, request, Answer("reject", HEAD, "reply", comment="不行", evidence=evidence))
        assert not late.effective
        assert (late.decision, late.decided_by) == ("approve", HEAD)
    kept = [d for d in decisions(office, code) if not d.effective]
    assert [(d.n, d.by, d.decision, d.comment, d.evidence) for d in kept] == [
        (n, HEAD, "reject", "不行", evidence) for n, evidence in enumerate(("IN-1", "IN-2", None, None), start=2)
    ]
    told = audited(office, code, "answered_late")
    assert [(entry.actor, entry.data) for entry in told] == [(HEAD, {"request": request, "decision": "reject"})] * 4


def test_a_case_is_sent_back_as_often_as_its_gate_allows_and_told_why_each_time(office: Office) -> None:
    code = start(office)
    for n in range(GATE_ROUNDS):
        office.submit(code)
        office.answer(code, "send_back", to="T-3", comment=f"第 {n} 次")
    office.submit(code)
    with pytest.raises(InvalidInput, match=f"sent back {GATE_ROUNDS} times, the limit"):
        office.answer(code, "send_back", to="T-3", comment="再一次")
    with office.engine.store.read() as reader:
        backs = [entry.value for entry in reader.find(JournalEntry, case=code, order="n") if entry.kind == "back"]
    assert [(one["because"], one["by"], one["gate"]) for one in backs] == [
        (f"第 {n} 次", HEAD, "gate") for n in range(GATE_ROUNDS)
    ]
    assert office.answer(code, "approve").effective


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (Answer("reject", HEAD, "link", comment=" "), "needs a reason"),
        (Answer("send_back", HEAD, "link", to="T-3"), "needs a reason"),
        (Answer("send_back", HEAD, "link", comment="x", to="T-9"), "can be sent back to: T-1, T-3; name one of them"),
        (Answer("send_back", HEAD, "link", comment="x"), "name one of them"),
        (Answer("submit", HEAD, "link", form={}), "cannot be answered with submit"),
        (Answer("agree", HEAD, "link"), "cannot be answered with agree"),
    ],
    ids=lambda given: given.decision if isinstance(given, Answer) else "",
)
def test_what_a_gate_cannot_take_is_refused_and_changes_nothing(office: Office, given: Answer, match: str) -> None:
    code = start(office)
    office.submit(code)
    before = audited(office, code, "decided")
    with pytest.raises(InvalidInput, match=match):
        answer(office.engine, office.waiting(code)["id"], given)
    assert len(decisions(office, code)) == 1
    assert audited(office, code, "decided") == before
    assert office.answer(code, "approve").effective


def test_what_cannot_be_sent_back_is_approved_or_rejected(install_in_memory: Install) -> None:
    office = install_in_memory(toy(plain, replace(GATE, send_back=()), NOTE))
    code = start(office)
    office.submit(code)
    with pytest.raises(InvalidInput, match="cannot be sent back; approve or reject it"):
        office.answer(code, "send_back", to="T-3", comment="x")
    assert office.waiting(code)["round"] == 1


def test_a_form_is_filled_in_and_not_approved(office: Office) -> None:
    code = start(office)
    with pytest.raises(InvalidInput, match="asks for a form; fill it in and submit it"):
        office.answer(code, "approve")
    assert decisions(office, code) == []
