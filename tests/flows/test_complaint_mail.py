"""Complaints by mail (CP-1): opened once, joined where they belong, acknowledged once, files kept, nobody lost."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from crm_workflows.business import complaint_filing
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.visible_text import visible_text
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, CustomerOrder, Document, InboundMail, Message
from crm_workflows.engine.mail_in import intake
from tests.engine.breaking import killed_at
from tests.flows.complaints import finish
from tests.flows.customers import IN_MEMORY, enter
from tests.office import COMPLAINTS, Office

GU = "gu@chenglan.example"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def letter(text: str = "泵的密封件漏水，请处理。", subject: str = "密封件漏水", **headers: str) -> EmailMessage:
    """A mail to the complaint address."""
    mail = EmailMessage()
    given = {"From": f"顾晚晴 <{GU}>", "To": COMPLAINTS, "Subject": subject, "Message-ID": "<1@chenglan.example>"}
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        mail[name] = value
    mail.set_content(text)
    return mail


def post(office: Office, mail: EmailMessage | bytes, envelope: str | None = None) -> InboundMail:
    """Take it in, let everything follow, and give what became of it."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    identity = intake.take_in(office.engine, raw, "test", envelope)
    office.work()
    with office.engine.store.read() as reader:
        row = reader.get(InboundMail, identity)
    assert row is not None
    return row


def complaints(office: Office) -> list[CaseRow]:
    with office.engine.store.read() as reader:
        return reader.find(CaseRow, process="complaint-resolution", order="code")


def letters(office: Office, to: str = GU) -> list[Message]:
    return [mail for mail in office.mails(to=to) if mail.template == "letter"]


def papers(office: Office, code: str) -> list[Document]:
    with office.engine.store.read() as reader:
        return reader.find(Document, case=code, order="n")


def english(mail: Message) -> str:
    return str(mail.context["title"]).split(" / ")[-1]


def test_a_customers_mail_becomes_a_complaint_and_is_acknowledged_in_its_conversation(office: Office) -> None:
    enter(office, "C-MA-0009", mail_domain="chenglan.example")
    row = post(office, letter())
    (case,) = complaints(office)
    assert (row.status, row.case) == ("applied", case.code)
    subject: Any = case.subject
    assert (subject["customer"], subject["channel"]) == ("C-MA-0009", "mail")
    assert subject["what"] == "密封件漏水\n\n泵的密封件漏水，请处理。"
    assert [english(mail) for mail in letters(office)] == ["We have received your complaint"]
    assert letters(office)[0].in_reply_to == "<1@chenglan.example>", "in the conversation that the customer began"
    post(office, letter())
    assert len(complaints(office)) == len(letters(office)) == 1, "the same mail again"


def test_a_stranger_is_taken_in_and_a_colleague_at_a_customer_is_known_by_the_domain(office: Office) -> None:
    enter(office, "C-MA-0009", mail_domain="chenglan.example")
    post(office, letter(From="Lee <lee@unknown.example>", subject="Leak", text="The seal is leaking."))
    post(office, letter(From="小王 <wang@chenglan.example>", Message_ID="<2@chenglan.example>"))
    stranger, colleague = complaints(office)
    assert (stranger.subject["customer"], stranger.language) == ("", "en")
    assert letters(office, "lee@unknown.example")
    assert colleague.subject["customer"] == "C-MA-0009"


@IN_MEMORY
def test_a_mail_domain_of_two_customers_says_nothing(office: Office) -> None:
    for n in (1, 2):
        enter(office, f"C-MA-000{n}", credit_code=f"c{n}", mail_domain="group.example")
    post(office, letter(From="a@group.example"))
    assert complaints(office)[0].subject["customer"] == ""


def test_an_answer_to_the_acknowledgement_joins_the_case_with_its_files_and_is_not_acknowledged(office: Office) -> None:
    post(office, letter())
    (case,) = complaints(office)
    reply = letter("附上照片。", "Re: x", Message_ID="<2@chenglan.example>", In_Reply_To="<1@chenglan.example>",
                   References=f"<{case.code}@yongchang.example>", To="approvals@yongchang.example")  # fmt: skip
    reply.add_attachment(PNG, maintype="image", subtype="png", filename="照片.png")
    reply.add_attachment(b"MZ", maintype="application", subtype="x-dosexec", filename="setup.exe")
    row = post(office, reply)
    assert (row.status, row.case) == ("applied", case.code)
    assert [(one.filename, one.problem is None) for one in papers(office, case.code)] == [
        ("照片.png", True), ("setup.exe", False),
    ]  # fmt: skip
    assert len(letters(office)) == 1
    (told,) = office.mails("announcement", to=case.owner)
    facts = {fact["label"].split(" / ")[-1]: fact["value"] for fact in told.context["facts"]}
    assert (facts["Words"], facts["Files"]) == ("附上照片。", "照片.png、setup.exe")


def test_a_second_complaint_about_the_same_order_joins_and_hears_so_once(office: Office) -> None:
    enter(office, "C-MA-0009")
    with office.engine.store.write() as tx:
        tx.insert(
            *(CustomerOrder("C-MA-0009", n, office.clock.now(), "1.00 CNY", goods="叶轮") for n in ("PO-7", "PO-77"))
        )
    post(office, letter("订单 po-77 的叶轮有裂纹"))
    (case,) = complaints(office)
    assert (case.subject["order"], case.subject["product"]) == ("PO-77", "叶轮")
    post(office, letter("PO-77 还没有人联系我", "催办", Message_ID="<2@chenglan.example>"))
    assert len(complaints(office)) == 1
    assert [english(mail) for mail in letters(office)] == [
        "We have received your complaint", "Your mail was joined to a complaint under way",
    ]  # fmt: skip
    post(office, letter("PO-7 少发了", "另一件事", Message_ID="<3@chenglan.example>"))
    assert len(complaints(office)) == 2, "another order is another thing"


