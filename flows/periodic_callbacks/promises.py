"""What was promised in a callback, as people write it: a line each, its day, what, and who if not who called (CB-4).

It reads only. A day without a year is one of the coming months.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from crm_workflows import bilingual

MOST: Final = 10
DAY: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)|(?:(\d{4})年)?(\d{1,2})月(\d{1,2})[日号]")
WHO: Final = re.compile(r"[\s,，(（]+([^\s@()（）]+@[^\s@()（）]+)[)）]?$")
JUST_OVER: Final = timedelta(days=60)
"""A day without a year that is over for no longer is not meant to be one of next year."""
LEAP: Final = date(2028, 1, 1)
"""Stands for today where nobody says what day it is: every day of a year exists in it."""
HOW: Final = "2026-06-03 寄样品", "2026-06-03 send a sample"


@dataclass(frozen=True)
class Promise:
    """What was promised, by when, and the mail address of who did; empty: who called."""

    by: date
    what: str
    who: str = ""


def read(text: str, today: date = LEAP, *, since: date | None = None) -> tuple[Promise, ...]:
    """Each line a promise, days without a year as seen from `today`; ValueError with a label for one that says no day
    or nothing else, and for one whose day was over at `since`.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST:
        raise ValueError(bilingual(f"承诺最多 {MOST} 项", f"{MOST} promises at most"))
    return tuple(_each(lines, today, since))


def _each(lines: list[str], today: date, since: date | None) -> Iterator[Promise]:
    for n, line in enumerate(lines, 1):
        found = one(line, today)
        if found is None:
            zh, en = HOW
            raise ValueError(
                bilingual(f"第 {n} 项承诺请以日期开头，如“{zh}”", f"begin promise {n} with its day, such as “{en}”")
            )
        if since is not None and found.by < since:
            raise ValueError(bilingual(f"第 {n} 项承诺的日期已过，请核对", f"the day of promise {n} is over; check it"))
        yield found


def one(line: str, today: date) -> Promise | None:
    """The promise of one line; None where it does not begin with a day, or says nothing else."""
    line = unicodedata.normalize("NFKC", line)
    said = DAY.match(line)
    day = _day(said, today) if said else None
    if said is None or day is None:
        return None
    rest = line[said.end() :]
    who = WHO.search(rest)
    what = (rest[: who.start()] if who else rest).strip(" ,;:、。.\t")
    return Promise(day, what, who[1].lower() if who else "") if any(letter.isalpha() for letter in what) else None


def _day(said: re.Match[str], today: date) -> date | None:
    year, month, day = said[1] or said[5], int(said[3] or said[6]), int(said[4] or said[7])
    years = [int(year)] if year else [today.year - 1, today.year, today.year + 1]
    days = [made for made in (_date(one, month, day) for one in years) if made]
    return next((made for made in days if year or made >= today - JUST_OVER), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
