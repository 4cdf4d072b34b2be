"""What the engine itself does about a certificate (SV-12)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from crm_workflows import Attachment, Books, Collected, Fact, Policy, Shown, step, suppliers
from flows.supplier_certificate.subject import KINDS, ExpiringPaper


@dataclass(frozen=True)
class Dates:
    """The instant at which the paper has expired, and those of the reminders before it."""

    expired_at: datetime
    remind_at: tuple[datetime, ...]


@dataclass(frozen=True)
class Next:
    """The case for the new certificate."""

    at: datetime
    input: dict[str, Any]


@step(rule="SV-12", title="计算到期提醒 / work out the reminders")
def dates_of(paper: ExpiringPaper, policy: Policy, *, books: Books) -> Dates:
    """The paper is valid to the end of its last day, in the company's zone."""
    days = (policy.number(f"certificate_remind_{which}") for which in ("second", "last"))
    remind_at = tuple(books.morning_of(paper.expires_on - timedelta(days=before)) for before in days)
    return Dates(books.morning_of(paper.expires_on + timedelta(days=1)), remind_at)


@step(rule="SV-12", title="暂停供应商 / put the supplier on hold")
def put_on_hold(paper: ExpiringPaper, policy: Policy, *, books: Books) -> tuple[datetime, ...] | None:
    """Until a new certificate is confirmed. When the supplier is reminded again; None in cases that began before."""
    suppliers.hold(books, paper.supplier, f"expired:{paper.kind}")
    days = sorted(policy.number(f"certificate_remind_{which}") for which in ("first", "second", "last"))
    return tuple(books.morning_of(books.today + timedelta(days=after)) for after in days)


@step(rule="SV-12", title="登记新证书 / enter the new certificate")
def enter_certificate(paper: ExpiringPaper, expires_on: date, policy: Policy, *, books: Books) -> Next:
    """The new date of expiry; the hold for the old one ends. Returns when the next case opens."""
    suppliers.add_details(books, paper.supplier, **{f"{paper.kind}_expires_on": expires_on.isoformat()})
    suppliers.release(books, paper.supplier, f"expired:{paper.kind}")
    books.write("expires_on", expires_on.isoformat())
    at = books.morning_of(expires_on - timedelta(days=policy.number("certificate_remind_first")))
    return Next(at, paper.model_dump(mode="json") | {"expires_on": expires_on.isoformat()})


def paper_facts(paper: ExpiringPaper, files: Collected | None = None) -> Shown:
    """Which paper of which supplier, and what came instead of it."""
    facts = (
        Fact("供应商 / Supplier", paper.company),
        Fact("供应商代码 / Supplier code", paper.supplier),
        Fact.named("种类 / Kind", KINDS[paper.kind]),
        Fact.of("有效期至 / Expires on", paper.expires_on),
    )
    came = files.papers if files else ()
    return Shown(facts, tuple(Attachment(file.filename, file.media_type, file.sha256) for file in came))
