"""The usual rules of rounds as choices, for whoever does not write rules: which days, and a time (CB-2).

A choice is a rule without its time: `workday`, `* * 1`. It must not hold what `recurrence` does not read.
"""

import re
from collections.abc import Mapping
from typing import Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.recurrence import CADENCE
from crm_workflows.domain.recurrence_words import BY_TIER
from crm_workflows.domain.text import WEEKDAYS, bilingual

OTHER: Final = "other"
USUAL_TIME: Final = "09:00"
DAILY: Final = {
    "workday": "每个工作日 / Every working day",
    "workday 1": "每月第一个工作日 / First working day of each month",
    "workday -1": "每月最后一个工作日 / Last working day of each month",
}
WEEKLY: Final = {
    f"* * {(n + 1) % 7}": bilingual(f"每{zh}", f"Every {en}")
    for n, (zh, en) in enumerate(zip(WEEKDAYS["zh"], WEEKDAYS["en"], strict=True))
}
MONTHLY: Final = {f"{n} * *": bilingual(f"每月 {n} 日", f"Day {n} of each month") for n in range(1, 29)}
"""Days that every month has."""
LAST: Final = {CADENCE: BY_TIER, OTHER: "其他，写在下面 / Another rule, written below"}
GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "按工作日 / By working days": DAILY,
    "每周 / Weekly": WEEKLY,
    "每月 / Monthly": MONTHLY,
    "其他 / Other": LAST,
}
TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
BY_DAYS: Final = re.compile(r"(workday(?: -?1)?) (\d\d:\d\d)", re.ASCII)
BY_CRON: Final = re.compile(r"([1-5]?\d) (1?\d|2[0-3]) (.+)", re.ASCII)
NO_TIME: Final = "请按 09:00 的形式填写时间 / write the time as 09:00"
UNKNOWN: Final = "请选择哪些日子 / choose on which days"
BOTH: Final = (
    "既选了日子，又写了其他规则；请清空规则，或选“其他” / "
    "days are chosen and another rule is written; clear the rule, or choose another rule"
)


def rule_of(choice: str, at: str, written: str) -> str:
    """The rule that somebody has chosen, or written; raises InvalidInput where that is none or both."""
    if choice in ("", OTHER):
        return written
    if written:
        raise InvalidInput(BOTH)
    if choice == CADENCE:
        return CADENCE
    if choice not in DAILY | WEEKLY | MONTHLY:
        raise InvalidInput(UNKNOWN)
    found = TIME.fullmatch(at)
    if found is None:
        raise InvalidInput(NO_TIME)
    return f"{choice} {at}" if choice in DAILY else f"{int(found[2])} {int(found[1])} {choice}"


def choice_of(rule: str) -> tuple[str, str]:
    """Choice and time of a rule; `OTHER` where it is none of the choices. The inverse of `rule_of`."""
    words = " ".join(rule.split())
    if words == CADENCE:
        return CADENCE, USUAL_TIME
    if by_days := BY_DAYS.fullmatch(words):
        return by_days[1], by_days[2]
    by_cron = BY_CRON.fullmatch(words)
    if by_cron and by_cron[3] in WEEKLY | MONTHLY:
        return by_cron[3], f"{int(by_cron[2]):02}:{int(by_cron[1]):02}"
    return OTHER, USUAL_TIME
