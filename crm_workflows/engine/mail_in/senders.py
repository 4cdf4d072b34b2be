"""What is known of the sender of a mail, kept beside it, and why it may not be enough for a decision (mail.md, Who).

Papers are taken from whoever was asked, with what is known beside them: they decide nothing. It must not check itself.
"""

from dataclasses import replace

from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.records import InboundMail
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine


def looked_at(engine: Engine, row: InboundMail, mail: IncomingMail, raw: bytes) -> InboundMail:
    """The row with what is known of the sender; as it was where the mail names none. UnreadableMail."""
    if mail.sender is None:
        return row
    return replace(row, authentication=engine.authenticate(raw, mail, row.mailbox).to_json())


def claims_to_be_staff(engine: Engine, mail: IncomingMail) -> bool:
    """Whether a mail names one of the staff as its sender, whoever has written it."""
    return engine.staff.directory().person(mail.sender) is not None


def doubt(row: InboundMail) -> str:
    """Why the sender may be somebody else, with what to do ("中文 / English"); empty where there is no doubt."""
    known = row.authentication
    if known is None or known["passed"]:
        return ""
    zh, en = in_language(known["why"], "zh"), in_language(known["why"], "en")
    return bilingual(
        f"{zh}；如确是您本人，请打开征询邮件中的链接答复，或请管理员检查邮箱设置",
        f"{en}; if it was you, answer by the link in the mail that asked you, or have an admin check the settings",
    )
