"""A complaint on the command line: entered as a call came in, and its time limits with every pause (CP-1, CP-14)."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from flows.complaint_resolution.examples import COMPLAINT
from tests.interfaces.cli.conftest import Crmw, Story

SHANGHAI = ZoneInfo("Asia/Shanghai")
BY_PHONE = COMPLAINT | {"contact": {"name": "钟意", "phone": "+8651055500366"}, "received_at": "2020-03-02T08:00+08:00"}


def test_a_call_is_entered_once_and_its_hours_count_from_the_call(crmw: Crmw) -> None:
    words = ("start", "complaint-resolution", "--input", "-", "--idempotency-key", "call-1", "--json")
    (code,) = {crmw(*words, typed=json.dumps(BY_PHONE)).json["case"] for _ in range(2)}
    story = Story(crmw, code)
    assert story.waiting()["gate"] == "short_answer"
    view = story.view()
    assert (view["origin"], view["subject"]["channel"], view["subject"]["contact"]["email"]) == ("cli", "phone", None)
    assert {clock["begun_at"] for clock in view["clocks"]} == {"2020-03-02T00:00:00+00:00"}
    assert len(crmw("cases", "--json").json) == 1


def test_a_time_limit_that_stands_while_the_customer_is_asked_says_since_when(crmw: Crmw) -> None:
    code = crmw("start", "complaint-resolution", "--input", "-", "--json", typed=json.dumps(COMPLAINT)).json["case"]
    story = Story(crmw, code)
    item = story.waiting()
    typed = json.dumps({"question": "少的是哪两套？"})
    assert crmw("submit", item["id"], "--as", item["assignee"]["email"], "--input", "-", typed=typed).status == 0
    assert story.waiting()["gate"] == "customer_question"
    (pause,) = story.view()["clocks"][0]["pauses"]
    assert pause["until"] is None
    shown = crmw("case", code, COLUMNS="200").out
    (line,) = [line for line in shown.splitlines() if "Time limit of the solution" in line and "paused" in line]
    since = datetime.fromisoformat(pause["since"]).astimezone(SHANGHAI)
    assert line.split("paused")[1].split() == [*f"{since:%Y-%m-%d %H:%M}".split(), "–"]
