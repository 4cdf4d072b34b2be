"""What a recognition leaves to be done later (SV-12): its validity, certificates that expire, a re-evaluation."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from crm_workflows import Books, Money, Policy, recognition, step, suppliers
from flows.supplier_vetting.forms import PapersCheck
from flows.supplier_vetting.subject import SupplierApplication


@dataclass(frozen=True)
class Later:
    """A case to be opened at that instant, with its input."""

    at: datetime
    input: dict[str, Any]


@dataclass(frozen=True)
class AfterLife:
    """The last day of the recognition, and the cases that are booked."""

    valid_until: date
    certificates: tuple[Later, ...]
    reevaluation: Later


@step(rule="SV-12", title="登记有效期 / enter the validity")
def after_recognition(
    application: SupplierApplication,
    code: str,
    supplier_class: str,
    amount: Money,
    checked: PapersCheck,
    policy: Policy,
    *,
    books: Books,
) -> AfterLife:
    """Validity by class, in the register, and when which case follows."""
    last_day = recognition.valid_until(books.today, supplier_class, policy)
    suppliers.renew(books, code, supplier_class, last_day)
    common = application.model_dump(mode="json", include={"company", "contact", "owner"}) | {"supplier": code}
    expiring = {"certificate": checked.certificate_expires_on, "business_licence": checked.licence_expires_on}
    asked = timedelta(days=policy.number("certificate_remind_first"))
    certificates = tuple(
        Later(books.morning_of(day - asked), common | {"kind": kind, "expires_on": day.isoformat()})
        for kind, day in expiring.items()
        if day is not None
    )
    known = {"goods": application.goods, "supplier_class": supplier_class, "valid_until": last_day.isoformat()}
    input_ = common | known | {"yearly_amount": amount.model_dump(mode="json")}
    before = timedelta(days=policy.number("reevaluation_before"))
    return AfterLife(last_day, certificates, Later(books.morning_of(last_day - before), input_))
