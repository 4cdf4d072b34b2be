"""What somebody handed in leaves the mails that passed it on to colleagues, too, when they are erased (G-7)."""

from pathlib import Path

import pytest

from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.records import Blob, Document, JournalEntry, MailboxMail, Message
from crm_workflows.engine.erasing import erasure
from crm_workflows.engine.erasing.files import content_of, of_others
from crm_workflows.engine.erasing.finding import find
from crm_workflows.engine.record import auditing, sealing
from crm_workflows.engine.requests.files import File
from crm_workflows.testing import MemoryStore
from tests.engine.erasing.test_erasing import order, rejected, sent
from tests.engine.record.test_dossier import outsider_says, taken_out
from tests.engine.toy_bodies import collected
from tests.engine.toys import OWNER, SUPPLIER, office_of, start, toy
from tests.office import Office

CODE, COPY = "SV-2026-00001", "c" * 64
pytestmark = pytest.mark.breaks_invariants("one mail alone is in a mailbox", "every mail arrives or somebody hears")


@pytest.fixture
def office() -> Office:
    """A supplier was rejected by who had been sent the papers: our copy of that mail, and the one in the mailbox."""
    office = Office(MemoryStore())
    code = rejected(office)
    assert code == CODE
    with office.engine.store.write() as tx:
        passed_on = [one for one in tx.find(Message, case=code) if one.attachments and one.template == "task_request"]
        first, secret_id = passed_on[0], passed_on[0].message_id.replace("*", "secret")
        tx.insert(Blob(COPY, b"the bytes as they went"))
        tx.insert(MailboxMail("1", office.clock.now(), "x@y.example", [first.recipient], "x", secret_id, 22, COPY))
    return office


def test_no_copy_of_a_mail_has_their_files_any_more(office: Office) -> None:
    assert kept(office)
    erasure.erase(office.engine, order())
    assert kept(office) == []
    with office.engine.store.read() as reader:
        assert reader.get(Blob, COPY) == Blob(COPY, b"")
    assert auditing.verify(office.engine) == []


def test_the_copies_stay_where_a_law_says_that_the_files_do(office: Office) -> None:
    before = kept(office)
    erasure.erase(office.engine, order(keeps_files=True))
    assert set(kept(office)) <= set(before)
    with office.engine.store.read() as reader:
        assert reader.get(Blob, COPY) == Blob(COPY, b"the bytes as they went")


def test_a_report_that_names_them_goes_with_the_mail_that_brought_it(office: Office, tmp_path: Path) -> None:
    report = reported(office)
    assert "陈洁丽" in content(office, report)
    erasure.erase(office.engine, order())
    assert content(office, report) == ""
    files = taken_out(office, CODE)
    assert f"erased/{report[:16]}.txt" in files
    assert [name for name in files if name.startswith(("attachments/", "documents/"))] == []
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, CODE, tmp_path)
    with office.engine.store.read() as reader, pytest.raises(NotFound, match="erased by law"):
        content_of(reader, CODE, report)


def test_a_report_that_names_nobody_stays(office: Office) -> None:
    report = reported(office)
    with office.engine.store.write() as tx:
        steps = [one for one in tx.find(JournalEntry, case=CODE) if report in str(one.value)]
        tx.update(JournalEntry, (CODE, steps[0].n), value={"result": {"sha256": report}})
    erasure.erase(office.engine, order())
    assert content(office, report)


def reported(office: Office) -> str:
    """The report that went to the gate, by hash."""
    with office.engine.store.read() as reader:
        (asked,) = reader.find(Message, case=CODE, template="approval_request")
    (file,) = asked.attachments
    return str(file["sha256"])


def content(office: Office, sha256: str) -> str:
    with office.engine.store.read() as reader:
        blob = reader.get(Blob, sha256)
    assert blob
    return blob.content.decode()


def kept(office: Office) -> list[str]:
    """The mails with files of which we still have the bytes."""
    with office.engine.store.read() as reader:
        sent = reader.find(Message, template="task_request")
        return [one.id for one in sent if one.attachments and one.content is not None]


def test_files_of_others_that_name_them_are_told_and_go_only_where_that_is_wanted() -> None:
    office = office_of(MemoryStore(), toy(collected, name="collected", code="TC"))
    code = start(office, process="collected")
    notes, scan = "与陈先生谈过".encode(), b"%PDF-1.7"
    mine = [File("licence.txt", "text/plain", notes), File("scan.pdf", "application/pdf", scan)]
    office.hand_in(code, mine, by=OWNER, channel="page")
    office.hand_in(code, [File("profile.txt", "text/plain", "陈先生".encode())])
    office.submit(code, text="好")
    office.work()
    sent(office)
    found = find(office.engine, SUPPLIER)
    named, closed = of_others(office.engine, found)
    assert ([one.filename for one in named], [one.filename for one in closed]) == (["licence.txt"], ["scan.pdf"])
    erasure.erase(office.engine, order(SUPPLIER, files=tuple(one.sha256 for one in named)))
    with office.engine.store.read() as reader:
        left = {blob.content for one in reader.find(Document) if (blob := reader.get(Blob, one.sha256))}
    assert left == {b"", scan}
    assert auditing.verify(office.engine) == []
