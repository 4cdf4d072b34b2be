"""The outside parts that some tests need for real: a browser, a mailbox server, a Chinese font.

Where a part is absent a test skips and names the Debian package; with CRMW_REQUIRE_PARTS=1, as in CI, it fails instead,
so that no machine passes by not looking. It must not start or install anything.
"""

import os
import shutil
import subprocess
from functools import cache
from typing import Literal

import pytest

Part = Literal["chromium", "dovecot", "cjk-font"]

PACKAGES: dict[Part, str] = {"chromium": "chromium", "dovecot": "dovecot-imapd", "cjk-font": "fonts-noto-cjk"}


@cache
def where(part: Part) -> str | None:
    """Path of the program (for the font: of one font file that holds Chinese), or None where it is absent."""
    if part == "chromium":
        return shutil.which("chromium") or shutil.which("chromium-browser")
    if part == "dovecot":
        return shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    listing = shutil.which("fc-list")
    if listing is None:
        return None
    found = subprocess.run([listing, ":lang=zh-cn", "file"], capture_output=True, text=True, check=True).stdout.split(
        ":"
    )
    return found[0].strip() or None


def require(part: Part) -> str:
    """Answers where `part` is; else skips the calling test, or fails it when CRMW_REQUIRE_PARTS=1."""
    path = where(part)
    if path is not None:
        return path
    sentence = f"this test needs {part}: install Debian's package '{PACKAGES[part]}'"
    if os.environ.get("CRMW_REQUIRE_PARTS") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)
