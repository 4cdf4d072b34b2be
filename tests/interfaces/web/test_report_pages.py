"""Key figures on pages: a month that can be read and taken along, a dashboard for each process (RP-1, RP-2)."""

import csv
import io
import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree

import pypdf
import pytest

from crm_workflows.adapters.documents.pdf import TypstPrinter
from crm_workflows.domain.records import Customer, GoodsReceived
from crm_workflows.interfaces.mailbox import LocalMailbox
from crm_workflows.interfaces.web.app import create_app
from tests.flows.customers import finished, onboarding
from tests.interfaces.web.world import World, text_of

LIN = "林小雨"


def test_a_month_without_cases_says_so(world: World) -> None:
    said = text_of(world.browser().get("/report?month=2025-01").text)
    assert said.count("本月没有案件，也没有未结事项。") >= 3
    english = text_of(world.browser().get("/dashboard/customer-onboarding?month=2025-01&lang=en").text)
    assert "No cases in this month, and nothing is open." in english


def test_a_dashboard_shows_figures_what_is_open_and_with_whom(world: World) -> None:
    finished(world.office, onboarding(world.office))
    onboarding(world.office, credit_code="91320500MAX0CL616K", company="苏州澄岚水泵有限公司")
    page = world.browser().get("/dashboard/customer-onboarding").text
    said = text_of(page)
    for words in ("到可以下单的天数", "办理周期", "≤ 10 天", "按时率", "未结事项：步骤与时间", "每人待办", f"{LIN} 1"):
        assert words in said, words
    assert "本期分配了客户代码的案件" in said, "each figure can say what it counts"
    english = world.browser().get("/dashboard/customer-onboarding?lang=en").text
    assert 'data-label="Basis">one case<' in english, "a label that does not begin as what it labels"
    drawn = [ElementTree.fromstring(part + "</svg>") for part in _drawings(page)]
    assert drawn
    assert all(one.get("role") == "img" and one.get("aria-label") for one in drawn)
    assert "立案 2" in (drawn[0].get("aria-label") or "")


def test_the_same_month_can_be_taken_along_as_a_file(world: World) -> None:
    finished(world.office, onboarding(world.office))
    browser = world.browser()
    table = browser.get("/report?format=csv&lang=en")
    assert table.headers["Content-Disposition"] == 'attachment; filename="crm-2026-03.csv"'
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    won = [
        (row["Part"], row["Value"])
        for row in rows
        if row["Figure"] == "Customers won" and not row["Department or person"]
    ]
    assert won == [("", "1"), ("B", "1")]
    html = browser.get("/report?format=html").text
    assert "客户增长" in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", ""), "nothing remote"


@pytest.mark.needs_cjk_font
def test_the_same_month_can_be_taken_along_on_paper_and_says_what_to_install_where_it_cannot(world: World) -> None:
    finished(world.office, onboarding(world.office))
    none = world.browser().get("/report?format=pdf&lang=en")
    assert (none.status_code, "install the extra pdf and a Chinese font" in text_of(none.text)) == (404, True)
    printing = replace(world.opened, engine=replace(world.office.engine, printer=TypstPrinter()))
    world.app = create_app(printing, mailbox=LocalMailbox(printing.store), post=lambda *_: None)
    paper = world.browser().get("/report?format=pdf")
    assert (paper.status_code, paper.headers["Content-Type"]) == (200, "application/pdf")
    said = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper.content)).pages)
    assert "客户增长" in said.replace(" ", "")


def test_a_quarter_holds_what_its_months_hold(world: World) -> None:
    finished(world.office, onboarding(world.office))
    browser = world.browser()
    for period in ("2026-03", "2026-Q1", "2026"):
        said = text_of(browser.get(f"/dashboard/customer-onboarding?month={period}&lang=en").text)
        assert "Cases opened Cases opened in the period · RP-2 1" in said, period
        assert f'<option value="{period}" selected>' in browser.get(f"/report?month={period}").text
    assert "Quarter before" in text_of(browser.get("/dashboard/customer-onboarding?month=2026-Q1&lang=en").text)
    assert "本季度没有案件" in text_of(browser.get("/report?month=2025-Q3&lang=zh").text)


