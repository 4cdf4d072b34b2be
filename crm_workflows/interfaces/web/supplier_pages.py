"""The supplier register (SV-10), and all that is kept of one supplier. It must not change anything."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.business import goods, histories
from crm_workflows.business.suppliers import COMPLAINTS, recent_complaints, standing
from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Supplier
from crm_workflows.domain.text import bilingual, day_in, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.views import view_lists
from crm_workflows.interfaces.web.form_values import readable
from crm_workflows.interfaces.web.forms import Field, fields_of
from crm_workflows.interfaces.web.overview_pages import choice_labels
from crm_workflows.interfaces.web.site import Site, site_of
from crm_workflows.interfaces.web.words import CONTACTS_MADE, OUTCOMES, STATUSES, SUPPLIER_STATES


def suppliers(request: Request) -> Response:
    """Every code that was given, with class and terms of payment."""
    site = site_of(request)
    language = site.reader(request).language
    with site.engine.store.read() as reader:
        found = reader.find(Supplier, order="code")
    labels = choice_labels(site.engine)
    payment = {s.code: _terms(site.engine, s.payment, language) for s in found}
    today = site.engine.today(site.engine.clock.now())
    return site.page(
        request, "suppliers.html", section="suppliers", suppliers=found, payment=payment,
        categories=labels.get("category", {}), states=SUPPLIER_STATES,
        standing={s.code: standing(s, today) for s in found},
    )  # fmt: skip


def supplier(request: Request) -> Response:
    """One supplier: its standing, and its cases and complaints in one story."""
    site, code = site_of(request), request.path_params["code"]
    if not code:
        return RedirectResponse("/suppliers")
    reader_, now = site.reader(request), site.engine.clock.now()
    with site.engine.store.read() as reader:
        row = reader.get(Supplier, code)
        if row is None:
            raise NotFound(bilingual(f"名册中没有供应商 {code}", f"there is no supplier {code} in the register"))
        history = histories.of_supplier(reader, row)
        delivered = goods.delivered(reader, row, now, site.office.staff.policy())
        cases = view_lists.shown(reader, histories.supplier_cases(reader, row))
    complaints = recent_complaints((row.details or {}).get(COMPLAINTS), now)
    return site.page(
        request, "supplier.html", reader_, section="suppliers", s=row, history=history, cases=cases,
        standing=standing(row, site.engine.today(now)), payment=_terms(site.engine, row.payment, reader_.language),
        complaints=len(complaints), archive=_archive(site, row, reader_.language),
        delivered=goods.facts(delivered) if delivered.receipts else (),
        categories=choice_labels(site.engine).get("category", {}),
        states=SUPPLIER_STATES, kinds=CONTACTS_MADE, titles=site.office.titles(), statuses=STATUSES,
        outcomes=OUTCOMES, names=site.name, directory=site.office.staff.directory(),
    )  # fmt: skip


def _archive(site: Site, row: Supplier, language: str) -> list[tuple[str, str]]:
    """What was told of it when it was taken on: label and value in one language, only what is known."""
    told: Mapping[str, Any] = row.details or {}
    contact, amount = told.get("contact") or {}, told.get("yearly_amount")
    known = {
        "联系人 / Contact": " · ".join(filter(None, (contact.get(one) for one in ("name", "phone", "email")))),
        "负责采购员 / Buyer": site.name(told["owner"], language) if told.get("owner") else "",
        "供应商品 / Goods": told.get("goods", ""),
        "年采购额 / Yearly amount": Money.model_validate(amount).shown(language) if amount else "",
        "认定日期 / Recognised on": _day(told.get("recognised_on"), language),
        "证书有效期至 / Certificate valid until": _day(told.get("certificate_expires_on"), language),
        "营业执照有效期至 / Business licence valid until": _day(told.get("business_licence_expires_on"), language),
    }
    return [(in_language(label, language), str(value)) for label, value in known.items() if value]


def _day(text: str | None, language: str) -> str:
    return day_in(date.fromisoformat(text), language) if text else ""


def _terms(engine: Engine, payment: Any, language: str) -> str:
    """Terms of payment as the form that fixed them names them; empty while there are none."""
    if not payment:
        return ""
    for made in engine.procedures.values():
        for element in made.elements().values():
            form = getattr(element, "form", None)
            if form is not None and set(payment) <= set(form.model_fields) and "method" in payment:
                return _short(fields_of(form), payment, language)
    return " · ".join(str(value) for value in payment.values())


def _short(fields: Sequence[Field], values: Mapping[str, Any], language: str) -> str:
    """Answers on one line; a number says what it counts."""
    parts = []
    for field, (label, value) in zip(fields, readable(fields, values, language), strict=True):
        if value != "—":
            parts.append(f"{label} {value}" if field.widget == "whole" else value)
    return " · ".join(parts)


ROUTES: Final = (
    Route("/suppliers", suppliers, methods=["GET"]),
    Route("/suppliers/{code:path}", supplier, methods=["GET"]),
)
