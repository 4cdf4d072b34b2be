"""Papers that come by mail: in parts, without any, from somebody else."""

from crm_workflows.domain.records import Document
from crm_workflows.engine.requests.files import File
from tests.engine.mail_in.intake_world import LICENCE, inbound, office, replied
from tests.engine.toys import SUPPLIER, start
from tests.office import Office

__all__ = ["office"]
PROFILE = File("概况.pdf", "application/pdf", b"%PDF-2")


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
