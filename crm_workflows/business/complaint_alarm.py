"""What comes in further about a complaint, and names safety, the press or the law for the first time: who must know at
once.

It must not change the severity: that is the service lead's (CP-3).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from crm_workflows.business.complaint_words import concerns
from crm_workflows.domain.approvers import Approver, ByRole
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.mail.visible_text import visible_text
from crm_workflows.domain.messages import Announcement
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import UNFINISHED, AuditEntry, CaseRow, InboundMail
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_in import senders
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running.ledger import Ledger
from crm_workflows.engine.running.sending import Announce
from crm_workflows.engine.steps import Books

EVENT: Final = "alarmed"
LONGEST: Final = 3000
LOOKED_AT: Final = 50_000
"""Characters of a mail in which its words are looked for: more would hold up everybody else who writes."""
NAMES: Final = {"safety": "安全 / safety", "press": "媒体 / the press", "legal": "法律 / the law"}
URGENT: Final = ("safety", "press")
"""What makes a complaint urgent (CP-3)."""
ALERTED: Final = ("service_lead",)
ALERTED_AT_ONCE: Final = ("general_manager", "service_director", "head_of_quality")
UNSURE: Final = bilingual(
    "发件地址是本公司员工的，但不能确认确为其本人来信",
    "the address is one of our staff, and it is not certain that they have written this",
)
BY_DOMAIN: Final = bilingual(
    "不是投诉人，也不是登记的联系人，只是邮箱域名与客户相同",
    "neither the complainant nor a contact in the register: only the mail domain is the customer's",
)
DO: Final = bilingual(
    "案件受理时没有这一情况，严重程度没有自动调整：请立即处理，并由客服主管核对严重程度",
    "the complaint did not say so when it came in, and its severity was not raised by machine: act at once; the "
    "service lead checks the severity",
)

AGAIN: Final = bilingual(
    "案件已办结，没有这一情况的记录：请立即处理，并重新受理投诉",
    "the complaint is closed and did not say so: act at once, and take it in again",
)


def raise_where_due(
    engine: Engine, tx: Transaction, row: CaseRow, mail: IncomingMail, inbound: InboundMail, name: str,
    *, is_other: bool = False,
) -> list[Person]:  # fmt: skip
    """Alert by mail, and put on record, what the case has not named before; returns who was alerted."""
    words = f"{mail.subject}\n{visible_text(mail.text[:LOOKED_AT])}"
    new = _new(tx, row, concerns(words))
    if not new:
        return []
    row = _recorded(tx, row, new, engine.clock.now(), evidence=inbound.id)
    people = _alerted(engine, row, new)
    title = bilingual(f"投诉来信涉及{_names(new, 'zh')}", f"A mail about the complaint names {_names(new, 'en')}")
    for person in people:
        context = Announcement(
            case=mails.titled_part(row, engine.title_of(row)), to_name=person.shown_name(person.language),
            title=title, text=DO if row.status in UNFINISHED else AGAIN,
            facts=facts_of(mail, inbound, name, is_other=is_other),
        )  # fmt: skip
        tx.insert_new(
            mails.mail_of(
                row.code, person.email, person.language, context, engine.clock.now(),
                mail_domain=engine.mail_domain, key=f"alarm/{inbound.id}",
            )
        )  # fmt: skip
    return people


def note(books: Books, case: str, words: str, named: Mapping[str, bool]) -> tuple[str, ...]:
    """What a further complaint names that joins `case`, by its words or as it was taken in; put on record there."""
    row = books.tx.get(CaseRow, case)
    if row is None:
        return ()
    new = _new(books.tx, row, {one: is_found or named.get(one, False) for one, is_found in concerns(words).items()})
    if new:
        _recorded(books.tx, row, new, books.now, came=books.case)
    return new


def news(named: Sequence[str], in_charge: Sequence[Approver], shows: Shown) -> Announce:
    """What is told of it, to whoever is in charge, and to whom."""
    to = [*(ByRole(name) for name in _roles(named)), *in_charge]
    title = bilingual(f"同一投诉又涉及{_names(named, 'zh')}", f"A complaint now names {_names(named, 'en')}")
    return Announce(to, title, DO, shows)


def facts_of(mail: IncomingMail, inbound: InboundMail, name: str, *, is_other: bool = False) -> Any:
    """Who has written, the words and the names of the files, for a mail to staff."""
    words = visible_text(mail.text[:LOOKED_AT])[:LONGEST].strip() or "—"
    files = "、".join(one.name for one in mail.attachments)
    label = "发件人 / Sender" if is_other else "投诉人 / Who complains"
    facts = [Fact(label, " · ".join(dict.fromkeys(filter(None, (name, mail.sender)))))]
    facts += [Fact.named("注意 / Note", BY_DOMAIN)] if is_other else []
    facts += [Fact.named("注意 / Note", UNSURE)] if senders.doubt(inbound) else []
    facts += [Fact("主题 / Subject", mail.subject[:200])] if mail.subject.strip() else []
    facts += [Fact("内容 / Words", words), *([Fact("附件 / Files", files[:500])] if files else [])]
    return mails.facts(Shown(tuple(facts)))


def _names(named: Sequence[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(in_language(NAMES[one], language) for one in named)


def _new(tx: Transaction, row: CaseRow, found: Mapping[str, bool]) -> tuple[str, ...]:
    named = [one for one, is_named in found.items() if is_named]
    known = _known(tx, row) if named else set()
    return tuple(one for one in named if one not in known)


def _known(tx: Transaction, row: CaseRow) -> set[str]:
    """As the complaint was taken in, and as later mails have named it."""
    later = tx.find(AuditEntry, case=row.code, event=EVENT)
    return {one for one in NAMES if row.subject.get(one)} | {one for entry in later for one in entry.data["named"]}


def _recorded(tx: Transaction, row: CaseRow, named: Sequence[str], at: datetime, **where: str) -> CaseRow:
    current = tx.lock_case(row.code) or row
    ledger = Ledger(current)
    ledger.audit(EVENT, "engine", at, named=list(named), **where)
    return ledger.flush(tx, current)


def _roles(named: Sequence[str]) -> tuple[str, ...]:
    return (*ALERTED, *(ALERTED_AT_ONCE if set(named) & set(URGENT) else ()))


def _alerted(engine: Engine, row: CaseRow, named: Sequence[str]) -> list[Person]:
    directory = engine.staff.directory()
    owner = directory.person(row.owner)
    people = [person for role in _roles(named) for person in directory.with_role(role)] + ([owner] if owner else [])
    return [person for person in dict.fromkeys(people) if person.active]
