"""Above an amount holding a mail is not enough to decide: a reply needs a code, a link a session (mail.md, Who).

A code follows from the server key, request, person and the time: none is kept. It must not send or decide.
"""

import hashlib
import re
from dataclasses import replace
from typing import Final

from crm_workflows.domain.mail.reading import Reading
from crm_workflows.domain.mail.reply import first_line
from crm_workflows.domain.mail.visible_text import split_reply
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Assignee, InboundMail, Request
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in.intake_writer import Asked

ABOVE: Final = "reply_code_above"
"""The policy's key; without it no answer needs a code."""
DECIDES: Final = ("approve", "change", "delegate")
SECONDS: Final = 300
"""A code holds for this time and the next such one: five to ten minutes."""
_DIGITS: Final = 8
_CODE: Final = re.compile(rf"\d{{{_DIGITS}}}")


def is_needed(engine: Engine, request: Request, row: InboundMail | None = None) -> bool:
    """Whether the amount is above the policy's, in an answer for which only a mail speaks that outsiders may read.

    The rule of every such channel: `row` is the mail that answers, None for a page that was opened by a mail's link.
    """
    limit, amount = engine.staff.policy().get(ABOVE), request.shows.get("amount")
    if not isinstance(limit, Money) or not amount or not _is_outside(engine, row):
        return False
    asked = Money.model_validate(amount)
    return asked.currency != limit.currency or asked.amount > limit.amount


def alone(engine: Engine, assignee: Assignee) -> str:
    """Why a link decides nothing here, and what does ("中文 / English")."""
    limit = engine.staff.policy().amount(ABOVE)
    by_mail = ("请回复征询邮件，我们会寄来验证码", "answer the mail, and you get a code")
    zh, en = by_mail if assignee.is_outside else ("请登录后办理，或回复征询邮件", "sign in, or answer the mail")
    return bilingual(
        f"金额超过 {limit.shown('zh')}，仅凭链接不能同意或转交；{zh}",
        f"the amount is above {limit.shown('en')}, and a link alone cannot approve it or pass it on; {en}",
    )


def without_code(engine: Engine, asked: Asked, text: str) -> tuple[str, bool]:
    """The writer's own words without the code, and whether a code that holds stood on their first line."""
    own = engine.apart(split_reply, text).own
    line = first_line(own)
    found = next((code for code in _holding(engine, asked) if code in re.findall(r"\d+", line)), None)
    return (own.replace(found, "", 1), True) if found else (text, False)


def asked_for(engine: Engine, asked: Asked, reading: Reading) -> Reading:
    """The reading that asks for the code in place of an answer that needs one."""
    limit = engine.staff.policy().amount(ABOVE)
    code = _holding(engine, asked)[0]
    zh = (
        f"金额超过 {limit.shown('zh')}，须确认是您本人：请在五分钟内回复本邮件，第一行写答复和验证码，例如“同意 {code}”"
    )
    en = (
        f"the amount is above {limit.shown('en')}, so that we must be sure it is you: answer this mail within five "
        f"minutes, with your answer and the code on the first line, such as “approve {code}”"
    )
    return replace(reading, kind="unclear", why=bilingual(zh, en))


def masked(reading: Reading) -> Reading:
    """The reading as it may be shown to others."""
    return replace(reading, why=_CODE.sub("•" * _DIGITS, reading.why))


def _is_outside(engine: Engine, row: InboundMail | None) -> bool:
    if row is None:
        return engine.mail_outside
    return row.authentication is not None and row.authentication["method"] != "internal"


def _holding(engine: Engine, asked: Asked) -> list[str]:
    """The codes that hold now, the latest first."""
    slot = int(engine.clock.now().timestamp()) // SECONDS
    return [_code(engine, asked, n) for n in (slot, slot - 1)]


def _code(engine: Engine, asked: Asked, slot: int) -> str:
    about = f"{asked.request.id}/{asked.request.revision}/{asked.assignee.person}/{slot}"
    mac = engine.secrets.sign("reply-code", about)
    return f"{int(hashlib.sha256(mac.encode()).hexdigest(), 16) % 10**_DIGITS:0{_DIGITS}d}"
