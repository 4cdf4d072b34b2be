"""The dashboard of each process, on its page and as a command: its figures against a plain count of the rows."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.months import Month
from crm_workflows.domain.durations import calendar_days
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.text import in_language
from crm_workflows.interfaces.cli import report
from crm_workflows.interfaces.web.app import create_app
from crm_workflows.settings import Settings
from crm_workflows.testing import MemoryStore
from flows.periodic_callbacks.examples import CALL
from tests.flows.complaints import FAULT, complain, finish
from tests.flows.customers import enter, finished, onboarding
from tests.interfaces.web.world import BASE, InProcess
from tests.office import Office, application

APRIL = Month(2026, 4)
OTHER = {"credit_code": "91320500MAX0CL616K", "company": "苏州澄岚水泵有限公司"}
Scene = Callable[[Office], object]


def call(office: Office, code: str) -> str:
    """A callback to a customer in the register."""
    enter(office, code, name=f"客户 {code}", credit_code=f"91320200MA{code[-4:]}000X")
    return office.start(CALL | {"customer": code}, process="periodic-callbacks")


SCENES: dict[str, tuple[Scene, Scene, Scene]] = {
    "supplier-vetting": (
        lambda o: o.answer(o.until_gate(), "reject", comment="无执照"),
        lambda o: o.until("technical_talk", application("over-limit")),
        lambda o: o.start(application("missing-papers")),
    ),
    "customer-onboarding": (
        lambda o: finished(o, onboarding(o)),
        lambda o: onboarding(o, **OTHER),
        lambda o: o.submit(onboarding(o, **OTHER | {"company": "苏州澄岚泵业有限公司"})),
    ),
    "periodic-callbacks": (
        lambda o: o.submit(call(o, "C-MA-0001"), satisfaction=5),
        lambda o: call(o, "C-MA-0002"),
        lambda o: call(o, "C-MA-0003"),
    ),
    "complaint-resolution": (
        lambda o: finish(o, complain(o, **FAULT, order="PO-1")),
        lambda o: complain(o, order="PO-2"),
        lambda o: complain(o, **FAULT, order="PO-3"),
    ),
}
"""For each process: one that ends, one that is left for nine days, one that has just come."""


@pytest.fixture(params=SCENES)
def enacted(request: pytest.FixtureRequest) -> tuple[Office, str]:
    """A company in which the scenes of one process have happened."""
    office = Office(MemoryStore())
    office.move_to(office.clock.now() + timedelta(days=30))
    ended, left, come = SCENES[request.param]
    left(office)
    ended(office)
    office.advance(calendar_days(9))
    come(office)
    return office, request.param


def counted(office: Office, process: str) -> dict[str, Any]:
    """The same four figures, counted without views, periods or policies."""
    now = office.clock.now()
    with office.engine.store.read() as reader:
        cases = {row.code: row for row in reader.find(CaseRow, process=process)}
        requests = [one for one in reader.find(Request, case=list(cases)) if one.kind != "timer"]
        assigned = [one for one in reader.find(Assignee, case=list(cases)) if one.is_active and not one.is_outside]
    still = {one.id: one for one in requests if one.status == "open"}
    due = [
        one for one in requests
        if one.kind != "documents" and one.due_at and one.due_at <= now and one.status in ("open", "decided", "lapsed")
    ]  # fmt: skip
    days = [(c.closed_at - c.opened_at) / timedelta(days=1) for c in cases.values() if c.closed_at]
    in_time = [one for one in due if one.status == "decided" and one.closed_at and one.closed_at <= one.due_at]  # type: ignore[operator]
    return {
        "lead": "under an hour" if days and median(days) < 1 / 24 else f"{round(median(days), 1):g} days",
        "on_time": f"{len(in_time)}/{len(due)}",
        "open": Counter((in_language(one.title, "en"), _age(one.opened_at, now)) for one in still.values()),
        "load": Counter((one.person, _age(one.asked_at, now)) for one in assigned if one.request in still),
        "late": sum(one.due_at is not None and one.due_at < now for one in still.values()),
    }


def _age(since: datetime, now: datetime) -> int:
    """In which column of ages it stands."""
    return next((n for n, days in enumerate((1, 3, 7, 30)) if since >= now - timedelta(days=days)), 4)


def ages(rows: Sequence[Sequence[str]]) -> Counter[tuple[str, int]]:
    """A table of ages as counts by row and column."""
    return Counter({(row[0], n): int(cell) for row in rows for n, cell in enumerate(row[1:6]) if cell})


def tables(page: str) -> list[list[list[str]]]:
    """The cells of each table of a page."""
    cells = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
    found = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    return [
        [[" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells.findall(row)]
         for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)]
        for body in found
    ]  # fmt: skip


def by_name(office: Office, load: Counter[tuple[str, int]]) -> Counter[tuple[str, int]]:
    """People as tables name them."""
    directory = office.staff.directory()
    return Counter({(directory.person(who).shown_name("en"), n): many for (who, n), many in load.items()})  # type: ignore[union-attr]


def test_page_and_command_show_what_a_plain_count_finds(
    enacted: tuple[Office, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, process = enacted
    plain = counted(office, process)
    opened = office.opened(Settings(home=tmp_path))
    browser = httpx.Client(transport=InProcess(create_app(opened)), base_url=BASE)
    page = browser.get(f"/dashboard/{process}?month={APRIL}&lang=en").text
    figures, still, load, *_ = tables(page)
    found = {row[0].partition(" Cases closed")[0].partition(" Approvals and")[0]: row for row in figures}
    printed: list[list[Sequence[str]]] = []
    monkeypatch.setattr(report, "print_table", lambda _headings, rows, *_: printed.append(list(rows)))
    report._text(opened, reporting.reports(office.engine, APRIL, process))
    told = {row[0]: row for row in printed[0]}
    nothing = {name for name, row in (found | told).items() if "nothing to count" in row[1]}
    assert not nothing, "what there is nothing to count for is named below the table"
    assert "Nothing to count for: " in page
    assert plain["open"], "the scene leaves something open"
    assert plain["late"] >= 1
    for shown in (found, told):
        assert shown["Lead time"][1].startswith(plain["lead"])
        assert shown["On time"][2] == plain["on_time"]
    channels = next(row[2] for row in figures if row[0].startswith("Approvals by channel"))
    assert channels == told["Approvals by channel"][2]
    assert bool(channels) == (process != "periodic-callbacks"), "a bare number would not say which channels it counts"
    for shown_open, shown_load in ((still, load), printed[1:3]):
        assert ages(shown_open) == plain["open"]
        assert ages(shown_load) == by_name(office, plain["load"])
    assert sum(int(row[7] or 0) for row in still) == sum(int(row[6] or 0) for row in printed[1]) == plain["late"]
    assert date(2026, 4, 1) <= office.clock.now().date() <= date(2026, 4, 30)
