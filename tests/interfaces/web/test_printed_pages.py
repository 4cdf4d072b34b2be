"""Pages on paper: what is folded on the screen is open, tables are tables, and nothing is cut off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.flows.customers import finished, onboarding
from tests.interfaces.web.world import World
from tests.parts import require
from tests.walk import QUIET

pytestmark = pytest.mark.needs_chromium
PAPER = {"width": 700, "height": 1000}
"""What A4 leaves between its margins."""
FOLDED = "details:not(.whole, :has(form)) > :not(summary)"
"""All steps of a process fill pages and stand beside those that matter; a form is for the screen."""
SHOWN = "all => all.filter(one => one.checkVisibility()).length"
CUT = """all => all.filter(one => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > 701)
    .map(one => one.textContent.trim().slice(0, 40))"""
NARROW = """all => all.filter(one => one.textContent.trim().length > 3 && one.getBoundingClientRect().width < 40)
    .map(one => one.textContent.trim().slice(0, 40))"""
"""A column of single letters."""


@pytest.fixture
def pages(world: World) -> dict[str, str]:
    """The main pages as one file each, in both languages."""
    code = finished(world.office, onboarding(world.office))
    browser = world.browser()
    style = f"<style>{browser.get('/style.css').text}</style></head>"
    paths = (f"/cases/{code}", "/report", "/dashboard/customer-onboarding", "/customers/C-MA-0001", "/cases")
    return {
        f"{path} in {language}": browser.get(f"{path}?lang={language}").text.replace("</head>", style)
        for path in paths for language in ("zh", "en")
    }  # fmt: skip


@pytest.fixture
def paper(pages: dict[str, str]) -> Iterator[Page]:
    """A browser that shows what would be printed; the pages are made before it, as both want a loop of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require("chromium"), args=list(QUIET))
        page = browser.new_page(viewport=PAPER)  # type: ignore[arg-type]
        page.route("**/*", lambda route: route.abort())
        yield page
        browser.close()


def test_what_is_folded_on_the_screen_is_open_on_paper(pages: dict[str, str], paper: Page) -> None:
    folded = {}
    for name, page in pages.items():
        paper.set_content(page)
        paper.emulate_media(media="screen")
        assert paper.eval_on_selector_all(FOLDED, SHOWN) == 0, name
        paper.emulate_media(media="print")
        folded[name] = paper.locator(FOLDED).count()
        assert paper.eval_on_selector_all(FOLDED, SHOWN) == folded[name], name
        assert (
            paper.locator("details.whole:visible, button:visible, .button:not([href^='tel:']):visible").count() == 0
        ), name
        if name.startswith("/customers/"):
            assert paper.get_by_text("+86 510 5550 0366").is_visible(), "whom to call, though it is a button"
    assert folded["/report in zh"] > 20
    assert any(many for name, many in folded.items() if name.startswith("/cases/"))


def test_nothing_is_cut_off_or_squeezed_on_paper(pages: dict[str, str], paper: Page) -> None:
    paper.emulate_media(media="print")
    for name, page in pages.items():
        paper.set_content(page)
        assert paper.eval_on_selector_all("td, th, dd, dt", CUT) == [], name
        assert paper.eval_on_selector_all("td:not(:empty), dd", NARROW) == [], name
        rows = paper.eval_on_selector_all(".list tbody tr", "all => all.map(one => getComputedStyle(one).display)")
        assert set(rows) <= {"table-row"}, f"{name}: tables, not a card for each row as on a phone"
