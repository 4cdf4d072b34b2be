"""Key figures in words and as rows, for people (RP-1): what stands in text, tables and CSV. It must not measure."""

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from crm_workflows.business.figures.kpi import Kind, Kpi
from crm_workflows.business.figures.measuring import TENTH, Value
from crm_workflows.business.figures.parts import PARTS
from crm_workflows.business.figures.reporting import AGES, Measured, ProcessReport
from crm_workflows.domain.people import Directory
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

SHARES: Final = (Kind.SHARE, Kind.CHURN, Kind.PAUSED, Kind.SHARE_NOW, Kind.COVERED_NOW, Kind.PART_NOW)
NONE_IN_PERIOD: Final = "本期没有可统计的 / nothing to count in the period"
NONE_NOW: Final = "目前没有可统计的 / nothing to count now"
NONE_BEFORE: Final = "上年同期没有 / none in the year before"
NOT_MEASURED: Final = "未统计 / not measured"
HEADINGS: Final = (
    "流程 / Process", "指标 / Figure", "分类 / Part", "部门或人员 / Department or person", "数量 / Count",
    "数值 / Value", "单位 / Unit", "90% 以内 / 90% within", "目标 / Target",
)  # fmt: skip
SENT_BACK: Final = re.compile(r"([A-Z]{1,3}-\d+)：(.+)", re.DOTALL)
HOURS: Final = 24
UNDER_AN_HOUR: Final = "不到 1 小时 / under an hour"
UNITS: Final = {Kind.DAYS: "天 / days", Kind.GROWN: "%", **dict.fromkeys(SHARES, "%")}


def said(kpi: Kpi, value: Value) -> str:
    """A figure in a few words, as a label; that there is nothing to count where there is not."""
    if kpi.kind is Kind.LACKING:
        return NOT_MEASURED
    if kpi.kind is Kind.MONEY:
        if not value.money:
            return NONE_IN_PERIOD
        return bilingual(*(_sums(value, language) for language in LANGUAGES))
    if kpi.kind is Kind.GROWN and value.count and value.value is None:
        return NONE_BEFORE
    if value.value is None:
        return NONE_NOW if kpi.is_of_now else NONE_IN_PERIOD
    if kpi.kind is Kind.GROWN:
        return f"{'+' if value.value > 0 else ''}{number(value.value)}%"
    if kpi.kind in SHARES:
        return f"{number(value.value)}%"
    if kpi.kind is Kind.DAYS:
        return length(value.value)
    return number(value.value)


def length(days: Decimal) -> str:
    """So many days as a label, told in hours where it is less than one."""
    hours = hours_in(days)
    if hours < 1:
        return UNDER_AN_HOUR
    many, zh, en = (hours, "小时", "hour") if hours < HOURS else (max(days, Decimal(1)), "天", "day")
    return bilingual(f"{number(many)} {zh}", f"{number(many)} {en}{'' if many == 1 else 's'}")


def hours_in(days: Decimal) -> Decimal:
    """With one decimal."""
    return (days * HOURS).quantize(TENTH, ROUND_HALF_UP)


def _sums(value: Value, language: str) -> str:
    return ("；" if language == "zh" else "; ").join(one.shown(language) for one in value.money)


def is_told(kpi: Kpi, value: Value) -> bool:
    """Whether there is a figure at all, not only that there is none."""
    return said(kpi, value) not in (NOT_MEASURED, NONE_IN_PERIOD, NONE_NOW, NONE_BEFORE)


def nothing_for(figures: Sequence[Measured]) -> str:
    """Names those of the figures that tell nothing, a label; empty where each tells something."""
    silent = [one.kpi.title for one in figures if not is_told(one.kpi, one.whole)]
    zh, en = ([in_language(title, language) for title in silent] for language in LANGUAGES)
    return bilingual(f"没有可统计的：{'、'.join(zh)}", f"Nothing to count for: {'; '.join(en)}") if silent else ""


