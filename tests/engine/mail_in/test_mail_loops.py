"""Machines that answer our mails without saying that they are machines: the exchange must come to an end."""

from crm_workflows.domain.records import Document
from crm_workflows.engine.case import Case
from crm_workflows.engine.mail_in import intake_refusals
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.toys import PAPERS, SUPPLIER, Matter, start, step, toy

LOGO = File("logo.png", "image/png", b"\x89PNG\r\n\x1a\n picture")
LICENCE = File("执照.pdf", "application/pdf", b"%PDF-1")


@step("T-1")
def before() -> int:
    return 1


def collected(case: Case[Matter]) -> Outcome:
    """Papers."""
    before()
    case.collect(PAPERS, from_=Contact("陈先生", SUPPLIER))
    return case.approve()


def test_a_responder_that_attaches_its_logo_is_not_answered_for_ever(install_in_memory: Install) -> None:
    office = install_in_memory(toy(collected))
    mail = office.asking(start(office))
    for n in range(15):
        office.reply(mail, f"您的来信已登记，编号 {n}", files=[LOGO])
    assert len(office.mails("documents_received", to=SUPPLIER)) == intake_refusals.MOST_REFUSALS
    with office.engine.store.read() as reader:
        assert reader.count(Document) == 15
    office.reply(mail, "执照在附件中", files=[LICENCE])
    assert len(office.mails("documents_received", to=SUPPLIER)) == intake_refusals.MOST_REFUSALS + 1
