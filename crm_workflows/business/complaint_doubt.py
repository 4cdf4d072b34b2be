"""Mail to the complaints address that a machine has sent on, of a form, a list or a no-reply sender: a person reads it.

It must not open a complaint or answer anything: a machine may send without end, and reads no answers.
"""

from typing import Final

from crm_workflows.business.complaint_alarm import ALERTED, facts_of
from crm_workflows.business.complaint_register import PROCESS
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.messages import Announcement, CasePart
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import InboundMail
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in.mail_watch import NO_CASE, admins
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction

MOST_A_DAY: Final = 5
"""Notices of one sender in a day; the last says that there may be more, and how to see them."""
TITLE: Final = bilingual("可能是投诉的来信", "Mail that may be a complaint")
SUBJECT: Final = bilingual("收到的邮件", "Mail received")
TOLD: Final = bilingual(
    "自动发出的邮件，可能是投诉：已通知客服主管", "sent by a machine, perhaps a complaint: the service lead was told"
)
KEPT: Final = bilingual(
    "自动发出的邮件，可能是投诉；当日该发件人的来信已多次通知，不再逐封通知",
    "sent by a machine, perhaps a complaint; the service lead has been told of this sender often enough for a day",
)
DO: Final = bilingual(
    "这封邮件寄到了投诉邮箱，由网页表单、邮件列表或不收回复的地址发出，系统没有立案，也没有回复。如果是投诉，请由管理员"
    "执行 crmw mail release {mail} 立案（附原件），或打开页面受理，并用其他方式联系投诉人",
    "this came to the complaints address from a form, a list or an address that takes no answers; no complaint was "
    "opened and nothing was answered. Where it is one, an administrator opens it with crmw mail release {mail}, "
    "files and all, or you take it in on the page; reach the complainant some other way",
)
MORE: Final = bilingual(
    "。今天不再逐封通知该发件人的来信：crmw mail list --received --status automatic 列出全部",
    ". You are told of no more mails of this sender today: crmw mail list --received --status automatic lists all",
)


def tell(engine: Engine, tx: Transaction, inbound: InboundMail, mail: IncomingMail) -> str:
    """A notice with the words to the service lead, else to the admins; returns how the mail was kept."""
    directory = engine.staff.directory()
    leads = [person for role in ALERTED for person in directory.with_role(role) if person.active]
    told = [_notice(engine, tx, person, inbound, mail) for person in leads or admins(engine)]
    return TOLD if any(told) else KEPT


def _notice(engine: Engine, tx: Transaction, person: Person, inbound: InboundMail, mail: IncomingMail) -> bool:
    """Whether one was queued: the first of the day that is not taken yet."""
    now, language = engine.clock.now(), person.language
    who, day = mail.sender or "", engine.today(now).isoformat()
    for n in range(MOST_A_DAY):
        zh, en = (
            (in_language(DO, one) + (in_language(MORE, one) if n == MOST_A_DAY - 1 else "")).replace(
                "{mail}", inbound.id
            )
            for one in ("zh", "en")
        )
        context = Announcement(
            case=CasePart(case="", title=in_language(TITLE, language), process=SUBJECT, url_path=f"/start/{PROCESS}"),
            to_name=person.shown_name(language), title=TITLE, text=bilingual(zh, en),
            facts=facts_of(mail, inbound, mail.sender_name),
        )  # fmt: skip
        made = mails.mail_of(
            NO_CASE, person.email, language, context, now, mail_domain=engine.mail_domain,
            key=f"doubt/{who}/{day}/{n}",
        )  # fmt: skip
        if tx.insert_new(made):
            return True
    return False
