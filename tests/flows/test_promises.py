"""Promises made in a callback: each has a day, and on it whoever promised says whether it was kept (CB-4)."""

from datetime import date, timedelta
from typing import Any

import pytest

from crm_workflows.business.figures import reporting
from crm_workflows.business.figures.months import Month
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow, CustomerContact
from flows.callback_promise.elements import PromiseResult
from flows.periodic_callbacks import promises
from flows.periodic_callbacks.forms import CallbackRecord
from flows.periodic_callbacks.promises import Promise
from tests.flows.customers import IN_MEMORY, MANAGER, OWNER, enter, linked, shown
from tests.flows.test_periodic_callbacks import call, morning
from tests.office import Office

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("line", "promise"),
    [
        ("2026-06-03 send a sample", Promise(date(2026, 6, 3), "send a sample")),
        ("６月３日：寄目录。", Promise(date(2026, 6, 3), "寄目录")),
        ("2026年6月3日寄目录", Promise(date(2026, 6, 3), "寄目录")),
        ("2026/6/3, 报价 50 件（Gao.Ming@yongchang.example）", Promise(date(2026, 6, 3), "报价 50 件", MANAGER)),
        ("2月3日 回访", Promise(date(2027, 2, 3), "回访")),
        ("5月20日 寄目录", Promise(date(2026, 5, 20), "寄目录")),
        ("寄目录", None), ("6月3日", None), ("2月30日 寄目录", None), ("2026-13-01 x", None), ("3/4 寄目录", None),
        ("2026-06-033 x", None), ("6月3日 @@", None),
    ],
)  # fmt: skip
def test_a_promise_says_its_day_first(line: str, promise: Promise | None) -> None:
    assert promises.one(line, TODAY) == promise


@pytest.mark.parametrize(
    ("today", "line", "by"),
    [
        (date(2026, 1, 10), "12月20日 寄目录", date(2025, 12, 20)), (date(2026, 1, 10), "1月5日 x", date(2026, 1, 5)),
        (date(2025, 12, 31), "1月1日 x", date(2026, 1, 1)), (date(2026, 3, 2), "12月20日 x", date(2026, 12, 20)),
        (date(2027, 12, 1), "2月29日 x", date(2028, 2, 29)),
    ],
)  # fmt: skip
def test_a_day_without_a_year_is_near_also_at_the_turn_of_the_year(today: date, line: str, by: date) -> None:
    found = promises.one(line, today)
    assert found is not None
    assert found.by == by


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("寄目录", "begin promise 1 with its day"),
        ("2026-06-03 寄目录\n\n再联系", "begin promise 2"),
        ("2026-05-31 寄目录", "the day of promise 1 is over"),
        ("\n".join(["2026-06-03 x"] * 11), "10 promises at most"),
    ],
)
def test_what_is_no_promise_is_refused_in_the_form(text: str, why: str) -> None:
    values = {"result": "reached", "satisfaction": 5, "summary": "好", "promises": text}
    with pytest.raises(ValueError, match=why):
        CallbackRecord.model_validate(values, context={"since": TODAY.isoformat()})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("已联系上 5 运行平稳；承诺 6月3日 寄目录", "6月3日 寄目录"),
        ("Reached 4 runs smoothly; promise 2026-06-03 send quotation", "2026-06-03 send quotation"),
        ("已联系上 5 平稳，承诺6月3日寄目录，承诺：6月9日报价", "6月3日寄目录\n6月9日报价"),
        (
            "已联系上 5 平稳，不需要备件；承诺 6月3日，寄客户需要的样品，共 3,000 件",
            "6月3日,寄客户需要的样品,共 3,000 件",
        ),
        ("已联系上 5 平稳；承诺 6月3日 寄目录，需要新报价", None),
        ("reached 5 fine; promise 2026-06-03 send a catalogue, they need a new quotation", None),
        ("已联系上 5 承诺 6月3日 寄目录", None),
        ("已联系上 5 平稳；承诺下周寄目录", None),
        ("已联系上 5 平稳；承诺 6月3日 退款", None),
        ("已联系上 5 平稳；承诺 6月3日或6月4日 寄目录", None),
        ("未联系上；承诺 6月3日 寄目录", None),
        ("已联系上 5 平稳；承诺 6月3日 灭火后起火原因说明", None),
    ],
)
def test_a_reply_promises_behind_all_else(line: str, said: str | None) -> None:
    fields = CallbackRecord.from_reply(line)
    assert (fields and fields["promises"]) == said


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("已兑现", {"result": "kept", "reason": ""}),
        ("好的，已兑现。谢谢！", {"result": "kept", "reason": ""}),
        ("*Kept, thanks.*", {"result": "kept", "reason": ""}),
        ("未兑现：缺货", {"result": "not_kept", "reason": "缺货"}),
        ("not kept out of stock", {"result": "not_kept", "reason": "out of stock"}),
        ("未兑现", None), ("大概已兑现", None), ("已兑现？", None), ("好的", None), ("已兑现\n等等", None),
        ("kept not", None), ("已兑现 不是", None), ("kept partly", None), ("Kept, except one", None),
        ("已兑现，客户还没收到", None), ("kept, will send tomorrow", None), ("已兑现 2 未兑现", None),
        ("已兑现...", None), ("未兑现 已兑现", None), ("not kept kept", None), ("not kept: reason", None),
        ("已兑现 客户投诉", None), ("未兑现：客户起火受伤", None), ("未兑现：客户投诉", None),
        ("not kept, they sue", None),
    ],
)  # fmt: skip
def test_one_line_of_a_reply_says_whether_it_was_kept(words: str, fields: dict[str, Any] | None) -> None:
    assert PromiseResult.from_reply(words) == fields


