"""The outside parts that some tests need for real: a browser, a mailbox server, fonts, web proxies.

Where a part is absent a test skips and names the Debian package; with CRMW_REQUIRE_PARTS=1, as in CI, it fails instead,
so that no machine passes by not looking. It must not start or install anything.
"""

import os
import shutil
import subprocess
from functools import cache
from typing import Literal

import pytest

Part = Literal[
    "chromium",
    "dovecot",
    "postfix",
    "cjk-font",
    "sample-font",
    "pdftotext",
    "nginx",
    "caddy",
    "systemd-analyze",
    "promtool",
]

PACKAGES: dict[Part, str] = {
    "chromium": "chromium",
    "dovecot": "dovecot-imapd",
    "postfix": "postfix",
    "cjk-font": "fonts-noto-cjk",
    "sample-font": "fonts-wqy-microhei",
    "pdftotext": "poppler-utils",
    "nginx": "nginx-light",
    "caddy": "caddy",
    "systemd-analyze": "systemd",
    "promtool": "prometheus",
}
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def font(pattern: str, name: str = "") -> str | None:
    """File of an installed font that fontconfig finds by `pattern` and whose file name holds `name`."""
    if shutil.which("fc-list") is None:
        return None
    listing = subprocess.run(["fc-list", pattern, "file"], capture_output=True, text=True, check=True).stdout
    return next((line.rstrip(": ") for line in listing.splitlines() if name in line), None)


@cache
def where(part: Part) -> str | None:
    """Path of the program or font file, or None where it is absent."""
    if part == "cjk-font":
        return font(":lang=zh-cn")
    if part == "sample-font":
        return font(":", "wqy-microhei")
    if part == "chromium":
        return shutil.which("chromium") or shutil.which("chromium-browser")
    return shutil.which(part, path=SEARCH)


def require(part: Part) -> str:
    """Answers where `part` is; else skips the calling test, or fails it when CRMW_REQUIRE_PARTS=1."""
    path = where(part)
    if path is not None:
        return path
    sentence = f"this test needs {part}: install Debian's package '{PACKAGES[part]}'"
    if os.environ.get("CRMW_REQUIRE_PARTS") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)
