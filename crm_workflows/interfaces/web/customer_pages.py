"""The customer register (ON-8, CB-1): who is called next, and all that is kept of one customer. Changes nothing."""

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crm_workflows.business import callbacks, histories, payments, tags, wanted_reviews
from crm_workflows.business.callbacks import NEXT_DAY
from crm_workflows.business.customer_file import customer_file
from crm_workflows.business.customers import credit_on, digits, terms_of
from crm_workflows.business.seven_views import plan_view, seven_views
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Customer, CustomerInvoice, CustomerOrder, DueCallback
from crm_workflows.domain.text import bilingual, day_in, in_language
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.views import view_lists
from crm_workflows.interfaces.web.overview_pages import choice_labels
from crm_workflows.interfaces.web.site import Site, site_of
from crm_workflows.interfaces.web.words import CONTACTS_MADE, CUSTOMER_STATES, OUTCOMES, STATUSES

MOST: Final = 200
"""So many lines at a time; whoever looks for somebody else filters."""
LONGEST: Final = 200
TIERS: Final = ("A", "B", "C")
PHONE: Final = re.compile(r"[+\d() \-]+")
SEARCHED: Final = ("name", "code", "credit_code", "phone", "tags")


def customers(request: Request) -> Response:
    """Those who are called next come first; filtered by tier, account manager, and a piece of code, name or phone."""
    site = site_of(request)
    language = site.reader(request).language
    given = {name: request.query_params.get(name, "") for name in ("text", "tier", "owner")}
    asked = {name: value.replace("\0", "").strip()[:LONGEST] for name, value in given.items()}
    with site.engine.store.read() as reader:
        found, count = _found(reader, asked)
        last = {one.customer: one for one in reader.find(DueCallback, customer=[row.code for row in found])}
    now, policy = site.engine.clock.now(), site.engine.staff.policy()
    called = {row.code: callbacks.called_at(row, last.get(row.code), policy, now) for row in found}
    found.sort(key=lambda row: (called[row.code] is None, called[row.code] or now, row.code))
    today = site.engine.today(now)
    terms = {row.code: in_language(terms_of(credit_on(row.credit, today)), language) for row in found}
    directory = site.office.staff.directory()
    return site.page(
        request, "customers.html", section="customers", customers=found, count=count, asked=asked,
        called=called, terms=terms, states=CUSTOMER_STATES, tiers=TIERS,
        industries=choice_labels(site.engine).get("industry", {}), directory=directory, people=list(directory),
    )  # fmt: skip


def customer(request: Request) -> Response:
    """One customer: the archive, whom to call, contacts made, cases, orders, invoices and contracts."""
    if not request.path_params["code"]:
        return RedirectResponse("/customers")
    site = site_of(request)
    reader_, now = site.reader(request), site.engine.clock.now()
    with site.engine.store.read() as reader:
        kept = customer_file(reader, request.path_params["code"])
        cases, history = view_lists.shown(reader, kept.cases), histories.of_customer(reader, kept, now)
        seven = seven_views(reader, kept.row.code, site.engine.today)
        last = reader.get(DueCallback, kept.row.code)
        today = site.engine.today(now)
        used = _used(reader, kept.row.code, credit_on(kept.row.credit, today))
    owed: list[CustomerOrder | CustomerInvoice] = [*kept.orders, *kept.invoices]
    amounts = {one: Money.model_validate(one.amount).shown(reader_.language) for one in owed}
    return site.page(
        request, "customer.html", reader_, section="customers", file=kept, c=kept.row, cases=cases, history=history,
        amounts=amounts, late={one for one in kept.invoices if payments.is_overdue(one, now)}, seven=seven,
        plan=plan_view(kept.row, today, site.name),
        terms=terms_of(credit_on(kept.row.credit, today)), used=used, states=CUSTOMER_STATES, kinds=CONTACTS_MADE,
        labels=choice_labels(site.engine), tags=tags.listed(kept.row.tags), silence=_silence(site, kept.row),
        next_at=callbacks.called_at(kept.row, last, site.engine.staff.policy(), now),
        directory=site.office.staff.directory(), titles=site.office.titles(),
        statuses=STATUSES, outcomes=OUTCOMES, names=site.name,
    )  # fmt: skip


def _silence(site: Site, row: Customer) -> str:
    """How long the customer may go without contact (CB-1); where that is less than by its tier, why and until when."""
    engine, now = site.engine, site.engine.clock.now()
    policy = engine.staff.policy()
    days, usual = callbacks.allowed_silence(row, policy, now).days, callbacks.silence_of(row.tier, policy).days
    zh, en = [f"{days} 天"], [f"{days} days"]
    if callbacks.is_closer(row, now):
        zh.append(f"{row.tier} 级为 {usual} 天")
        en.append(f"tier {row.tier} allows {usual}")
    if row.overdue_since:
        zh.append("付款逾期，付清为止")
        en.append("a payment is overdue, until it is paid")
    if row.complaint_until and row.complaint_until > now:
        last = engine.today(row.complaint_until - NEXT_DAY)
        zh.append(f"投诉成立，至 {day_in(last, 'zh')}")
        en.append(f"an upheld complaint, until {day_in(last, 'en')}")
    return bilingual(" · ".join(zh), " · ".join(en))


def _found(reader: Reader, asked: Mapping[str, str]) -> tuple[list[Customer], int]:
    """The first lines, and how many fit in all; of a search, how many are shown."""
    equals: dict[str, Any] = {name: asked[name] for name in ("tier", "owner") if asked[name]}
    order = ("next_callback_at", "code")
    if asked["text"]:
        text = asked["text"]
        number = digits(text) if PHONE.fullmatch(text) else ""  # as the register keeps it, however it is typed
        found = reader.containing(Customer, number or text, *SEARCHED, order=order, limit=MOST, **equals)
        return found, len(found)
    return reader.find(Customer, order=order, limit=MOST, **equals), reader.count(Customer, **equals)


def _used(reader: Reader, code: str, credit: Any) -> str:
    """What is not paid, and how much of the limit that is, a label; empty where nothing is, or without a limit."""
    limit = wanted_reviews.limit_of(credit)
    if limit is None:
        return ""
    used = wanted_reviews.open_invoices(reader, code, limit.currency)
    others = wanted_reviews.not_counted(reader, code, limit.currency)
    share = wanted_reviews.share_of(used, limit)
    zh, en = ([used.shown(one), *(money.shown(one) for money in others)] for one in ("zh", "en"))
    zh[0], en[0] = f"{zh[0]}，占额度 {share}%", f"{en[0]}, {share}% of the limit"
    zh[1:], en[1:] = [f"{one}，不计入额度" for one in zh[1:]], [f"{one}, not counted against it" for one in en[1:]]
    return bilingual(" · ".join(zh), " · ".join(en)) if used.amount or others else ""


ROUTES: Final = [
    Route("/customers", customers, methods=["GET"]),
    Route("/customers/{code:path}", customer, methods=["GET"]),
]
