"""What a dossier takes out of the house: nothing by which somebody could still decide, and all that shows an outsider
where what people are shown is not what is on record."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.keys import ServerKey
from crm_workflows.domain.checkpoints import made
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import approve_after
from crm_workflows.domain.records import Blob, CaseRow, Checkpoint, Decision, InboundMail
from crm_workflows.engine.case import Case
from crm_workflows.engine.digests import digests
from crm_workflows.engine.record import sealing
from crm_workflows.engine.record.dossier import dossier
from crm_workflows.engine.requests.files import sha256_of
from crm_workflows.engine.results import Outcome
from crm_workflows.shipped import shipped
from crm_workflows.testing import MemoryStore
from tests.engine.toys import GATE, Matter, office_of, start, toy
from tests.office import Office, application, documents


def taken_out(office: Office, code: str) -> dict[str, bytes]:
    return dict(dossier(office.engine, code, lambda _: ""))


def test_a_reply_that_still_decides_is_withheld_until_its_request_is_decided() -> None:
    office = Office(MemoryStore())
    code = office.until_gate()
    asked = office.asking(code)
    office.reply(asked, "嗯")
    secret = office.token(asked).encode()
    before = taken_out(office, code)
    assert [name for name in before if name.startswith("received/") and name.endswith(".withheld.txt")]
    assert not [name for name, content in before.items() if secret in content]
    office.reply(asked, "同意")
    after = taken_out(office, code)
    assert len([name for name in after if name.startswith("received/") and name.endswith(".eml")]) == 2


@pytest.mark.parametrize("sender", ["someone@else.example", "wang.fang@yongchang.example"])
def test_a_reply_to_the_requesters_own_mail_is_withheld_while_its_secret_can_recall(sender: str) -> None:
    """Whoever the requester passed that mail on to answers to its reply address, and quotes its link."""
    office = Office(MemoryStore())
    code = office.until_gate()
    (told,) = office.mails("case_opened")
    office.reply(told, "收到", sender=sender)
    secret = office.token(told).encode()
    before = taken_out(office, code)
    assert not [name for name, content in before.items() if secret in content]
    (withheld,) = [name for name in before if name.startswith("received/")]
    assert withheld.endswith(".withheld.txt")
    office.reply(office.asking(code), "驳回 产能不足")
    assert office.view(code)["status"] == "closed"
    after = [name for name in taken_out(office, code) if name.startswith("received/")]
    assert len([name for name in after if name.endswith(".eml")]) == 2


def test_a_case_shows_the_message_id_with_which_a_mail_left_and_a_dossier_hides_its_secret() -> None:
    office = Office(MemoryStore())
    code = office.start()
    mail = office.asking(code)
    left_with = mail.message_id.replace("*", office.token(mail))
    assert {m["id"]: m["message_id"] for m in office.view(code)["mails"]}[mail.id] == left_with
    taken = json.loads(taken_out(office, code)["case.json"])
    assert {m["id"]: m["message_id"] for m in taken["mails"]}[mail.id] == mail.message_id != left_with


@pytest.fixture
def decided() -> tuple[Office, str]:
    """A case that was decided by a reply, and sealed."""
    office = Office(MemoryStore())
    code = office.until_gate()
    office.reply(office.asking(code), "驳回 产能不足")
    sealing.seal(office.engine)
    return office, code


TEXTS = shipped("templates") / "dossier"


def unpacked(office: Office, code: str, folder: Path) -> None:
    for name, content in dossier(office.engine, code, lambda name: (TEXTS / name).read_text(encoding="utf-8")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def outsider_says(office: Office, code: str, folder: Path) -> str:
    """What check.py prints to somebody who has the dossier and Python, and nothing of ours."""
    unpacked(office, code, folder)
    return checked(folder)


def checked(folder: Path) -> str:
    """Isolated, as a careful auditor runs it, and from another folder than its own."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "check.py"), folder.name],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout


def forge_decision(tables: Any) -> None:
    row = next(d for d in tables[Decision].values() if d.decision == "reject")
    tables[Decision][row.request, row.n] = replace(row, decision="approve")


def forge_words(tables: Any) -> None:
    row = next(d for d in tables[Decision].values() if d.decision == "reject")
    tables[Decision][row.request, row.n] = replace(row, comment="价格过高")


def forge_form(tables: Any) -> None:
    row = next(d for d in tables[Decision].values() if d.answer and "cost" in d.answer)
    tables[Decision][row.request, row.n] = replace(row, answer=row.answer | {"cost": 99})


def forge_subject(tables: Any) -> None:
    (key,) = tables[CaseRow]
    amount = {"yearly_amount": {"amount": "80.00", "currency": "CNY"}}
    tables[CaseRow][key] = replace(tables[CaseRow][key], subject=tables[CaseRow][key].subject | amount)


def forge_silence(tables: Any) -> None:
    row = next(d for d in tables[Decision].values() if d.decision == "reject")
    tables[Decision][row.request, 9] = replace(row, n=9, decision="approve", channel="silence", evidence=None)


def forge_outcome(tables: Any) -> None:
    (key,) = tables[CaseRow]
    tables[CaseRow][key] = replace(tables[CaseRow][key], outcome="approved")


def forge_mail(tables: Any) -> None:
    ((key, row),) = tables[InboundMail].items()
    forged = tables[Blob][row.sha256,].content.replace("驳回".encode(), "同意".encode())
    forged = forged if forged != tables[Blob][row.sha256,].content else forged.replace(b"\n\n", b"\n\nx", 1)
    tables[Blob][sha256_of(forged),] = Blob(sha256_of(forged), forged)
    tables[InboundMail][key] = replace(row, sha256=sha256_of(forged))


