"""What a reply means for the request that it answers. It must not decide, write or answer anything."""

from dataclasses import replace
from typing import Any

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.forms import Form
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.mail.signature import without_signature
from crm_workflows.domain.mail.visible_text import split_reply
from crm_workflows.domain.records import InboundMail
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.verbs import VERBS
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.amended import may_uphold
from crm_workflows.engine.mail_in import codes
from crm_workflows.engine.mail_in.intake_writer import Asked

DECIDING = tuple(VERBS)
LARGEST_DECISION = 1024 * 1024
"""Bytes of a mail from which a decision is read; larger ones are asked back (mail.md, limits)."""
TOO_LARGE = bilingual("邮件超过 1 MB，请只回复文字", "the mail is over 1 MB; please answer with text only")
_A_FORM = bilingual("此事项需要填写表单，请打开邮件中的链接", "this asks for a form; please open the link in the mail")
_NOT_LISTED = bilingual("此事项只接受邮件中列出的答复", "only the answers listed in the mail are possible here")
_NOTHING_BEFORE = bilingual(
    "您此前没有同意过此事，请写“同意”或“驳回 原因”",
    "you have not approved this before; please write “approve” or “reject” with a reason",
)
_NO_WAY_BACK = bilingual("此事项不能退回，请同意或驳回", "this cannot be sent back; please approve or reject it")


def reading_of(engine: Engine, asked: Asked, mail: IncomingMail, row: InboundMail) -> Reading:
    """The answer in a mail, `unclear` with the cause where the request does not take it or it needs a code."""
    if row.size > LARGEST_DECISION:
        return Reading("unclear", None, "", TOO_LARGE)
    is_needed = codes.is_needed(engine, asked.request, row)
    text, has_code = codes.without_code(engine, asked, mail.text) if is_needed else (mail.text, False)
    reading = _read(engine, asked, mail, text)
    if is_needed and not has_code and reading.kind in codes.DECIDES:
        return codes.asked_for(engine, asked, reading)
    return reading


def _read(engine: Engine, asked: Asked, mail: IncomingMail, text: str) -> Reading:
    reading = engine.apart(read_reply, text, _names(engine, asked, mail))
    if asked.request.kind != "approval":
        return replace(reading, kind="unclear", why=_why_not_read(engine, asked, mail))
    if reading.kind == "uphold":
        return _still_yes(engine, asked, mail, reading)
    if reading.decides and reading.kind not in DECIDING:
        return replace(reading, kind="unclear", why=_NOT_LISTED)
    if reading.kind == "send_back" and reading.target is None:
        return with_target(engine, asked, reading)
    if reading.kind == "ask" and reading.target is None:
        return _unless_a_colleague(engine, reading)
    return reading


def answer_to(engine: Engine, asked: Asked, mail: IncomingMail, size: int) -> dict[str, Any] | None:
    """The form that the words of a reply fill in; None where they do not, and for any other request."""
    if not _words_wanted(engine, asked) or size > LARGEST_DECISION:
        return None
    form: type[Form] = engine.element_of(asked.row, asked.request.name).form
    return form.from_reply(_own_words(engine, asked, mail))


def _own_words(engine: Engine, asked: Asked, mail: IncomingMail) -> str:
    """What somebody wrote above the quoted mail, without the signature of a colleague."""
    own = engine.apart(split_reply, mail.text).own.strip()
    if not asked.assignee.is_outside:
        first, *below = own.split("\n")
        own = "\n".join([first, *engine.apart(without_signature, below, _names(engine, asked, mail))]).strip()
    return own


def _why_not_read(engine: Engine, asked: Asked, mail: IncomingMail) -> str:
    """Why the words fill in no form."""
    if not _words_wanted(engine, asked):
        return _A_FORM
    form: type[Form] = engine.element_of(asked.row, asked.request.name).form
    return form.why_not_read(_own_words(engine, asked, mail)) or _A_FORM


def _words_wanted(engine: Engine, asked: Asked) -> str:
    """How words answer the form that is asked for; empty where they do not."""
    if asked.request.kind != "task":
        return ""
    element = engine.element_of(asked.row, asked.request.name)
    return element.by_reply(asked.request.shows) if isinstance(element, FormTask) else ""


def _unless_a_colleague(engine: Engine, reading: Reading) -> Reading:
    """A question for the requester; asked back where it begins with a colleague's name, as it may be meant for them."""
    question = " ".join(reading.comment.split()).casefold()
    people = engine.staff.directory().people
    named = next((one for one in people if _begins(question, one.name) or _begins(question, one.name_en)), None)
    if named is None:
        return reading
    why = bilingual(
        f"没有写明问谁：问{named.name}本人请写“问 @{named.email} 问题”，问申请人请勿以姓名开头",
        f"it does not say who is asked: write “ask @{named.email} question” for {named.shown_name('en')}, or begin "
        "without a name to ask whoever requested this",
    )
    return replace(reading, kind="unclear", why=why)


def _begins(question: str, name: str) -> bool:
    return bool(name) and question.startswith(tuple(name.casefold() + mark for mark in " ，,：:"))


def _still_yes(engine: Engine, asked: Asked, mail: IncomingMail, reading: Reading) -> Reading:
    """A yes for whoever has approved what was amended since; to others it says nothing yet."""
    writer = engine.staff.directory().identity(mail.sender or "")
    if may_uphold(asked.request, writer, asked.assignee.person, asked.assignee.deputy_for):
        return replace(reading, kind="approve")
    return replace(reading, kind="unclear", why=_NOTHING_BEFORE)


def _names(engine: Engine, asked: Asked, mail: IncomingMail) -> list[str]:
    """The names by which the writer may sign."""
    person = engine.staff.directory().person(mail.sender)
    known = (person.name, person.name_en) if person else ()
    return [name for name in (mail.sender_name, asked.assignee.name, *known) if name]


def with_target(engine: Engine, asked: Asked, reading: Reading) -> Reading:
    """A send-back that names no step goes to the only one the gate allows; where there are several it is asked back."""
    rules: tuple[str, ...] = getattr(engine.element_of(asked.row, asked.request.name), "send_back", ())
    if len(rules) == 1:
        return replace(reading, target=rules[0])
    if not rules:
        return replace(reading, kind="unclear", why=_NO_WAY_BACK)
    zh, en = (
        "或".join(f"“退回 {rule} 原因”" for rule in rules),
        " or ".join(f"“send back {rule} reason”" for rule in rules),
    )
    why = bilingual(f"没有写明退回到哪一步，请写{zh}", f"it does not say to which step; please write {en}")
    return replace(reading, kind="unclear", why=why)
