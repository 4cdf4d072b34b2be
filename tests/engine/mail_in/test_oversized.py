"""Mail too large to be fetched: whoever was asked hears once how to answer instead, and nobody else hears anything."""

import pytest

from crm_workflows.domain.mail.parse import LARGEST
from crm_workflows.domain.records import Decision, InboundMail, Message, Watermark
from crm_workflows.engine.mail_in import intake, oversized
from crm_workflows.engine.mail_in.intake_reading import LARGEST_DECISION
from crm_workflows.engine.record.dossier import dossier
from crm_workflows.testing import MemoryStore
from tests.engine.digests.mornings import morning
from tests.engine.toy_bodies import collected, gated
from tests.engine.toys import ADMIN, HEAD, OWNER, STRANGER, SUPPLIER, office_of, start, toy
from tests.office import Office

REACHED = Watermark("imap:x/INBOX", 7, 1)


@pytest.fixture
def office() -> Office:
    """An office with a gate and a collection."""
    return office_of(MemoryStore(), toy(gated), toy(collected, name="collected", code="TC"))


def head_of(office: Office, answered: Message, change: tuple[str, str] = ("", "")) -> bytes:
    """The headers of an answer."""
    old, new = change
    raw = office.reply_bytes(answered, "同意").replace(old.encode(), new.encode(), 1)
    return raw.partition(b"\n\n")[0] + b"\n\n"


def came(
    office: Office,
    answered: Message,
    change: tuple[str, str] = ("", ""),
    times: int = 1,
    size: int = 40_000_000,
    folder: str = "INBOX",
) -> list[Message]:
    """What is sent when a mail comes of which only the headers were fetched; none of it to an admin."""
    before = {mail.id for mail in office.mails()}
    head = head_of(office, answered, change)
    for _ in range(times):
        reached = Watermark(f"imap:x/{folder}", 7, 1)
        oversized.set_aside(office.engine, f"imap:x/{folder}/7/1", head, size, reached)
    return [mail for mail in office.mails() if mail.id not in before and mail.recipient != ADMIN]


def test_the_person_asked_hears_once_that_it_was_too_large_and_nothing_is_decided(office: Office) -> None:
    code = start(office)
    (told,) = came(office, office.asking(code), times=2)
    assert (told.template, told.recipient) == ("unclear", HEAD)
    assert "over 30 MB" in told.context["reason"]
    assert len(office.mails("mail_unread", to=ADMIN)) == 1
    with office.engine.store.read() as reader:
        assert reader.find(Decision) == []
        (kept,) = reader.find(InboundMail)
    names = [name for name, _ in dossier(office.engine, code, lambda _: "")]
    assert not [name for name in names if name.startswith("received/")], "there are no bytes to take out"
    assert (kept.case, kept.sender, kept.status, kept.size) == (code, HEAD, "unreadable", 40_000_000)


def test_a_supplier_hears_it_with_the_papers_that_are_missing(office: Office) -> None:
    code = start(office, process="collected")
    (told,) = came(office, office.mails("documents_request", to=SUPPLIER)[0])
    assert (told.case, told.template, told.recipient) == (code, "documents_received", SUPPLIER)
    assert "over 30 MB" in told.context["problems"][0]["reason"]
    assert told.context["missing"]


@pytest.mark.parametrize(
    "change",
    [
        (f"From: {HEAD}", "From: li@elsewhere.example"),
        (f"From: {HEAD}", f"From: {STRANGER}"),
        ("From:", "Auto-Submitted: auto-replied\nFrom:"),
        ("approvals+", "approvals+x"),
    ],
    ids=["a stranger", "a colleague", "a machine", "another secret"],
)
def test_nobody_else_is_answered(office: Office, change: tuple[str, str]) -> None:
    answered = office.asking(start(office))
    assert came(office, answered, change) == []


def test_the_answer_to_a_closed_request_is_only_set_aside(office: Office) -> None:
    code = start(office)
    answered = office.asking(code)
    office.answer(code, "approve")
    assert came(office, answered) == []


def test_a_mail_of_over_1_mb_is_not_fetched_where_a_colleague_is_to_decide_and_for_nothing_else(
    office: Office,
) -> None:
    decision, papers = start(office), start(office, process="collected")
    asked = office.asking(decision)

    def largest(answered: Message, *change: str) -> int:
        return oversized.largest_of(office.engine, head_of(office, answered, change or ("", "")))  # type: ignore[arg-type]

    assert largest(asked) == LARGEST_DECISION
    assert largest(asked, "From:", "Auto-Submitted: auto-replied\nFrom:") == LARGEST, "a report may be long"
    assert largest(asked, "approvals+", "approvals+x") == LARGEST, "whoever writes that is unknown"
    assert largest(office.mails("documents_request", to=SUPPLIER, case=papers)[0]) == LARGEST
    assert largest(morning(office)) == LARGEST_DECISION
    office.answer(decision, "approve")
    assert largest(asked) == LARGEST, "who comes too late hears who has decided"
    assert oversized.largest_of(office.engine, b"") == LARGEST


