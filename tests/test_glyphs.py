"""Chinese text is drawn, not boxed: a page, a mail and the report, printed by Chromium and read back from the PDF."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.black_box import Company
from tests.parts import require

pytestmark = [pytest.mark.needs_chromium, pytest.mark.needs_cjk_font, pytest.mark.timeout(240)]
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--no-pdf-header-footer"),
)
UNSEEN = re.compile(r"<(head|style|script|title|desc)\b.*?</\1>", re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def printed(address: str, folder: Path) -> str:
    """The text of a page as Chromium prints it; a glyph that no font has cannot be read back."""
    file = folder / "page.pdf"
    subprocess.run(
        [require("chromium"), *QUIET, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={file}", address],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return subprocess.run([require("pdftotext"), "-raw", file, "-"], check=True, capture_output=True, text=True).stdout


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_pages_and_mails_show_every_chinese_character(tmp_path: Path) -> None:
    with Company(tmp_path / "home") as company:
        code = company.start()
        company.wait_for(company.mailbox)
        mail = company.mailbox()[0]
        for path in (f"/cases/{code}?lang=zh", f"/mailbox/{mail['id']}.html", "/start/supplier-vetting?lang=zh"):
            html = company.get(path)
            assert html.status_code == 200, path
            wanted = set(
                CHINESE.findall(re.sub(r"<(head|style|script|title|desc)\b.*?</\1>", "", html.text, flags=re.DOTALL))
            )
            folder = tmp_path / re.sub(r"\W", "-", path)
            folder.mkdir()
            shown = squeezed(printed(company.address + path, folder))
            missing = {character for character in wanted if character not in shown}
            hidden = {c for c in missing if f'"{c}' in html.text or "<option" in html.text or "aria-label" in html.text}
            assert wanted, path
            assert not missing - hidden, f"{path} lacks {missing - hidden}"
