"""Reads the calendar file and finds its mistakes (G-4). It must not count time: `WorkingCalendar` does."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Final

from yaml.nodes import Node, SequenceNode

from crm_workflows.adapters.configuration.config_check import Sheet, line_of
from crm_workflows.adapters.configuration.public_holidays import public_days, unknown_country, unpublished_years
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.working_time import Hours, Span, WorkingCalendar

TOP: Final = ("zone", "office_hours", "holidays", "make_up_hours", "overrides")
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OVERRIDE_FIELDS: Final = ("date", "to", "hours", "note")
SPAN: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*(?:([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00)")
LONGEST: Final = 366  # days of one override; a longer one is a slip in the year


@dataclass(frozen=True)
class CalendarSource:
    """What the file says, before holidays are looked up; `standard` is empty where the file leaves it open."""

    zone: str
    weekly: dict[int, Hours]
    country: str | None
    standard: Hours
    overrides: dict[date, Hours]

    def build(self) -> WorkingCalendar:
        """The calendar with the country's holidays and make-up workdays."""
        days = public_days(self.country) if self.country else {}
        return WorkingCalendar(self.zone, self.weekly, days, self.overrides, self.standard)


def read_calendar(
    text: str, file: str, on: date | None = None, *, checked: bool = False
) -> tuple[CalendarSource | None, Sheet]:
    """What a text says, None where it has errors, and the sheet with what was found.

    With `on` (today's date) a year within the next six months whose holidays are not published yet is warned of. The
    country of a text that was `checked` before is not held against the package, whose import takes its time.
    """
    sheet = Sheet(file)
    root = sheet.root(text, "calendar")
    if root is None:
        return None, sheet
    top = sheet.fields(root, "日历文件 / the calendar file", TOP)
    for field in ("zone", "office_hours"):
        if field not in top or sheet.is_null(top[field]):
            zh = f"日历文件缺少 {field}，请补上"
            sheet.error(top.get(field, root), zh, f"the calendar file has no {field}; give it")
    zone = sheet.zone(top.get("zone"), "zone")
    weekly = _weekly(sheet, top.get("office_hours"))
    country = _country(sheet, top.get("holidays"), on, checked=checked)
    standard = _spans(sheet, top["make_up_hours"]) if "make_up_hours" in top else ()
    usual = standard or next(iter(weekly.values()), ())
    overrides = _overrides(sheet, top.get("overrides"), usual)
    if sheet.has_errors or zone is None:
        return None, sheet
    return CalendarSource(zone, weekly, country, standard, overrides), sheet


def _weekly(sheet: Sheet, node: Node | None) -> dict[int, Hours]:
    fields = sheet.fields(node, "office_hours", WEEKDAYS)
    hours = {WEEKDAYS.index(day): _hours(sheet, value, ()) for day, value in fields.items()}
    weekly = {day: spans for day, spans in sorted(hours.items()) if spans}
    if node is not None and fields and not weekly and not sheet.has_errors:
        zh = "office_hours 每天都是 closed，请至少开放一天"
        sheet.error(node, zh, "office_hours are closed on every weekday; open at least one")
    return weekly


def _hours(sheet: Sheet, node: Node, usual: Hours) -> Hours:
    """Spans, `closed`, or `open` where there are usual hours to open with."""
    if isinstance(node, SequenceNode):
        return _spans(sheet, node)
    written = sheet.text(node, "时段 / hours")
    if written == "open" and usual:
        return usual
    if written != "closed":
        zh = "closed、open 或时段" if usual else "closed 或时段"
        en = "closed, open or spans" if usual else "closed or spans"
        sheet.error(
            node,
            f"时间“{written or ''}”须为 {zh}，如 [08:30-12:00, 13:00-17:30]",
            f'hours "{written or ""}" must be {en} such as [08:30-12:00, 13:00-17:30]',
        )
    return ()


def _spans(sheet: Sheet, node: Node) -> Hours:
    spans: list[Span] = []
    for item in sheet.items(node, "时段 / hours"):
        span = _span(sheet, item)
        if span is not None:
            spans.append(span)
    for earlier, later in pairwise(spans):
        if earlier.closes == time.min or earlier.closes > later.opens:
            en = f"hours {earlier} and {later} overlap or are out of order; sort them and leave a gap"
            sheet.error(node, f"时段 {earlier} 与 {later} 重叠或顺序不对，请按先后排列并留出间隔", en)
    return tuple(spans)


def _span(sheet: Sheet, node: Node) -> Span | None:
    written = sheet.text(node, "时段 / hours") or ""
    match = SPAN.fullmatch(written)
    if match is None:
        zh = f"时段“{written}”须写成 08:30-12:00 这样"
        sheet.error(node, zh, f'hours "{written}" must be written like 08:30-12:00')
        return None
    closes = time(int(match[3]), int(match[4])) if match[3] else time.min
    if match[3] and closes == time.min:
        zh = f"时段“{written}”止于 00:00，一天结束请写 24:00"
        sheet.error(node, zh, f'hours "{written}" end at 00:00; write 24:00 for the end of the day')
        return None
    try:
        return Span(time(int(match[1]), int(match[2])), closes)
    except AuthorMistake:
        en = f'hours "{written}" must open before they close; split a night at 24:00 into two days'
        sheet.error(node, f"时段“{written}”须先开后关；跨夜的请在 24:00 分成两天", en)
        return None


def _country(sheet: Sheet, node: Node | None, on: date | None, *, checked: bool) -> str | None:
    written = sheet.text(node, "holidays")
    if written is None or node is None or written == "none":
        return None
    problem = None if checked else unknown_country(written)
    if problem:
        sheet.error(node, *problem)
        return None
    for year in unpublished_years(written, on, on + timedelta(days=183)) if on else ():
        sheet.warn(
            node,
            f"所装 holidays 软件包中还没有 {year} 年的放假和调休安排；更新之前只算法定假日，请在 overrides 中填写调休",
            f"holidays and make-up workdays of {year} are not published in the installed package `holidays`; until it "
            "is updated only the statutory dates count: enter bridge days and make-up days as overrides",
        )
    return written


def _overrides(sheet: Sheet, node: Node | None, usual: Hours) -> dict[date, Hours]:
    found: dict[date, Hours] = {}
    lines: dict[date, int] = {}
    for item in sheet.items(node, "overrides"):
        fields = sheet.fields(item, "例外日 / an override", OVERRIDE_FIELDS)
        for field in ("date", "hours"):
            if field not in fields or sheet.is_null(fields[field]):
                zh = f"例外日缺少 {field}，请补上"
                sheet.error(fields.get(field, item), zh, f"an override has no `{field}`; give it")
        hours = _hours(sheet, fields["hours"], usual) if "hours" in fields else ()
        for day in _days(sheet, fields):
            if day in found:
                zh = f"{day} 在第 {lines[day]} 行已有例外，请只保留一处"
                sheet.error(item, zh, f"{day} is overridden on line {lines[day]} already; keep one")
                break
            found[day], lines[day] = hours, line_of(item)
    return found


def _days(sheet: Sheet, fields: dict[str, Node]) -> list[date]:
    first = sheet.day(fields.get("date"), "date")
    last = sheet.day(fields.get("to"), "to")
    if first is None:
        return []
    length = ((last or first) - first).days + 1
    if not 1 <= length <= LONGEST:
        zh, en = ("请对调", "swap them") if length < 1 else ("请核对年份", "check the year")
        en = f"an override from {first} to {last} cannot be: {en}"
        sheet.error(fields["to"], f"例外日不能从 {first} 到 {last}：{zh}", en)
        return []
    return [first + timedelta(days=n) for n in range(length)]