def test_a_decision_of_over_1_mb_is_asked_back_and_no_admin_is_troubled(office: Office) -> None:
    (told,) = came(office, office.asking(start(office)), size=2_000_000)
    assert (told.template, told.recipient) == ("unclear", HEAD)
    assert "over 1 MB" in told.context["reason"]
    assert told.in_reply_to
    assert office.mails("mail_unread", to=ADMIN) == []
    with office.engine.store.read() as reader:
        assert [(mail.status, mail.sha256) for mail in reader.find(InboundMail)] == [("unclear", "")]


@pytest.mark.parametrize(("sender", "heard"), [(HEAD, ["digest_answer"]), (STRANGER, [])])
def test_whoever_answers_their_digest_hears_it_and_nobody_in_their_place(
    office: Office, sender: str, heard: list[str]
) -> None:
    start(office)
    told = came(office, morning(office), (f"From: {HEAD}", f"From: {sender}"), size=40_000_000)
    assert [mail.template for mail in told] == heard
    assert all("over 30 MB" in mail.context["reason"] for mail in told)


@pytest.mark.parametrize("sender", ["zheng@elsewhere.example", STRANGER])
def test_of_a_decision_of_over_1_mb_from_elsewhere_the_person_asked_hears_as_of_a_small_one(
    office: Office, sender: str
) -> None:
    """Nobody else would: no admin is troubled with answers, and the writer may be anybody."""
    change = (f"From: {HEAD}", f"From: {sender}")
    told = came(office, office.asking(start(office)), change, size=2_000_000)
    assert [(mail.template, mail.recipient) for mail in told if mail.recipient != sender] == [("refused", HEAD)]
    told = came(office, morning(office), change, size=2_000_000, folder="Digests")
    (warned,) = [mail for mail in told if mail.recipient != sender]
    assert (warned.template, warned.recipient, warned.context["written_by"]) == ("digest_answer", HEAD, sender)
    with office.engine.store.read() as reader:
        assert [mail.status for mail in reader.find(InboundMail)] == ["refused", "refused"]
        assert reader.find(Decision) == []


@pytest.mark.parametrize("size", [2_000_000, 40_000_000])
def test_the_same_mail_in_several_folders_is_told_of_once(office: Office, size: int) -> None:
    asked = office.asking(start(office))
    told = [mail for folder in ("INBOX", "Junk", "All") for mail in came(office, asked, size=size, folder=folder)]
    assert [mail.recipient for mail in told] == [HEAD]
    assert len(office.mails("mail_unread", to=ADMIN)) == (size > LARGEST)
    with office.engine.store.read() as reader:
        assert [mail.status for mail in reader.find(InboundMail)].count("duplicate") == 2


@pytest.mark.parametrize(("sender", "heard"), [(OWNER, ["refused"]), (STRANGER, []), ("li@elsewhere.example", [])])
def test_a_requester_hears_it_and_nobody_in_their_place(office: Office, sender: str, heard: list[str]) -> None:
    start(office)
    (opened,) = office.mails("case_opened", to=OWNER)
    told = came(office, opened, (f"From: {OWNER}", f"From: {sender}"))
    assert [mail.template for mail in told] == heard
    assert all("over 30 MB" in mail.context["reason"] for mail in told)


def test_whoever_was_asked_hears_that_their_mail_could_not_be_had(office: Office) -> None:
    head = head_of(office, office.asking(start(office)))
    oversized.set_aside(office.engine, "imap:x/INBOX/7/1", head, 500, REACHED, is_refused=True)
    (told,) = office.mails("unclear", to=HEAD)
    assert "could not be had from the mail server" in told.context["reason"]
    assert len(office.mails("mail_unread", to=ADMIN)) == 1


@pytest.mark.parametrize("others", ["li@elsewhere.example", STRANGER, f"{HEAD}, li@elsewhere.example"])
@pytest.mark.parametrize("kind", ["approval_request", "digest"])
def test_of_what_others_decide_the_very_same_is_told_as_of_a_small_mail(office: Office, kind: str, others: str) -> None:
    start(office)
    answered = morning(office) if kind == "digest" else office.mails(kind)[0]
    change, before = (f"From: {answered.recipient}", f"From: {others}"), {mail.id for mail in office.mails()}
    small = office.reply_bytes(answered, "同意", n=2).replace(change[0].encode(), change[1].encode(), 1)
    intake.take_in(office.engine, small, "test")
    expected = [what(mail) for mail in office.mails() if mail.id not in before]
    assert answered.recipient in [recipient for _, recipient, _ in expected]
    told = [what(mail) for mail in came(office, answered, change, size=2_000_000)]
    assert sorted(told) == sorted(expected)


def what(mail: Message) -> tuple[str, str, str]:
    """Which mail to whom, why the answer has no effect, and whose it was."""
    return mail.template, mail.recipient, f"{mail.context['reason']} {mail.context['written_by']}"


def test_a_mail_without_message_id_is_told_of_once_too_in_however_many_folders(office: Office) -> None:
    asked, change = office.asking(start(office)), ("Message-ID:", "X-No-ID:")
    told = [mail for folder in ("INBOX", "Junk") for mail in came(office, asked, change, folder=folder)]
    assert [mail.recipient for mail in told] == [HEAD]


def test_one_to_a_case_whose_code_is_not_here_stops_no_mailbox(office: Office) -> None:
    """Else it would be read for ever, and nothing behind it."""
    mail = office.asking(start(office))
    assert came(office_of(office.engine.store), mail) == []
    with office.engine.store.read() as reader:
        assert len(reader.find(InboundMail)) == 1