def beside(kpi: Kpi, value: Value) -> str:
    """What the figure rests on, or what is lacking for it, as a label; empty where it says all itself."""
    if kpi.kind is Kind.LACKING:
        zh, en = (in_language(kpi.says, language) for language in ("zh", "en"))
        return bilingual(zh.partition("：")[2], en.partition(": ")[2])
    if kpi.kind in SHARES and value.hits is not None and value.count:
        return f"{value.hits}/{value.count}"
    if kpi.kind is Kind.GROWN and value.money:
        (now_zh, then_zh), (now_en, then_en) = ([one.shown(language) for one in value.money] for language in LANGUAGES)
        return bilingual(f"{now_zh}，上年同期 {then_zh}", f"{now_en}, a year before {then_en}")
    if kpi.kind is Kind.DAYS and value.high is not None:
        if value.count == 1:
            return "1 件 / one case"
        within = "1 小时 / an hour" if hours_in(value.high) < 1 else length(value.high)
        zh, en = (in_language(within, language) for language in LANGUAGES)
        return bilingual(f"{value.count} 件；90% 在 {zh}内", f"of {value.count}; 90% within {en}")
    if kpi.kind is Kind.AMISS and value.count:
        return bilingual(f"共收货 {value.count} 笔", f"of {value.count} received")
    if kpi.kind is Kind.OVERDUE_NOW and value.count:
        return bilingual(f"共 {value.count} 家", f"of {value.count}")
    return ""


def basis(measured: Measured) -> str:
    """What the figure rests on; where its number says all of that, what it is made up of."""
    made_of = [(part_named(key), said(measured.kpi, value)) for key, value in measured.parts]
    zh, en = ([f"{in_language(what, one)} {in_language(many, one)}" for what, many in made_of] for one in LANGUAGES)
    return beside(measured.kpi, measured.whole) or (bilingual("、".join(zh), ", ".join(en)) if made_of else "")


def aim(measured: Measured) -> str:
    """The target in words; empty without one."""
    if measured.target is None:
        return ""
    sign = "≤" if measured.kpi.less_is_better else "≥"
    unit = (in_language(UNITS.get(measured.kpi.kind, ""), language) for language in LANGUAGES)
    return bilingual(*(f"{sign} {measured.target}{'' if one == '%' else ' '}{one}".strip() for one in unit))


def number(value: Decimal) -> str:
    """Without needless decimals."""
    whole = value.to_integral_value()
    return str(whole) if value == whole else str(value).rstrip("0")


def part_named(key: str) -> str:
    """A part as a label: class, tier, outcome and channel by name, a label as it is; behind a rule why it sent back."""
    back = SENT_BACK.fullmatch(key)
    if back:
        rule, why = back.groups()
        return bilingual(f"{rule}：{in_language(why, 'zh')}", f"{rule}: {in_language(why, 'en')}")
    return PARTS.get(key, key)


def age_labels() -> tuple[str, ...]:
    """What the columns of ages are called."""
    spans = zip((0, *AGES), AGES, strict=False)
    named = [bilingual(f"{first}–{last} 天", f"{first}–{last} days") for first, last in spans]
    return (*named, bilingual(f"{AGES[-1]} 天以上", f"over {AGES[-1]} days"))


def rows(report: ProcessReport, people: Directory, language: str) -> Iterator[tuple[str, ...]]:
    """The whole report as a table under `HEADINGS` and what came before, for reading by programs."""
    title = in_language(report.title, language)
    for one in report.figures:
        yield _row(one, title, "", "", one.whole, language)
        for key, value in one.parts:
            yield _row(one, title, in_language(part_named(key), language), "", value, language)
        for key, value in one.departments:
            yield _row(one, title, "", people.department_label(key, language), value, language)
        for key, value in one.people:
            person = people.person(key)
            yield _row(one, title, "", person.shown_name(language) if person else key, value, language)


def _row(one: Measured, title: str, part: str, who: str, value: Value, language: str) -> tuple[str, ...]:
    is_whole = not part and not who
    last = one.last if is_whole else None
    is_sum = one.kpi.kind is Kind.MONEY
    plain = "; ".join(str(money) for money in value.money) if is_sum else _plain(value.value)
    return (
        title, in_language(one.kpi.title, language), part, who, str(value.count), plain,
        in_language(UNITS.get(one.kpi.kind, ""), language), _plain(value.high),
        str(one.target) if is_whole and one.target is not None else "", _plain(last.value if last else None),
    )  # fmt: skip


def _plain(value: Decimal | None) -> str:
    return "" if value is None else number(value)
