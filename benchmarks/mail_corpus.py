"""How the mail reader does on published mails: first line, exact text, automatic mail, false answers.

Run as `make bench-mail`. The mails stay outside the project, in `../shared/mail-corpus`
beside the checkout; none is copied. It must not assert: the tests do, by `measure`.
"""

import csv
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crm_workflows.domain.mail.html_text import html_to_text
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.mail.reply import first_line, read_reply
from crm_workflows.domain.mail.visible_text import visible_text

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "mail-corpus"
AUTOMATIC = ("bounce", "arf", "auto")


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in one file; None where the corpus states nothing to compare with."""

    file: str
    language: str
    """Of the mail, as the corpus says; empty where it says nothing."""
    first_line_right: bool | None
    exact_right: bool | None
    automatic_right: bool | None
    taken_for_automatic: bool
    decision: str
    seconds: float


def measure(corpus: Path = CORPUS) -> Iterator[Result]:
    """Read every file that the manifest lists."""
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        for row in csv.DictReader(manifest):
            yield _measure_file(corpus, row)


def _measure_file(corpus: Path, row: dict[str, str]) -> Result:
    raw = (corpus / row["file"]).read_bytes()
    began = time.perf_counter()
    automatic = False
    if row["kind"].endswith("eml"):
        mail = read_message(raw)
        text, automatic = mail.text, mail.is_automatic
    else:
        text = raw.decode("utf-8", "replace")
        text = html_to_text(text) if row["kind"] == "reply-html" else text
    visible, reading = visible_text(text), read_reply(text)
    seconds = time.perf_counter() - began
    stated = row["expected_kind"] == "exact"
    known = row["kind"].endswith("eml") and row["label"] in (*AUTOMATIC, "not-bounce", "reply")
    return Result(
        file=row["file"],
        language=row["lang"],
        first_line_right=_same(first_line(visible), row["expected_first_line"]) if row["expected_first_line"] else None,
        exact_right=_same(visible, _expected(corpus, row)) if stated else None,
        automatic_right=automatic == (row["label"] in AUTOMATIC) if known else None,
        taken_for_automatic=automatic,
        decision=reading.kind if reading.decides and not automatic else "",
        seconds=seconds,
    )


def _expected(corpus: Path, row: dict[str, str]) -> str:
    return (corpus / row["expected_file"]).read_bytes().decode("utf-8", "replace") if row["expected_file"] else ""


def _same(found: str, expected: str) -> bool:
    def tidy(text: str) -> list[str]:
        return [line.rstrip() for line in text.strip().splitlines()]

    return tidy(found) == tidy(expected)


def share(values: list[bool | None]) -> str:
    """How many of the stated ones are right, as "66/70 94.3 %"."""
    stated = [value for value in values if value is not None]
    return f"{sum(stated)}/{len(stated)} {100 * sum(stated) / len(stated):.1f} %" if stated else "-"


def main() -> int:
    """Print the tables, and what differs from what its authors state; 0 also where the corpus is absent."""
    if not (CORPUS / "manifest.csv").exists():
        print("no mails: ../shared/mail-corpus is not beside this checkout")
        return 0
    results = list(measure())
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    _table("source", results, lambda result: result.file.split("/")[0])
    _table("language", results, lambda result: result.language or "not said")
    for result in results:
        if False in (result.first_line_right, result.exact_right, result.automatic_right) or result.decision:
            print(f"differs: {result}")
    return 0


def _table(by: str, results: list[Result], group_of: Callable[[Result], str]) -> None:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[group_of(result)].append(result)
    print(f"\n{by:<20}{'files':>6}{'first line':>17}{'exact':>17}{'automatic':>18}{'false answers':>15}{'ms/file':>9}")
    for name, members in (*groups.items(), ("all", results)):
        print(_row(name, members))


def _row(source: str, results: list[Result]) -> str:
    first = share([result.first_line_right for result in results])
    exact = share([result.exact_right for result in results])
    automatic = share([result.automatic_right for result in results])
    wrong = sum(1 for result in results if result.decision)
    pace = 1000 * sum(result.seconds for result in results) / len(results)
    return f"{source:<20}{len(results):>6}{first:>17}{exact:>17}{automatic:>18}{wrong:>15}{pace:>9.2f}"


if __name__ == "__main__":
    sys.exit(main())