def test_every_figure_leads_to_what_it_counts(world: World) -> None:
    """From the report to the lines of a figure and from there to the case; what was received, by its number."""
    code = finished(world.office, onboarding(world.office))
    now = world.office.clock.now()
    with world.office.engine.store.write() as tx:
        for n, rejected in enumerate(("0", "2")):
            tx.insert(GoodsReceived("螺母厂", now, f"SH-{n}", "", "螺母 M8", f"{n + 1}.00 CNY", "5", rejected))
    browser = world.browser()
    links = set(re.findall(r'href="(/figure/[^"]+)"', unescape(browser.get("/report?lang=en").text)))
    dashboard = unescape(browser.get("/dashboard/customer-onboarding?lang=en").text)
    links |= set(re.findall(r'href="(/figure/[^"]+)"', dashboard))
    assert {f"/figure/customer-onboarding/customers_won?month=2026-03{more}" for more in ("", "&part=B")} <= links
    for link in links:
        page = browser.get(f"{link}&lang=en")
        lists_some = any(name in link for name in ("cb_coverage", "churn", "cb_customers"))
        assert (page.status_code, "<tbody>" in page.text or lists_some) == (200, True), link
    opened = browser.get("/figure/customer-onboarding/opened?month=2026-03&lang=zh").text
    assert f'<a href="/cases/{code}">{code}</a>' in opened
    bought = text_of(browser.get("/figure/supplier-vetting/sv_purchases_unrecognised?lang=en").text)
    assert "2 of 2 received" in bought
    assert "螺母厂 SH-1 · 螺母 M8 not in the register 2 Mar 2026 CNY 2.00 counted in" in bought
    table = browser.get("/figure/supplier-vetting/sv_purchases_unrecognised?lang=en&format=csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [(row["Name"], row["Number, goods"], row["Counted in"]) for row in rows] == [
        ("螺母厂", f"SH-{n} · 螺母 M8", "yes") for n in (0, 1)
    ]


def test_a_report_begins_with_what_does_not_meet_its_target(world: World) -> None:
    assert "target" not in text_of(world.browser().get("/report?month=2025-01&lang=en").text), "nothing was measured"
    finished(world.office, onboarding(world.office))
    good = text_of(world.browser().get("/report?lang=zh").text)
    with world.office.engine.store.write() as tx:
        tx.insert(GoodsReceived("螺母厂", world.office.clock.now(), "SH-1", "", "螺母 M8", "1.00 CNY", "5", "0"))
    page = world.browser().get("/report?lang=zh").text
    said = text_of(page)
    assert re.search(r"\d 项指标未达标，共 \d+ 项有目标 .*供应商认定 · 向未认定供应商的采购： 1 ，目标 ≤ 0 ", said), (
        said[:900]
    )
    assert said.index("未达标，共") < said.index("指标 数值 依据 目标"), "before the tables"
    assert "向未认定供应商的采购： 1" not in good
    assert 'href="/figure/supplier-vetting/sv_purchases_unrecognised?month=2026-03">1</a></strong>' in page


def test_a_name_in_two_languages_is_one_name(world: World) -> None:
    """What people wrote is no label of ours, of which each reader sees one half."""
    now = world.office.clock.now()
    with world.office.engine.store.write() as tx:
        tx.insert(Customer("C-1", "海蓝 / Hailan", "海蓝", "active", "A", "li", now))
    address = "/figure/customer-onboarding/customers_won?month=2026-03&lang=en"
    assert "海蓝 / Hailan" in text_of(world.browser().get(address).text)
    assert "海蓝 / Hailan" in world.browser().get(f"{address}&format=csv").text


def test_what_cannot_be_shown_is_refused_in_words(world: World) -> None:
    for path, status in (
        ("/report?month=March", 422), ("/report?month=2026-13", 422), ("/report?month=2026-Q5", 422),
        ("/report?format=docx", 422),
        ("/figure/nothing/opened", 404), ("/figure/supplier-vetting/nothing", 404),
        ("/figure/supplier-vetting/opened?format=pdf", 422), ("/figure/supplier-vetting/opened?part=A&person=x", 422),
        ("/dashboard/nothing", 404), ("/report?process=nothing", 404),
    ):  # fmt: skip
        assert world.browser().get(path).status_code == status, path


def _drawings(page: str) -> list[str]:
    return [f"<svg{part.partition('</svg>')[0]}" for part in page.split("<svg")[1:]]


def test_a_dashboard_shows_gate_by_gate_what_approvals_cost_and_leads_to_what_they_changed(world: World) -> None:
    finished(world.office, onboarding(world.office))
    browser = world.browser()
    page = browser.get("/dashboard/customer-onboarding?lang=en")
    said = text_of(page.text)
    assert "What each approval costs and what it changes" in said
    assert "ON-7: Approval of the new customer 1 under an hour" in said
    links = [unescape(link) for link in re.findall(r'href="(/figure/[^"]*gate_wait[^"]*part=[^"]*)"', page.text)]
    (own,) = {link for link in links if "Approval+of+the+new" in link or "Approval%20of%20the%20new" in link}
    shown = browser.get(own + "&lang=en").text
    assert "Person" not in text_of(shown), "figures of gates name nobody"
    assert re.search(r'href="/cases/ON-\d{4}-\d{5}"', shown)
    assert "各审批的代价与作用" in browser.get("/report?format=html").text
