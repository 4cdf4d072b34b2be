"""Who writes to the complaints address: in the name of our staff, who must be sure to be it, or by a machine."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crm_workflows.business.complaint_alarm import BY_DOMAIN, UNSURE
from crm_workflows.business.complaint_doubt import KEPT, MOST_A_DAY, TITLE, TOLD
from crm_workflows.business.complaint_filing import OPENED, TITLES
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import AuditEntry, CustomerContact, InboundMail, Message
from crm_workflows.domain.text import in_language
from crm_workflows.engine.mail_in import intake, quarantine
from crm_workflows.testing import MemoryStore
from flows.complaint_resolution.subject import Complaint
from tests.engine.mail_in.test_senders import FORGED, GENUINE, known_as
from tests.flows.complaints import HANDLER, LEAD
from tests.flows.customers import enter
from tests.flows.test_complaint_mail import GU, PNG, complaints, letter, letters, papers, post
from tests.office import COMPLAINTS, Office

WORDS = "客户已电话同意结案。"
NOTE = in_language(UNSURE, "zh")


@pytest.fixture
def office() -> Office:
    opened = Office(MemoryStore())
    enter(opened, "C-MA-0009", mail_domain="chenglan.example")
    post(opened, letter())
    return opened


def facts_told(office: Office, code: str) -> list[str]:
    return [fact["value"] for mail in office.mails("announcement", case=code) for fact in mail.context["facts"]]


@pytest.mark.parametrize("to", ["complaints@yongchang.example", "approvals@yongchang.example"])
def test_who_names_staff_as_sender_reaches_nothing_of_a_complaint_by_its_code(office: Office, to: str) -> None:
    (first,) = complaints(office)
    known_as(office, FORGED)
    row = post(office, letter(WORDS, f"[{first.code}] 结案", From=f"Tang Li <{LEAD}>", Message_ID="<2@x>", To=to))
    assert WORDS not in facts_told(office, first.code)
    opened = complaints(office)[1:]
    if to.startswith("approvals"):
        assert (row.status, opened) == ("refused", [])
        return
    (other,) = opened
    assert row.case == other.code
    assert other.subject["what"].startswith(f"（{NOTE}")
    assert other.subject["contact"]["email"] == LEAD
    assert row.authentication == FORGED.to_json()
    assert [mail.recipient for mail in office.mails("letter", case=other.code)] == [LEAD], "the colleague hears of it"


def test_staff_who_are_sure_to_be_ours_add_to_a_complaint(office: Office) -> None:
    (first,) = complaints(office)
    known_as(office, GENUINE)
    row = post(office, letter(WORDS, f"[{first.code}] 电话", From=f"Tang Li <{LEAD}>", Message_ID="<2@x>"))
    assert (row.case, len(complaints(office))) == (first.code, 1)
    assert WORDS in facts_told(office, first.code)
    assert NOTE not in facts_told(office, first.code)


def test_whoever_is_in_charge_reads_that_a_colleague_may_not_have_written_what_is_joined(office: Office) -> None:
    """A colleague has taken a complaint in by mail; another mail in their name joins it."""
    post(office, letter("泵裂了。", "泵裂了", From=f"Bai Xue <{HANDLER}>", Message_ID="<2@x>"))
    own = complaints(office)[-1]
    known_as(office, FORGED)
    post(office, letter(WORDS, f"[{own.code}] 结案", From=f"Bai Xue <{HANDLER}>", Message_ID="<3@x>"))
    assert len(complaints(office)) == 2
    assert {WORDS, NOTE} <= set(facts_told(office, own.code))


def test_strangers_are_not_looked_at_as_anybody_could_keep_us_busy(office: Office) -> None:
    asked = known_as(office, FORGED)
    post(office, letter(Message_ID="<2@chenglan.example>"))
    assert (asked, len(letters(office, GU))) == ([], 2)


def test_a_stranger_at_the_mail_provider_of_a_customer_reaches_nothing_of_that_customer(office: Office) -> None:
    """Entered as an import of the register does, which once kept such a domain."""
    enter(office, "C-MA-0010", credit_code="c10", name="云帆泵业", mail_domain="yeah.net")
    mail = {"subject": "漏水", "From": "Zhong Yi <zhong@yeah.net>", "Message_ID": "<1@yeah.net>"}
    first = post(office, letter("我要求赔偿。", **mail))
    mail |= {"From": "Stranger <stranger@yeah.net>", "Message_ID": "<2@yeah.net>"}
    other = post(office, letter("撤回投诉。", **mail))
    assert first.case != other.case
    assert {case.subject["customer"] for case in complaints(office)[1:]} == {""}


def test_whoever_is_in_charge_reads_that_not_the_complainant_but_somebody_at_that_domain_has_written(
    office: Office,
) -> None:
    (case,) = complaints(office)
    mails = {"Wang <wang@chenglan.example>": True, f"Gu <{GU}>": False, "Contact <contact@chenglan.example>": False}
    with office.engine.store.write() as tx:
        tx.insert(CustomerContact("C-MA-0009", 9, "Contact", "contact@chenglan.example", "", "zh", ""))
    for n, sender in enumerate(mails):
        post(office, letter(WORDS, subject="Re: 密封件漏水", From=sender, Message_ID=f"<again-{n}@chenglan.example>"))
    told = {
        next(fact["value"] for fact in mail.context["facts"]).split(" · ")[-1]: mail
        for mail in office.mails("announcement", case=case.code)
    }
    by_domain = in_language(BY_DOMAIN, "zh")
    for sender, is_other in mails.items():
        mail = told[sender.partition("<")[2].rstrip(">")]
        assert mail.context["title"] == TITLES[is_other, False]
        assert (by_domain in [fact["value"] for fact in mail.context["facts"]]) == is_other
    wang = {"subject": "另一件事", "From": "Wang <wang@chenglan.example>"}
    own = post(office, letter("数量不对。", **wang, Message_ID="<w1@chenglan.example>")).case
    post(office, letter("还是不对。", **wang, Message_ID="<w2@chenglan.example>"))
    assert [mail.context["title"] for mail in office.mails("announcement", case=own)] == [TITLES[False, False]]
    post(office, letter("水泵漏电。", "Re: 密封件漏水", From=wang["From"], Message_ID="<w3@chenglan.example>"))
    alarm = next(mail for mail in office.mails("announcement", to=LEAD) if "安全" in mail.context["title"])
    assert by_domain in [fact["value"] for fact in alarm.context["facts"]]


FORM = {"From": "Shop <noreply@shop.example>", "Message_ID": "<form-1@shop.example>"}


BY = "cli:admin"


def released(office: Office, row: InboundMail) -> InboundMail:
    """What becomes of a mail that an admin has released."""
    with office.engine.store.write() as tx:
        quarantine.release(tx, row.id, BY)
    intake.process_new(office.engine)
    office.work()
    with office.engine.store.read() as reader:
        found = reader.get(InboundMail, row.id)
    assert found is not None
    return found


def doubts(office: Office) -> list[Message]:
    return [mail for mail in office.mails("announcement") if mail.context["title"] == TITLE]


@pytest.mark.parametrize(
    "headers",
    [
        FORM,
        FORM | {"From": "do-not-reply@shop.example", "Auto_Submitted": "auto-generated"},
        FORM | {"From": "Zhang <zhang@list.example>", "Precedence": "list"},
        FORM | {"Precedence": "bulk", "Subject": "自动回复器坏了"},
    ],
)
def test_what_a_machine_sends_on_is_read_by_a_person_and_answered_by_nobody(
    office: Office, headers: dict[str, str]
) -> None:
    before = len(office.mails())
    row = post(office, letter(WORDS, **{"subject": "网站留言", **headers}))
    assert (row.status, row.why, row.case) == ("automatic", TOLD, None)
    assert len(complaints(office)) == 1, "none but the one that was there"
    (told,) = doubts(office)
    assert (told.recipient, len(office.mails())) == (LEAD, before + 1)
    facts = [fact["value"] for fact in told.context["facts"]]
    assert WORDS in facts
    assert any(str(row.sender) in fact for fact in facts)
    assert row.id in told.context["text"]


@pytest.mark.parametrize(
    "headers",
    [
        FORM | {"Auto_Submitted": "auto-replied"},
        FORM | {"From": "MAILER-DAEMON@shop.example"},
        FORM | {"Precedence": "junk"},
        FORM | {"X_Autoreply": "yes"},
        FORM | {"To": "approvals@yongchang.example"},
        FORM | {"To": "approvals+abcdefgh12345678@yongchang.example", "Cc": COMPLAINTS},
    ],
)
def test_answers_of_machines_and_mail_to_others_is_told_to_nobody(office: Office, headers: dict[str, str]) -> None:
    assert post(office, letter(**headers)).status == "automatic"
    assert doubts(office) == []


def test_a_machine_that_sends_without_end_is_told_of_five_times_a_day_and_no_mail_is_lost(office: Office) -> None:
    rows = [post(office, letter(**FORM | {"Message_ID": f"<form-{n}@shop.example>"})) for n in range(8)]
    assert [row.why for row in rows] == [TOLD] * MOST_A_DAY + [KEPT] * 3
    (last,) = (mail for mail in doubts(office) if "--status automatic" in mail.context["text"])
    assert rows[MOST_A_DAY - 1].id in last.context["text"]
    other = post(office, letter(**FORM | {"From": "noreply@other.example", "Message_ID": "<o@other.example>"}))
    office.clock.move_to(office.clock.now() + timedelta(days=1))
    later = post(office, letter(**FORM | {"Message_ID": "<form-99@shop.example>"}))
    assert (other.why, later.why, len(doubts(office))) == (TOLD, TOLD, MOST_A_DAY + 2)


def test_what_a_machine_sent_on_is_opened_by_an_administrator_and_still_answered_to_nobody(office: Office) -> None:
    mail = letter(WORDS, subject="网站留言", **FORM)
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="漏水.png")
    row = released(office, post(office, mail))
    case = complaints(office)[-1]
    assert len(complaints(office)) == 2
    assert (case.subject["contact"]["name"], case.subject["contact"]["email"]) == ("Shop", None)
    assert WORDS in case.subject["what"]
    assert [paper.filename for paper in papers(office, case.code)] == ["漏水.png"]
    assert [mail for mail in office.mails() if mail.recipient == "noreply@shop.example"] == []
    with office.engine.store.write() as tx, pytest.raises(InvalidInput):
        quarantine.release(tx, row.id, BY)


@pytest.mark.parametrize("sender", ["Shop <noreply@{}>", "noreply@{}"])
@pytest.mark.parametrize("domains", [["shop.example"], ["shop.example", "other.example"]])
def test_each_mail_of_a_form_that_is_released_is_a_complaint_of_its_own_and_counts_for_nobody(
    office: Office, sender: str, domains: list[str]
) -> None:
    """Different people use one form, under one subject; more in a day than one sender may open."""
    for n in range(7):
        headers = {"From": sender.format(domains[n % len(domains)]), "Message_ID": f"<form-{n}@shop.example>"}
        row = released(office, post(office, letter(f"第 {n} 位客户：泵漏水。", "网站留言", **headers)))
        assert (row.status, row.why) == ("applied", OPENED)
    opened = complaints(office)[1:]
    assert len(opened) == 7
    assert {office.view(case.code)["rows"]["severity"] for case in opened} == {"general"}
    assert {Complaint.model_validate(case.subject).about.sender for case in opened} == {""}, "a name is nobody"


def test_who_released_a_mail_stands_with_the_mail_and_in_the_case(office: Office) -> None:
    row = released(office, post(office, letter(**FORM)))
    with office.engine.store.read() as reader:
        entries = reader.find(AuditEntry, case=row.case, event="let_in")
    assert [(one.actor, one.data["evidence"]) for one in entries] == [(BY, row.id)]
    assert quarantine.released_by(row) == BY
    assert quarantine.released_by(post(office, letter(Message_ID="<9@chenglan.example>"))) == ""


def test_without_a_service_lead_the_admins_read_it(office: Office) -> None:
    held = office.staff.people
    people = [replace(p, active="service_lead" not in p.roles) for p in held]
    office.staff.people = Directory(people, held.roles, held.departments, held.company)
    post(office, letter(**FORM))
    admins = {person.email for person in held if "admin" in person.roles}
    assert {mail.recipient for mail in doubts(office)} == admins != set()