def followed_up(office: Office) -> list[str]:
    with office.engine.store.read() as reader:
        return [row.code for row in reader.find(CaseRow, process="callback-promise", order="code")]


@IN_MEMORY
def test_on_its_day_whoever_promised_is_asked_and_the_share_kept_is_a_figure(office: Office) -> None:
    enter(office)
    code, today = call(office), office.engine.today(office.clock.now())
    with pytest.raises(InvalidInput, match="begin promise 1 with its day"):
        office.submit(code, promises="寄新目录")
    first, second = today + timedelta(days=2), today + timedelta(days=3)
    offer_on = f"{second.month}月{second.day}日"
    said = (f"{first} 寄新目录", f"{offer_on} 报价 {MANAGER}", f"{second} 样品 nobody@yongchang.example")
    office.submit(code, promises="\n".join(said))
    assert followed_up(office) == [], "not before its day"
    office.move_to(office.engine.staff.calendar().midnight(first) + timedelta(hours=1))
    (catalogue,) = followed_up(office)
    asked = office.waiting(catalogue, "promise_kept")
    assert (asked["assignee"]["email"], shown(office, catalogue, "promise_kept")["Promised"]) == (OWNER, "寄新目录")
    office.move_to(office.engine.staff.calendar().midnight(second) + timedelta(hours=1))
    _, offer, sample = followed_up(office)
    assert office.waiting(offer)["assignee"]["email"] == MANAGER
    assert shown(office, sample, "promise_kept")["Promised"] == "样品（nobody@yongchang.example）"
    assert office.waiting(sample)["assignee"]["email"] == OWNER
    office.reply(office.asking(catalogue), "已兑现\n\n谢谢\n林晓雨")
    office.work()
    with pytest.raises(InvalidInput, match="say why"):
        office.submit(offer, result="not_kept", reason="")
    with pytest.raises(InvalidInput, match="lies after the one promised"):
        office.submit(offer, result="not_kept", reason="价格待批", again_on=second.isoformat())
    later = second + timedelta(days=7)
    office.submit(offer, result="not_kept", reason="价格待批", again_on=later.isoformat())
    assert [office.view(one)["rows"]["promise"] for one in (catalogue, offer)] == ["kept", "not_kept"]
    office.work()
    assert len(followed_up(office)) == 3, "asked about again on its new day only"
    office.move_to(office.engine.staff.calendar().midnight(later) + timedelta(hours=1))
    again = followed_up(office)[-1]
    assert (again, shown(office, again, "promise_kept")["Promised"]) == (followed_up(office)[3], "报价")
    month = Month.of(office.engine.today(office.clock.now()))
    (report,) = reporting.reports(office.engine, month, "periodic-callbacks")
    kept = report.figure("cb_promises").whole
    assert (kept.hits, kept.count) == (1, 3), (
        "what nobody has confirmed counts as not kept; what is not due, not at all"
    )


@IN_MEMORY
def test_promises_of_a_record_that_is_sent_back_are_not_booked(office: Office) -> None:
    enter(office, tier="A")
    code = call(office)
    day = office.engine.today(office.clock.now()) + timedelta(days=1)
    office.submit(code, satisfaction=1, promises=f"{day} 换货")
    office.submit(code, gate="callback_sample", is_right=False, remark="换货不可承诺")
    office.submit(code, gate="callback_record", satisfaction=1, promises=f"{day} 上门检查")
    office.submit(code, gate="callback_sample")
    office.move_to(office.engine.staff.calendar().midnight(day) + timedelta(hours=1))
    (only,) = followed_up(office)
    assert shown(office, only, "promise_kept")["Promised"] == "上门检查"


def test_what_concerns_safety_is_told_to_be_started_as_a_complaint_in_the_form_too() -> None:
    with pytest.raises(ValueError, match="it is a complaint: start one"):
        PromiseResult(result="not_kept", reason="客户现场起火")
    assert PromiseResult(result="not_kept", reason="已登记投诉 CP-2026-00012").result == "not_kept"


@IN_MEMORY
def test_who_is_known_by_phone_alone_is_called_promised_something_and_reviewed(office: Office) -> None:
    enter(office)
    with office.engine.store.write() as tx:
        tx.update(CustomerContact, ("C-MA-0009", 0), email="")
    (code,) = morning(office, days=91)
    assert shown(office, code, "callback_record")["Call"] == "顾晚晴 · +8651255500188"
    day = office.engine.today(office.clock.now()) + timedelta(days=1)
    office.submit(code, promises=f"{day} 寄新目录", changed_data="迁至新址", complaint="漏油")
    complaint = office.view(linked(office, code, "complaint"))
    assert complaint["subject"]["contact"]["email"] is None
    review = office.view(linked(office, code, "changed_data"))
    assert review["subject"]["contact"]["email"] == OWNER, "as in every review"
    office.move_to(office.engine.staff.calendar().midnight(day) + timedelta(hours=1))
    (promise,) = followed_up(office)
    assert office.waiting(promise, "promise_kept")["assignee"]["email"] == OWNER
