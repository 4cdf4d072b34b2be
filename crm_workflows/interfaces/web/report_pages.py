"""Key figures on pages: the report of a month, and a dashboard for each process (RP-1, RP-2). It measures nothing."""

from datetime import date
from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from crm_workflows.business.figures import document, gates, reporting, said
from crm_workflows.business.figures.behind import Slice, behind
from crm_workflows.business.figures.kpis import MEASURED
from crm_workflows.business.figures.months import YEAR, Month, Quarter, Year, period
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual, in_language
from crm_workflows.interfaces.report_files import MEDIA_TYPES, MOST_IN_FILE, content, lines_as_csv
from crm_workflows.interfaces.web.site import Site, site_of

QUARTERS: Final = 5
YEARS: Final = 3
MOST_ON_PAGE: Final = 500
ADDRESSES: Final = {"case": "/cases/", "customer": "/customers/", "supplier": "/suppliers/"}


def report(request: Request) -> Response:
    """All processes in one month; `format` gives the same as a file: html, csv or pdf."""
    site = site_of(request)
    month, how = _month(site, request), request.query_params.get("format") or ""
    process = request.query_params.get("process") or None
    if how and how not in MEDIA_TYPES:
        raise InvalidInput(bilingual("格式只能是 html、csv 或 pdf", "the format is html, csv or pdf"))
    found = reporting.reports(site.engine, month, process)
    if not how:
        others = {name: title for name, title in site.office.titles().items() if name not in MEASURED}
        return site.page(request, "report.html", section="report", reports=found, others=others, **_shared(site, month))
    made = content(site.office, found, how, site.reader(request).language)
    headers = {"Content-Disposition": f'attachment; filename="crm-{month}.{how}"'}
    return Response(made, media_type=MEDIA_TYPES[how], headers=headers)


def dashboard(request: Request) -> Response:
    """One process: its figures with parts and people, drawings, what is open by step and age, load per person."""
    site, process = site_of(request), request.path_params["process"]
    month = _month(site, request)
    (found,) = reporting.reports(site.engine, month, process)
    language = site.reader(request).language
    drawn = [(one, Markup(one.svg)) for one in document.drawings(found, language)]  # noqa: S704 - drawn by us
    return site.page(
        request, "dashboard.html", section="report", r=found, drawings=drawn, ages=said.age_labels(),
        directory=site.office.staff.directory(), gates=gates, **_shared(site, month),
    )  # fmt: skip


def figure(request: Request) -> Response:
    """What one figure counts, line by line; `part`, `person` and `department` narrow it, `format=csv` is a file."""
    site, process, name = site_of(request), request.path_params["process"], request.path_params["name"]
    month, given = _month(site, request), request.query_params
    of = Slice(given.get("part", ""), given.get("person", ""), given.get("department", ""))
    how = given.get("format") or ""
    found = behind(site.engine, process, name, month, of, MOST_IN_FILE if how else MOST_ON_PAGE)
    if how not in ("", "csv"):
        raise InvalidInput(bilingual("格式只能是 csv", "the format is csv"))
    if how:
        headers = {"Content-Disposition": f'attachment; filename="crm-{name}-{month}.csv"'}
        made = lines_as_csv(site.office, found, site.reader(request).language)
        return Response(made, media_type=MEDIA_TYPES["csv"], headers=headers)
    return site.page(
        request, "figure.html", section="report", b=found, of=of, process=process, addresses=ADDRESSES,
        title=site.office.titles()[process], directory=site.office.staff.directory(), **_shared(site, month),
    )  # fmt: skip


def _shared(site: Site, month: Month) -> dict[str, Any]:
    """What both pages need: the months to choose from, and how a figure is said."""
    today = site.engine.today(site.engine.clock.now())
    return {
        "month": month, "months": _choice(today), "says": said, "part": said.part_named,
        "measured": MEASURED, "in_language": in_language, "names": site.name,
    }  # fmt: skip


def _choice(today: date) -> list[Month]:
    """The months of a year, then some quarters and years."""
    months, quarters, years = Month.of(today), Quarter.of(today), Year.of(today)
    return [
        *(months.back(n) for n in range(YEAR + 1)),
        *(quarters.back(n) for n in range(QUARTERS)),
        *(years.back(n) for n in range(YEARS)),
    ]


def _month(site: Site, request: Request) -> Month:
    """The month asked for, else the present one."""
    asked = request.query_params.get("month")
    return period(asked) if asked else Month.of(site.engine.today(site.engine.clock.now()))


ROUTES: Final[tuple[BaseRoute, ...]] = (
    Route("/report", report, methods=["GET"]),
    Route("/dashboard/{process}", dashboard, methods=["GET"]),
    Route("/figure/{process}/{name}", figure, methods=["GET"]),
)