def forge_sender(tables: Any) -> None:
    ((key, row),) = tables[InboundMail].items()
    tables[InboundMail][key] = replace(row, authentication=row.authentication | {"method": "dkim", "by": "x.example"})


def lose_mail(tables: Any) -> None:
    tables[InboundMail].clear()


def seal_with_another_key(tables: Any) -> None:
    other = ServerKey(b"o" * 32)
    for key, c in tables[Checkpoint].items():
        again = made(c.n, c.at, c.heads, c.previous, other.public_key(), other.seal)
        tables[Checkpoint][key] = again


FORGERIES: dict[Callable[[Any], None], str] = {
    forge_decision: "the decision shown for SV-2026-00001-R12 is not the one on record",
    forge_words: "the decision shown for SV-2026-00001-R12 is not the one on record",
    forge_form: "the decision shown for SV-2026-00001-R10 is not the one on record",
    forge_subject: "what the case is said to be about is not what is on record",
    forge_silence: "what silence did to SV-2026-00001-R12, as shown, is not what is on record",
    forge_outcome: "the outcome shown is not the one on record",
    forge_mail: "that decided is missing or another one",
    forge_sender: "was not vouched for as shown",
    lose_mail: "that decided is missing or another one",
    seal_with_another_key: "does not bear a good signature by",
}


def test_an_outsider_finds_a_dossier_whole(decided: tuple[Office, str], tmp_path: Path) -> None:
    office, code = decided
    assert "every file and the record hold" in outsider_says(office, code, tmp_path)


@pytest.mark.parametrize(
    ("called", "unpacked_as"),
    [
        ("长" * 90 + ".pdf", "长" * 65 + ".pdf"),
        ("a:b?\n.pdf. ", "a_b__.pdf"),
        ("..", "file"),
        ("fdp.\u202e.pdf", "fdp..pdf"),
    ],
)
def test_papers_with_odd_names_unpack_anywhere(tmp_path: Path, called: str, unpacked_as: str) -> None:
    """On Windows too, which keeps some signs to itself, and where a name is 255 bytes."""
    office = Office(MemoryStore())
    code = office.start()
    first, *others = documents()
    office.hand_in(code, [replace(first, filename=called), *others])
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, code, tmp_path)
    names = [file.name.partition("-")[2] for file in (tmp_path / "documents").iterdir()]
    assert unpacked_as in names


def test_what_came_by_a_digest_is_whole_and_says_nothing_of_other_cases(tmp_path: Path) -> None:
    office = Office(MemoryStore())
    small: dict[str, Any] = {"yearly_amount": {"amount": "80000.00", "currency": "CNY"}}
    code = office.until_gate(application(**small))
    other = office.until_gate(application("over-limit", **small))
    digests.make_due(office.engine)
    (mail,) = office.mails("digest", to=office.waiting(code)["assignee"]["email"])
    office.reply(mail, "1 同意 2 驳回 机密原因")
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, code, tmp_path)
    files = taken_out(office, code)
    (trace,) = json.loads(files["digests.json"])
    assert (trace["digest"], trace["number"], trace["decision"]) == (mail.case, 1, "approve")
    assert trace["mail"]["read"] == "approve"
    assert files[f"received/{trace['mail']['id']}.withheld.txt"]
    assert not [name for name, content in files.items() if "机密原因".encode() in content]
    assert other not in json.dumps([trace])


def test_an_outsider_finds_whole_what_went_through_many_hands(tmp_path: Path) -> None:
    """Passed on by mail, decided by a colleague, by three stages, with a form in which something is masked."""
    office = Office(MemoryStore())
    code = office.until_gate(application("over-limit"))
    office.reply(office.asking(code), "转交 feng.xue@yongchang.example 我出差")
    passed_on = office.waiting(code)["assignee"]["email"]
    assert passed_on == "feng.xue@yongchang.example"
    while office.waiting(code)["gate"] == "recognition":
        office.reply(office.asking(code), "同意")
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, code, tmp_path / "open")
    office.sign(code)
    office.submit(code, gate="payment_terms")
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, code, tmp_path / "over")


def test_an_outsider_finds_whole_what_silence_decided(tmp_path: Path) -> None:
    gate = replace(GATE, on_silence=approve_after(working_days(3)))

    def decided_by_silence(case: Case[Matter]) -> Outcome:
        return case.approve() if case.approval(gate).approved else case.reject()

    office = office_of(MemoryStore(), toy(decided_by_silence, gate))
    code = start(office)
    office.advance(working_days(3))
    assert office.view(code)["decisions"][-1]["channel"] == "silence"
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, code, tmp_path)


@pytest.mark.breaks_invariants("somebody forges rows, for an outsider to find")
@pytest.mark.parametrize("forge", FORGERIES)
def test_an_outsider_finds_what_was_forged_before_it_was_signed(
    decided: tuple[Office, str], tmp_path: Path, forge: Callable[[Any], None]
) -> None:
    """Who can write rows but has no key lets the program sign whatever it is asked to export."""
    office, code = decided
    store = office.engine.store
    assert isinstance(store, MemoryStore)
    forge(store._tables)
    assert outsider_says(office, code, tmp_path).count(FORGERIES[forge]) == 1
