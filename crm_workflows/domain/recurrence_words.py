"""Says in words when a round comes, whatever its rule looks like (CB-2). It must not work out instants.

Only rules that have been read before come here; what `recurrence` takes, this can say.
"""

from collections.abc import Collection, Iterator
from typing import Final

from crm_workflows.domain.cron import Cron
from crm_workflows.domain.recurrence import ByWorkdays, read_rule
from crm_workflows.domain.text import MONTHS, WEEKDAYS, bilingual

BY_TIER: Final = "每个工作日，按等级周期 / each working day, by tier"
MOST_TIMES: Final = 6
"""Times of day that are named one by one; more are told by hours and minutes."""
ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, ALL_HOURS = range(1, 32), range(1, 13), range(7), range(24)
ORDINALS: Final = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
Pair = tuple[str, str]


def in_words(rule: str) -> str:
    """Of a rule as it was written, a label in both languages; raises InvalidInput as reading it does."""
    read = read_rule(rule)
    if isinstance(read, ByWorkdays):
        if read.at is None:
            return BY_TIER
        at = f" {read.at:%H:%M}"
        zh, en = _working_day(read.n)
        return bilingual(f"{zh}{at}", f"{en}{at}")
    (days_zh, days_en), (times_zh, times_en) = _days(read.cron), _times(read.cron)
    return bilingual(f"{days_zh} {times_zh}", f"{days_en} {times_en}")


def _working_day(n: int | None) -> Pair:
    if n is None:
        return "每个工作日", "each working day"
    last = n < 0
    if n == -1:
        return "每月最后一个工作日", "the last working day of each month"
    place = f"{abs(n)}{_th(abs(n))}{' last' if last else ''}"
    return f"每月{'倒数' if last else ''}第 {abs(n)} 个工作日", f"the {place} working day of each month"


def _days(cron: Cron) -> Pair:
    """On which days; where a day of the month and a weekday are named either of them suffices, as cron has it."""
    some_days, some_weekdays = cron.days != set(ALL_DAYS), cron.weekdays != set(ALL_WEEKDAYS)
    months_zh, months_en = _months(cron)
    if (cron.either_day and not (some_days and some_weekdays)) or not (some_days or some_weekdays):
        return f"{months_zh}每天", f"every day{months_en}"
    if not some_days:
        return _weekdays(cron.weekdays, months_zh, months_en)
    zh, en = _month_days(cron.days, (months_zh, months_en))
    if not some_weekdays:
        return zh, en
    also_zh, also_en = _weekdays(cron.weekdays, "", months_en)
    return f"{zh}，以及{also_zh}", f"{en}, and {also_en}"


def _months(cron: Cron) -> Pair:
    if cron.months == set(ALL_MONTHS):
        return "", ""
    named = sorted(cron.months)
    return "、".join(f"{n}月" for n in named), " in " + ", ".join(MONTHS[n - 1] for n in named)


def _month_days(days: Collection[int], months: Pair) -> Pair:
    zh = "、".join(f"{_span(run)} 日" for run in _runs(sorted(days)))
    en = ", ".join(_span(run) for run in _runs(sorted(days)))
    return f"{months[0] or '每月'} {zh}", f"on day {en}{months[1] or ' of each month'}"


def _weekdays(weekdays: Collection[int], months_zh: str, months_en: str) -> Pair:
    """Sunday comes last, as people count a week here."""
    runs = list(_runs(sorted((day or 7) - 1 for day in weekdays)))
    said = {
        language: [
            names[run[0]] if len(run) == 1 else f"{names[run[0]]}{'至' if language == 'zh' else '–'}{names[run[-1]]}"
            for run in runs
        ]
        for language, names in WEEKDAYS.items()
    }
    return f"{months_zh}每{'、'.join(said['zh'])}", f"every {', '.join(said['en'])}{months_en}"


def _times(cron: Cron) -> Pair:
    """At which times of these days."""
    times = [f"{hour:02}:{minute:02}" for hour in sorted(cron.hours) for minute in sorted(cron.minutes)]
    if len(times) <= MOST_TIMES:
        return "、".join(times), "at " + ", ".join(times)
    minutes = ", ".join(_span(run) for run in _runs(sorted(cron.minutes)))
    hours = ", ".join(_span(run) for run in _runs(sorted(cron.hours)))
    if cron.hours == set(ALL_HOURS):
        return f"每小时第 {minutes.replace(', ', '、')} 分", f"at minute {minutes} of every hour"
    zh = f"{hours.replace(', ', '、')} 点，每小时第 {minutes.replace(', ', '、')} 分"
    return zh, f"at minute {minutes} of the hours {hours}"


def _runs(numbers: Collection[int]) -> Iterator[list[int]]:
    """Numbers in order, those that follow each other together if there are three or more."""
    run: list[int] = []
    for number in [*numbers, None]:
        if number is not None and (not run or number == run[-1] + 1):
            run.append(number)
            continue
        yield from [run] if len(run) > 2 else [[one] for one in run]
        run = [] if number is None else [number]


def _span(run: list[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}"


def _th(n: int) -> str:
    return ORDINALS.get(n, "th")
