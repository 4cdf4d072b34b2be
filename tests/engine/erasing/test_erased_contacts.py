"""A customer's contact leaves the digests, their answers, surveys and imported contacts that name them (G-7)."""

from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from crm_workflows.domain.erasing import traces
from crm_workflows.domain.records import Blob, ContactMade, InboundMail
from crm_workflows.engine.erasing import erasure, noting
from crm_workflows.engine.erasing.naming import named_in
from crm_workflows.engine.record import auditing, sealing
from crm_workflows.testing import MemoryStore
from tests.engine.digests.mornings import morning
from tests.engine.erasing.test_erasing import named, order, sent
from tests.engine.filled import with_workbooks
from tests.engine.record.test_dossier import outsider_says
from tests.flows import customers, test_callbacks_of_a_morning, test_survey_of_customers
from tests.flows.customers import OWNER
from tests.office import Office

GU = "gu@chenglan.example"
TRACES = ("顾晚晴", GU, "51255500188")
ANSWERS = "1 已联系上 5 运行平稳\n2 已联系上 5 运行平稳"


@customers.IN_MEMORY
def test_a_digest_that_said_whom_to_call_and_the_answer_that_quotes_it_name_nobody(
    office: Office, tmp_path: Path
) -> None:
    with_workbooks(office)
    test_callbacks_of_a_morning.handed_out(office, 2)
    mail = morning(office, to=OWNER)
    assert [file["filename"] for file in mail.attachments], "its workbook says whom to call, too"
    office.reply(mail, f"{ANSWERS}\n\n> 致电：顾晚晴 · +8651255500188 · {GU}", sender=OWNER)
    office.work()
    sent(office)
    found = erasure.erase(office.engine, order(GU))
    assert (len(found.cases), found.held) == (2, ())
    assert list(named(office, TRACES)) == []
    assert auditing.verify(office.engine) == []
    assert noting.noted(office.engine)[0]["done_at"] is not None
    sealing.seal(office.engine)
    assert "every file and the record hold" in outsider_says(office, found.cases[0], tmp_path)


@customers.IN_MEMORY
def test_a_digest_waits_as_long_as_one_of_its_cases_is_open(office: Office) -> None:
    test_callbacks_of_a_morning.handed_out(office, 2)
    mail = morning(office, to=OWNER)
    office.reply(mail, f"1 已联系上 5 运行平稳\n\n> 致电：顾晚晴 · +8651255500188 · {GU}", sender=OWNER)
    office.work()
    sent(office)
    found = erasure.erase(office.engine, order(GU))
    assert (len(found.cases), len(found.held)) == (1, 1)
    assert {"Message", "Blob"} <= set(named(office, TRACES))
    office.submit(found.held[0])
    sent(office)
    assert erasure.finish(office.engine) == 1
    assert list(named(office, TRACES)) == []
    assert auditing.verify(office.engine) == []


@customers.IN_MEMORY
def test_whoever_answered_a_survey_or_was_spoken_to_before_the_register_is_named_by_no_contact(office: Office) -> None:
    code = test_survey_of_customers.survey(office)
    rows = test_survey_of_customers.asked(office, code)
    test_survey_of_customers.says(office, rows["C-MA-0001"], "5", "交货很准时 顾晚晴")
    at = office.clock.now() - timedelta(days=9)
    with office.engine.store.write() as tx:
        tx.insert(ContactMade("C-MA-0002", 90, at, "visit", OWNER, True, None, {"summary": "顾晚晴在场"}))
    test_survey_of_customers.closed(office, code)
    office.submit(code, first=test_survey_of_customers.NOTHING)
    office.work()
    sent(office)
    erasure.erase(office.engine, order(GU))
    assert list(named(office, TRACES)) == []


def test_the_files_of_a_mail_are_looked_into_as_its_words_are() -> None:
    """Whoever fills the workbook of a digest in and sends it back need not quote the digest."""
    office, mail = Office(MemoryStore()), EmailMessage()
    mail["From"], mail["Subject"] = OWNER, "Re: 待办"
    mail.set_content("见附件")
    mail.add_attachment("致电：顾晚晴".encode(), maintype="text", subtype="csv", filename="back.csv")
    with office.engine.store.write() as tx:
        tx.insert(Blob("b", mail.as_bytes()))
        row = InboundMail("m", "test", "", OWNER, "", office.clock.now(), 9, "b", "applied")
        gu, li = (traces([GU], [("name", name)], []) for name in ("顾晚晴", "李雷"))
        assert (named_in(office.engine, tx, row, gu), named_in(office.engine, tx, row, li)) == (True, False)