@IN_MEMORY
def test_the_same_subject_joins_for_the_days_of_the_policy_and_while_the_case_is_open(office: Office) -> None:
    office.staff.rules = Policy({**office.staff.rules, "complaint_join_days": 5})
    for n, days in ((1, 0), (2, 4), (3, 2)):
        office.clock.move_to(office.clock.now() + timedelta(days=days))
        post(
            office, letter(subject="Re: 密封件  漏水" if n > 1 else "密封件 漏水", Message_ID=f"<{n}@chenglan.example>")
        )
    assert len(complaints(office)) == 2, "the third came six days after the first"


@IN_MEMORY
def test_automatic_mail_opens_nothing_and_is_not_answered(office: Office) -> None:
    row = post(office, letter(Auto_Submitted="auto-replied"))
    bounce = post(office, letter(Message_ID="<2@x.example>"), envelope="")
    assert (row.status, bounce.status, complaints(office), letters(office)) == ("automatic", "automatic", [], [])


@IN_MEMORY
@pytest.mark.parametrize(
    "subject", ["Automated response valve leaks", "自动应答器故障投诉", "Re: Out of office chairs you sold us, 3 broke"]
)
def test_a_subject_alone_makes_no_complaint_automatic(office: Office, subject: str) -> None:
    assert post(office, letter(subject=subject)).status == "applied"
    assert len(complaints(office)) == 1
    elsewhere = letter(subject=subject, To="approvals@yongchang.example", Message_ID="<2@x.example>")
    assert post(office, elsewhere).status == "automatic"
    machine = letter(subject=subject, Precedence="bulk", Message_ID="<3@x.example>")
    assert post(office, machine).status == "automatic"


@IN_MEMORY
def test_who_writes_too_often_is_joined_and_no_longer_answered(office: Office) -> None:
    for n in range(40):
        post(office, letter(subject=f"第 {n} 件事", Message_ID=f"<{n}@chenglan.example>"))
    assert len(complaints(office)) == 5
    with office.engine.store.read() as reader:
        assert {row.status for row in reader.find(InboundMail)} == {"applied"}, "none is lost"
    assert len(letters(office)) <= 5 + complaint_filing.MOST_LETTERS
    assert len(office.mails("announcement")) <= complaint_filing.MOST_TOLD
    office.clock.move_to(office.clock.now() + timedelta(days=1, minutes=1))
    post(office, letter(subject="次日", Message_ID="<next@chenglan.example>"))
    assert len(complaints(office)) == 6


@IN_MEMORY
def test_a_sender_that_cannot_be_read_is_taken_in_and_not_answered(office: Office) -> None:
    row = post(office, letter(From="a@x.example, b@x.example"))
    (case,) = complaints(office)
    assert (row.status, case.subject["contact"]["email"]) == ("applied", None)
    assert office.mails("letter") == []


@IN_MEMORY
def test_somebody_else_who_names_the_case_reaches_nothing_of_it(office: Office) -> None:
    post(office, letter())
    (case,) = complaints(office)
    other = letter(subject=f"Re: [{case.code}]", From="evil@else.example", To="approvals@yongchang.example",
                   Message_ID="<9@else.example>", References=f"<{case.code}@yongchang.example>")  # fmt: skip
    assert (post(office, other).status, len(complaints(office))) == ("refused", 1)


@IN_MEMORY
def test_words_about_safety_are_urgent_before_anybody_has_read_them(office: Office) -> None:
    post(office, letter("水泵漏电，一名工人受伤。"))
    (case,) = complaints(office)
    assert case.subject["safety"] is True
    assert office.view(case.code)["rows"]["severity"] == "urgent"


@IN_MEMORY
def test_a_process_that_dies_between_opening_and_filing_opens_no_second_case(office: Office) -> None:
    with killed_at(complaint_filing, "file"):
        post(office, letter())
    assert len(complaints(office)) == 1
    assert intake.process_new(office.engine) == 1
    office.work()
    (case,) = complaints(office)
    with office.engine.store.read() as reader:
        assert [row.case for row in reader.find(InboundMail)] == [case.code]
    assert len(letters(office)) == 1


@IN_MEMORY
def test_a_mail_after_the_close_is_kept_and_the_service_lead_hears(office: Office) -> None:
    post(office, letter())
    (case,) = complaints(office)
    assert finish(office, case.code)["status"] == "closed"
    before = len(letters(office))
    row = post(office, letter("还是漏", "Re: 密封件漏水", Message_ID="<2@x>", In_Reply_To="<1@chenglan.example>"))
    assert row.case == case.code
    told = {mail.recipient for mail in office.mails("announcement") if "来信" in str(mail.context["title"])}
    assert told == {case.owner, "tang.li@yongchang.example"}
    assert len(letters(office)) == before


@IN_MEMORY
def test_without_the_address_nothing_is_taken_in(office: Office) -> None:
    office.engine = replace(office.engine, mail_desks=())
    assert (post(office, letter()).status, complaints(office)) == ("refused", [])


def test_a_complaint_that_cannot_be_read_is_held_for_an_admin(office: Office) -> None:
    def gives_up(work: Any, *args: Any) -> Any:
        if work is visible_text:
            raise UnreadableMail("zu schwer / too heavy")
        return work(*args)

    office.engine = replace(office.engine, apart=gives_up)
    assert post(office, letter()).status == "unreadable"
    assert complaints(office) == []
    assert office.mails("mail_unread")
