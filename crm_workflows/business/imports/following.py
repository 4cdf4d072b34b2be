"""Says what work a plan sets going once it is written: cases that begin, customers who are looked at (ON-12, SV-12).

It must not begin any of it.
"""

from collections.abc import Iterator
from datetime import datetime

from crm_workflows.business.imports.table import Plan
from crm_workflows.domain.records import Booking, CustomerInvoice, WantedReview
from crm_workflows.domain.text import bilingual, counted


def cases_of(plan: Plan, now: datetime) -> int:
    """Complaints, what is booked for today or earlier, and a review for each customer with something newly overdue.

    A customer whose review is under way already has no second one at once.
    """
    booked = sum(isinstance(one, Booking) and one.due_at <= now for one in plan.new)
    return len(plan.opens) + booked + len(set(_newly_overdue(plan, now)))


def looks_of(plan: Plan) -> int:
    """How many customers somebody has to look at, whether they are to be reviewed."""
    anew = {str(where["customer"]) for record, where, _ in plan.changes if record is WantedReview}
    return len(anew | {one.customer for one in plan.new if isinstance(one, WantedReview)})


def _newly_overdue(plan: Plan, now: datetime) -> Iterator[str]:
    for one in plan.new:
        if isinstance(one, CustomerInvoice) and one.overdue_at is not None and one.overdue_at <= now:
            yield one.customer
    for record, where, values in plan.changes:
        overdue_at = values.get("overdue_at")
        if record is CustomerInvoice and isinstance(overdue_at, datetime) and overdue_at <= now:
            yield str(where["customer"])


def said_of_work(cases: int, looks: int, *, is_written: bool) -> str:
    """A bilingual sentence for whoever imports; empty where nothing follows."""
    zh, en = [], []
    if cases:
        zh.append(f"{'将' if is_written else '导入后将'}立案 {cases:,} 件，并通知承办人")
        begin = (
            counted(cases, "case begins", "cases begin")
            if is_written
            else f"{counted(cases, 'case', 'cases')} would begin"
        )
        en.append(f"{begin} with it, and whoever acts gets a mail")
    if looks:
        zh.append(f"检查 {looks:,} 家客户是否需要复核")
        en.append(f"whether {counted(looks, 'customer needs', 'customers need')} a review is looked at")
    when = "几分钟之内", "within minutes: "
    return bilingual(f"{when[0]}{'；'.join(zh)}", f"{when[1]}{'; '.join(en)}") if zh else ""
