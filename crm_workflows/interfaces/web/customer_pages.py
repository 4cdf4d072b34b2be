"""The customer register (ON-8, CB-1): who is called next, with tier, credit and account manager. Changes nothing."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from crm_workflows.business.customers import credit_on
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import Customer
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.web.overview_pages import choice_labels
from crm_workflows.interfaces.web.site import site_of
from crm_workflows.interfaces.web.words import CUSTOMER_STATES

MOST: Final = 200
"""So many lines at a time; whoever looks for somebody else filters."""
LONGEST: Final = 200
TIERS: Final = ("A", "B", "C")


def customers(request: Request) -> Response:
    """Those who are called next come first; filtered by tier, account manager, and code, name or credit code."""
    site = site_of(request)
    language = site.reader(request).language
    given = {name: request.query_params.get(name, "") for name in ("text", "tier", "owner")}
    asked = {name: value.replace("\0", "").strip()[:LONGEST] for name, value in given.items()}
    text = asked["text"]
    equals: dict[str, Any] = {name: asked[name] for name in ("tier", "owner") if asked[name]}
    found: dict[str, Customer] = {}
    with site.engine.store.read() as reader:
        ways: tuple[dict[str, Any], ...] = ({"code": text.upper()}, {"name": text}, {"credit_code": text.upper()})
        for by in ways if text else ({},):
            rows = reader.find(Customer, order=("next_callback_at", "code"), limit=MOST, **equals, **by)
            found |= {row.code: row for row in rows}
        count = len(found) if text else reader.count(Customer, **equals)
    today = site.engine.today(site.engine.clock.now())
    terms = {row.code: in_language(_terms(credit_on(row.credit, today)), language) for row in found.values()}
    directory = site.office.staff.directory()
    return site.page(
        request, "customers.html", section="customers", customers=list(found.values()), count=count, asked=asked,
        terms=terms, states=CUSTOMER_STATES, industries=choice_labels(site.engine).get("industry", {}), tiers=TIERS,
        directory=directory, people=list(directory),
    )  # fmt: skip


def _terms(credit: Any) -> str:
    """The terms that hold today, on one line; a label."""
    if not credit or credit["terms"] == "prepaid":
        return "预付款 / Prepaid"
    limit = Money.model_validate(credit["limit"])
    zh, en = (limit.shown(language) for language in ("zh", "en"))
    return bilingual(f"{zh} · {credit['days']} 天", f"{en} · {credit['days']} days")
