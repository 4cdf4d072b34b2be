"""How the mail reader does on published mails: first line, exact text, automatic mail, false answers.

Run as `python -m benchmarks.mail_corpus [--misses]`. The mails stay outside the project, in `../shared/mail-corpus`
beside the checkout; none is copied. It must not assert: the tests do, by `measure`.
"""

import argparse
import csv
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
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


def main(arguments: list[str]) -> int:
    """Print the table; 0 also where the corpus is absent, since nothing is wrong then."""
    parser = argparse.ArgumentParser(description="the mail reader on published mails")
    parser.add_argument(
        "--misses", action="store_true", help="list the files that differ from what their authors state"
    )
    options = parser.parse_args(arguments)
    if not (CORPUS / "manifest.csv").exists():
        print("no mails: ../shared/mail-corpus is not beside this checkout")
        return 0
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in measure():
        groups[result.file.split("/")[0]].append(result)
        groups["all"].append(result)
    groups["all"] = groups.pop("all")
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    print(
        f"{'source':<20}{'files':>6}{'first line':>17}{'exact':>17}{'automatic':>18}{'false answers':>15}{'ms/file':>9}"
    )
    for source, results in groups.items():
        print(_row(source, results))
    if options.misses:
        for result in groups["all"]:
            if False in (result.first_line_right, result.exact_right, result.automatic_right) or result.decision:
                print(result)
    return 0


def _row(source: str, results: list[Result]) -> str:
    first = share([result.first_line_right for result in results])
    exact = share([result.exact_right for result in results])
    automatic = share([result.automatic_right for result in results])
    wrong = sum(1 for result in results if result.decision)
    pace = 1000 * sum(result.seconds for result in results) / len(results)
    return f"{source:<20}{len(results):>6}{first:>17}{exact:>17}{automatic:>18}{wrong:>15}{pace:>9.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
