"""Rules of rounds in words, in both languages."""

import pytest

from crm_workflows.domain.recurrence_words import in_words

SAID = {
    "cadence": "每个工作日，按等级周期 / each working day, by tier",
    "workday 09:00": "每个工作日 09:00 / each working day 09:00",
    "workday 1 08:30": "每月第 1 个工作日 08:30 / the 1st working day of each month 08:30",
    "workday -1 17:00": "每月最后一个工作日 17:00 / the last working day of each month 17:00",
    "workday -2 17:00": "每月倒数第 2 个工作日 17:00 / the 2nd last working day of each month 17:00",
    "workday 12 09:00": "每月第 12 个工作日 09:00 / the 12th working day of each month 09:00",
    "0 9 * * *": "每天 09:00 / every day at 09:00",
    "0 9 * * 1": "每周一 09:00 / every Mon at 09:00",
    "30 8,14 * * 1-5": "每周一至周五 08:30、14:30 / every Mon–Fri at 08:30, 14:30",
    "0 9 * * 0,3,4": "每周三、周四、周日 09:00 / every Wed, Thu, Sun at 09:00",
    "0 9 1,15 * *": "每月 1 日、15 日 09:00 / on day 1, 15 of each month at 09:00",
    "0 9 1-7 1,4,7,10 *": "1月、4月、7月、10月 1–7 日 09:00 / on day 1–7 in Jan, Apr, Jul, Oct at 09:00",
    "0 9 1 * 1": "每月 1 日，以及每周一 09:00 / on day 1 of each month, and every Mon at 09:00",
    "0 9 1-31 * 1": "每天 09:00 / every day at 09:00",
    "0 9 * 12 *": "12月每天 09:00 / every day in Dec at 09:00",
    "0 9 * 12 5": "12月每周五 09:00 / every Fri in Dec at 09:00",
    "*/15 * * * *": "每天 每小时第 0、15、30、45 分 / every day at minute 0, 15, 30, 45 of every hour",
    "*/30 9-17 * * 1": "每周一 9–17 点，每小时第 0、30 分 / every Mon at minute 0, 30 of the hours 9–17",
}


@pytest.mark.parametrize("rule", SAID)
def test_a_rule_is_said_in_words(rule: str) -> None:
    assert in_words(rule) == SAID[rule]
