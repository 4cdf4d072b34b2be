"""Mails in a browser: nothing sticks out on a phone, everything can be read in light and dark, one button at most.

`make test` opens one mail of each layout. `make soak ARGS="-k looked_at --pictures=FOLDER"` opens every example
in both languages, at 360 and 800 px, in light and dark, and leaves the pictures with a sheet of them in the folder.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.adapters.mail.mail_pictures import FAULTS, each, every, look, sheet
from tests.parts import require
from tests.walk import QUIET

pytestmark = pytest.mark.needs_chromium
LAYOUTS = (
    "approval_request", "documents_received", "digest", "digest_answer", "receipt", "monthly_report", "doctor",
    "sign_in", "audit_checkpoint",
)  # fmt: skip
"""Kinds between which each building block is met."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page that runs no scripts of a mail and is let out to nowhere."""
    path = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        opened = browser.new_page()
        opened.route("**/*", lambda route: route.abort())
        yield opened
        browser.close()


def test_a_mail_of_each_layout_fits_and_can_be_read(page: Page) -> None:
    found = []
    for shown in each():
        if shown.n == 0 and shown.kind in LAYOUTS:
            found += look(page, shown)
    assert found == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<p style="width: 500px">wide</p>', "is 148 px wider than its window"),
        ('<p style="color: #999">pale</p>', '"pale" stands out by 2.85 only'),
        ('<p style="font-size: 10px">small</p>', '"small" is 10px high'),
        ('<p class="press"><a>a</a><a>b</a></p>', "has 2 buttons"),
        ('<p class="press"><a>a</a></p>', "has a button that is hard to hit with a finger"),
        ('text <img src="https://elsewhere.example/a.png">', "has a picture that does not show"),
        ("", "shows nothing"),
    ],
)
def test_what_is_looked_for_is_found(page: Page, body: str, says: str) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.set_content(f"<body>{body}</body>")
    assert says in page.evaluate(FAULTS, [4.5, 12])


@pytest.mark.soak
def test_every_mail_is_looked_at(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = Path(request.config.getoption("--pictures") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    mails = list(every())
    found = [fault for shown in mails for fault in look(page, shown, folder)]
    sheet(folder, [shown.name for shown in mails])
    assert found == []
