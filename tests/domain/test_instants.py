"""An instant has one text, whoever writes it and in whatever zone they stand."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm_workflows.domain.instants import stamp

NINE_IN_SHANGHAI = datetime(2026, 3, 2, 9, 0, 0, 5, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_equal_instants_are_one_text_of_one_length() -> None:
    assert stamp(NINE_IN_SHANGHAI) == "2026-03-02T01:00:00.000005+00:00" == stamp(NINE_IN_SHANGHAI.astimezone(UTC))
    assert len(stamp(datetime(2026, 3, 2, tzinfo=UTC))) == len(stamp(NINE_IN_SHANGHAI)) == 32


def test_the_hour_that_a_night_has_twice_is_two_instants() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    assert [stamp(first)[11:16], stamp(first.replace(fold=1))[11:16]] == ["05:30", "06:30"]


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        stamp(datetime(2026, 3, 2, 9))  # noqa: DTZ001 - the mistake itself
