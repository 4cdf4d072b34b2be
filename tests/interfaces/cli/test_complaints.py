"""A complaint on the command line: entered as a call came in, and its time limits with every pause (CP-1, CP-14)."""

import json

from flows.complaint_resolution.examples import COMPLAINT
from tests.interfaces.cli.conftest import Crmw, Story

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
