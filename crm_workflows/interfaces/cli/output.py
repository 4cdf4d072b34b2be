"""What commands print: one JSON document for scripts, tables for people. It must not decide what is shown."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crm_workflows.interfaces.cli.language import terminal_language, told

WIDTH_IN_FILES = 160
"""Columns where the output is no terminal: nothing is cut off for a pipe."""


def console() -> Console:
    """Standard output as it is now, without guesses about what to colour."""
    is_terminal = sys.stdout.isatty()
    return Console(highlight=False, emoji=False, markup=False, width=None if is_terminal else WIDTH_IN_FILES)


def print_json(document: Any) -> None:
    """One document, readable and in its own characters; escaped where the output is not in Unicode."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    sys.stdout.write(json.dumps(document, ensure_ascii=not is_unicode, indent=2) + "\n")


def say(label: str, *, indent: str = "") -> None:
    """One line for people, in the language of the terminal."""
    console().print(Text(indent + told(label)), soft_wrap=True)


def tell_failure(label: str) -> None:
    """The one sentence of a command that failed, on standard error."""
    sys.stderr.write(told(label) + "\n")
    sys.stderr.flush()


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """A table with bilingual headings; cells are shown as they are, None as nothing. Nothing is printed for no rows.

    A column in which nothing stands is left out.
    """
    listed = [[_cell(value) for value in row] for row in rows]
    if not listed:
        return
    used = [n for n in range(len(headings)) if any(row[n].plain for row in listed)]
    table = Table(
        title=told(title) if title else None, title_justify="left", title_style="bold", header_style="dim",
        box=box.SIMPLE_HEAD, pad_edge=False,
    )  # fmt: skip
    for n in used:
        table.add_column(told(headings[n]), overflow="fold")
    for row in listed:
        table.add_row(*[row[n] for n in used])
    console().print(table)


def _cell(value: object) -> Text:
    return value if isinstance(value, Text) else Text("" if value is None else str(value))


def local(at: str | datetime | None, zone: tzinfo) -> str:
    """An instant in the company's zone, to the minute; empty for None. `name_zone` names the zone below."""
    if at is None:
        return ""
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def name_zone(zone: tzinfo) -> None:
    """In which zone a table has told its times, by its name and as people say it."""
    from babel.dates import get_timezone_name

    language = terminal_language()  # of this one alone: each language is a file of names that takes its time
    name = get_timezone_name(zone, locale=language, zone_variant="generic")
    line = f"时间均为{name}（{zone}）" if language == "zh" else f"all times are {name} ({zone})"
    console().print(Text(line, style="dim"), soft_wrap=True)


@contextmanager
def progress(label: str, *, shown: bool = True) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while something lasts, at a terminal only; call what it gives with (done, of all)."""
    if not (shown and sys.stderr.isatty()):
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(told(label), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
