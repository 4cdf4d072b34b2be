"""Documents that are written from the code: `make fix` writes them, `make check` fails when one is stale.

It must not hold the text of any document: each page is made by its own function, listed in PAGES.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.findings import ROOT, report
from tools.pages import PAGES

Pages = Mapping[str, Callable[[], str]]


def stale(root: Path = ROOT, pages: Pages = PAGES) -> Iterator[str]:
    """One line per document that differs from what the code says now."""
    for name, make in pages.items():
        path = root / name
        if not path.is_file():
            yield f"{name}: not written yet: run make fix"
        elif path.read_text("utf-8") != make():
            yield f"{name}: stale: run make fix and commit what it wrote"


def write(root: Path = ROOT, pages: Pages = PAGES) -> None:
    """Writes every document that is stale."""
    for name, make in pages.items():
        path, text = root / name, make()
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    sys.exit(report("generated documents", stale()))
