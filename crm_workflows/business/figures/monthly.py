"""Sends the report of each month to every customer-facing employee, once (RP-1). It must not measure or word anything.

It goes at the first office hour of the month after; where everything was down for longer, the newest month is made up
for once. Row and mails are one commit, and who is second finds the month told already. A month that lies before the
first start is nobody's: an installation of today does not report on an empty past.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crm_workflows.business.figures import document, reporting, said
from crm_workflows.business.figures.approvals import APPROVALS
from crm_workflows.business.figures.months import Month
from crm_workflows.business.figures.plots import captioned
from crm_workflows.business.figures.reporting import Measured, ProcessReport
from crm_workflows.domain.message_parts import CasePart
from crm_workflows.domain.messages_report import PICTURE, MonthlyReport, ReportPart, ReportRow, WhoActs
from crm_workflows.domain.people import Person
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Blob, Meta
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.shown import Attachment
from crm_workflows.domain.text import LANGUAGES, Language, bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.files import sha256_of

KEPT: Final = "monthly_report"
"""The newest month that need not be reported on any more: the one after it is the first whose report is due."""
NO_CASE: Final = "REPORT"
TO: Final = "report_to"
CUSTOMER_FACING: Final = "sales, service, marketing"
"""Departments and roles, where the policy names none."""
PROCESS: Final = document.TITLE
MOST_DRAWINGS: Final = 2
"""Of each process."""
MOST_CHANGES: Final = 5
MOST_PEOPLE: Final = 12


@carries_out("RP-1")
def make_due(engine: Engine) -> int:
    """Send what is due and not sent yet; returns how many mails. Safe in several processes at once."""
    now, calendar = engine.clock.now(), engine.staff.calendar()
    present = Month.of(engine.today(now))
    with engine.store.read() as reader:
        kept = reader.get(Meta, KEPT)
    if kept is None:
        with engine.store.write() as tx:
            tx.insert_new(Meta(KEPT, str(present.back(1))))
        return 0
    told = Month.parse(kept.value)
    if told >= present.back(1) or now < calendar.next_opening(present.span(calendar)[0]):
        return 0
    found = reporting.reports(engine, present.back(1))
    pictures = {language: _picture(engine, found, language) for language in LANGUAGES}
    with engine.store.write() as tx:
        if not tx.update(Meta, (KEPT,), {"value": kept.value}, value=str(present.back(1))):
            return 0
        sent = sum(_send(engine, tx, person, found, pictures, now) for person in readers(engine))
    engine.store.wake()
    return sent


def readers(engine: Engine) -> list[Person]:
    """Everybody active in one of the departments, or with one of the roles, that the policy names."""
    named = {word.strip() for word in _named(engine.staff.policy()).split(",")}
    people = engine.staff.directory()
    return [one for one in people if one.active and (one.department in named or named & set(one.roles))]


def _named(policy: Policy) -> str:
    return policy.text(TO) if TO in policy else CUSTOMER_FACING


def _picture(engine: Engine, found: Sequence[ProcessReport], language: str) -> Attachment | None:
    """The drawings of all processes in one picture; None where none can be made, or there is nothing to draw."""
    svgs = [
        captioned(one.svg, f"{in_language(report.title, language)} · {in_language(one.title, language)}", one.legend)
        for report in found
        for one in document.drawings(report, language)[:MOST_DRAWINGS]
    ]
    content = engine.printer.picture(svgs) if svgs else None
    if content is None:
        return None
    file = Attachment(PICTURE, "image/png", sha256_of(content))
    with engine.store.write() as tx:
        tx.insert_new(Blob(file.sha256, content))
    return file


def _send(
    engine: Engine,
    tx: Transaction,
    person: Person,
    found: Sequence[ProcessReport],
    pictures: Mapping[Language, Attachment | None],
    now: datetime,
) -> bool:
    month, picture = found[0].month, pictures[person.language]
    acts = list(_who_acts(engine, found, person.language))
    path = f"/report?month={month}"
    context = MonthlyReport(
        case=CasePart(case="", title=month.shown(person.language), process=PROCESS, url_path=path),
        to_name=person.shown_name(person.language),
        month=bilingual(*(month.shown(language) for language in LANGUAGES)),
        parts=tuple(ReportPart(title=one.title, rows=tuple(_rows(one))) for one in found),
        changed=tuple(_changes(found)), acts=tuple(acts[:MOST_PEOPLE]), more=max(0, len(acts) - MOST_PEOPLE),
        has_picture=picture is not None,
    )  # fmt: skip
    return tx.insert_new(
        mails.mail_of(
            NO_CASE, person.email, person.language, context, now, mail_domain=engine.mail_domain,
            key=str(month), attachments=[picture] if picture else [],
        )
    )  # fmt: skip


def _rows(report: ProcessReport) -> Iterator[ReportRow]:
    """What there is to tell; figures of nothing are left out."""
    for one in _mailed(report):
        if one.whole.count or (one.last and one.last.count):
            before = said.said(one.kpi, one.last) if one.last and one.last.count else ""
            yield ReportRow(
                title=one.kpi.title, said=said.said(one.kpi, one.whole), beside=said.beside(one.kpi, one.whole),
                aim=said.aim(one), before=before, meets=one.meets,
            )  # fmt: skip


def _mailed(report: ProcessReport) -> list[Measured]:
    """Those of approvals are for whoever looks into them, on the pages, not for everybody's mail."""
    return [one for one in report.figures if one.kpi not in APPROVALS]


@dataclass(frozen=True)
class _Change:
    report: ProcessReport
    one: Measured

    @property
    def size(self) -> float:
        """How much it changed, in parts of what it was; nothing where both read alike."""
        now, before = self.one.whole.value, self.one.last.value if self.one.last else None
        was, becomes = self._said
        return float(abs((now - before) / before)) if now is not None and before and was != becomes else 0.0

    @property
    def _said(self) -> tuple[str, str]:
        """What it was and what it is, labels."""
        last, whole = (said.said(self.one.kpi, value) if value else "" for value in (self.one.last, self.one.whole))
        return last, whole

    @property
    def told(self) -> str:
        was, becomes = self._said
        each = (
            f"{in_language(self.report.title, lang)} · {in_language(self.one.kpi.title, lang)}"
            f"{'：' if lang == 'zh' else ': '}{in_language(was, lang)} → {in_language(becomes, lang)}"
            for lang in LANGUAGES
        )
        return bilingual(*each)


def _changes(found: Sequence[ProcessReport]) -> list[str]:
    """What changed most, the largest first."""
    changes = [_Change(report, one) for report in found for one in _mailed(report)]
    largest = sorted((one for one in changes if one.size), key=lambda one: -one.size)
    return [one.told for one in largest[:MOST_CHANGES]]


def _who_acts(engine: Engine, found: Sequence[ProcessReport], language: str) -> Iterator[WhoActs]:
    """Everybody with things to do, whoever has most overdue first."""
    people = engine.staff.directory()
    waiting: dict[str, int] = {}
    overdue: dict[str, int] = {}
    for aged in (one for report in found for one in report.load):
        waiting[aged.key] = waiting.get(aged.key, 0) + sum(aged.counts)
        overdue[aged.key] = overdue.get(aged.key, 0) + aged.late
    for address in sorted(waiting, key=lambda who: (-overdue[who], -waiting[who], who)):
        person = people.person(address)
        name = person.shown_name(language) if person else address
        yield WhoActs(name=name, waiting=waiting[address], overdue=overdue[address])
