"""Callbacks recorded by one line of a reply, to the digest or to the mail of one (CB-4)."""

from typing import Any

import pytest

from crm_workflows.domain.records import ContactMade, InboundMail
from flows.periodic_callbacks import said
from flows.periodic_callbacks.forms import CallbackRecord
from tests.engine.filled import morning
from tests.flows.customers import IN_MEMORY, OWNER, enter
from tests.flows.test_callbacks_of_a_morning import handed_out
from tests.flows.test_periodic_callbacks import CONTACT
from tests.office import Office

REACHED = {"result": "reached", "satisfaction": 5, "summary": "运行平稳"}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("已联系上 满意度5 运行平稳", REACHED),
        ("已联系上，满意度：5分，运行平稳", REACHED),
        ("Reached 4 runs smoothly", {"result": "reached", "satisfaction": 4, "summary": "runs smoothly"}),
        ("未联系上 无人接听", {"result": "not_reached", "summary": "无人接听"}),
        ("未联系上", {"result": "not_reached", "summary": ""}),
        ("本次不回访 昨天刚拜访过", {"result": "skip", "reason": "昨天刚拜访过"}),
    ],
)
def test_a_line_that_says_all_is_understood(line: str, fields: dict[str, Any]) -> None:
    assert CallbackRecord.from_reply(line) == fields
    CallbackRecord.model_validate(fields)


@pytest.mark.parametrize(
    "line",
    [
        "", "好的", "5", "已联系上", "已联系上 5", "已联系上 运行平稳", "已联系上 6 平稳", "已联系上 4.5 平稳",
        "已联系上 4-5 平稳", "已联系上 4 或 5 平稳", "reached 5 out of 10 smooth", "已联系上吗 5 平稳",
        "已联系上 5 平稳？", "可能已联系上 5 平稳", "已联系上 5 大概平稳", "未联系上 5 平稳",
        "未联系上 后来已联系上 5 平稳",
        "已联系上 4 客户投诉漏油", "已联系上 4 泵起火，一人受伤", "已联系上 5 下次四月联系",
        "已联系上 5 答应周五寄样品",
        "已联系上 5 新电话 13800000000", "本次不回访", "已联系上 5 平稳\n先别记录",
        "reached 5 fine, complained of noise",
    ],
)  # fmt: skip
def test_a_line_that_leaves_any_doubt_is_not_understood(line: str) -> None:
    assert CallbackRecord.from_reply(line) is None


@pytest.mark.parametrize(
    ("line", "zh"),
    [
        (
            "已联系上 4 运行平稳，想要新目录；承诺 12月3日 寄新目录",
            "“想要”在表单中另有一栏，一行答复记不下，请填写表单",
        ),
        ("已联系上 4 运行平稳；承诺 2月30日 寄新目录", "承诺的日期“2月30日”不存在，请核对"),
        ("已联系上 4 平稳；承诺 12月3日", "承诺请写日期和事项，如“2026-06-03 寄样品”"),
        ("已联系上 4 平稳；承诺 12月3日 寄目录，需要新报价", "“需要”不能写在承诺中，请分开写或填写表单"),
        ("已联系上 4 平稳，需要新报价；承诺 12月3日 寄目录", "“需要”在表单中另有一栏，一行答复记不下，请填写表单"),
        ("已联系上 4 平稳；承诺 12月3日 处理投诉", "“投诉”不能写在承诺中，请分开写或填写表单"),
        ("已联系上 运行平稳", "没有满意度（1–5），请写在结果之后"),
        ("已联系上 5 大概平稳", "“大概”使人不能确定是否作数，请写明结果"),
        ("未联系上 后来已联系上 5 平稳", "“已联系上”是第二个结果，请只写一个"),
        ("已联系上 4 泵起火，一人受伤", "涉及安全、媒体或法律的内容，请填写表单中的“投诉”"),
        ("已联系上 5 平稳\n先别记录", "请只写一行，回复中有多行"),
        ("好的", said.HOW.partition(" / ")[0]),
    ],
)
def test_whoever_was_not_understood_hears_of_which_words(line: str, zh: str) -> None:
    assert CallbackRecord.from_reply(line) is None
    assert CallbackRecord.why_not_read(line).partition(" / ")[0] == zh


@IN_MEMORY
def test_the_callbacks_of_a_morning_are_recorded_by_one_reply(office: Office) -> None:
    handed_out(office, 4)
    mail = morning(office, OWNER)
    assert all("已联系上 5" in item["reply_with"] for item in mail.context["items"])
    office.reply(mail, "1 已联系上 满意度5 运行平稳\n2 未联系上 无人接听\n3 已联系上 4 客户投诉漏油\n\n谢谢\n林晓雨")
    office.work()
    (answer,) = office.mails("digest_answer", to=OWNER)
    results = {one["number"]: one for one in answer.context["results"]}
    assert [n for n, one in results.items() if one["is_applied"]] == [1, 2]
    assert results[3]["is_unclear"]
    assert results[3]["read"] == "3 已联系上 4 客户投诉漏油"
    codes = [item["case"] for item in mail.context["items"]]
    assert office.view(codes[0])["outcome"] == "done"
    assert office.view(codes[0])["decisions"][-1]["digest"] == f"{mail.case}/1"
    assert all(office.waiting(code)["gate"] == "callback_record" for code in codes[2:])
    with office.engine.store.read() as reader:
        made = {c.case: c for c in reader.find(ContactMade)}
    assert [made[code].reached for code in codes[:2]] == [True, False]
    assert made[codes[0]].details["summary"] == "运行平稳"
    assert len(made) == 2


@IN_MEMORY
@pytest.mark.parametrize(
    "text",
    [
        "1 已联系上 5 平稳\n先等等", "1 已联系上 5 平稳\n第二家电话占线", "1 已联系上 5 平稳\n1 未联系上",
        "1 已联系上 5 平稳 2 未联系上", "1 已联系上 5 平稳，第2项一样", "1-2 已联系上 5 平稳", "全部 已联系上 5 平稳",
        "1 已联系上 5 平稳\n1 同意", "1 同意", "全部同意", "已联系上 5 平稳",
    ],
)  # fmt: skip
def test_doubt_in_the_reply_to_a_digest_records_nothing(office: Office, text: str) -> None:
    handed_out(office, 2)
    mail = morning(office, OWNER)
    office.reply(mail, text)
    office.work()
    (answer,) = office.mails("digest_answer", to=OWNER)
    assert not any(one["is_applied"] for one in answer.context["results"])
    with office.engine.store.read() as reader:
        assert reader.find(ContactMade) == []


@IN_MEMORY
def test_the_mail_of_one_callback_is_answered_by_a_line(office: Office) -> None:
    enter(office, "C-MA-0001")
    given = {"company": "客户1", "customer": "C-MA-0001", "contact": CONTACT, "tier": "B", "owner": OWNER}
    code = office.start(given, process="periodic-callbacks")
    asking = office.asking(code, "callback_record")
    assert "已联系上 5" in asking.context["request"]["reply_with"]
    office.reply(asking, "已联系上 4 客户投诉漏油")
    assert office.waiting(code)["gate"] == "callback_record"
    with office.engine.store.read() as reader:
        (mail,) = reader.find(InboundMail)
    assert mail.status == "unclear"
    (back,) = office.mails("unclear")
    assert back.context["reason"].startswith("“投诉”在表单中另有一栏")
    assert "已联系上 5" in back.context["request"]["reply_with"]
    office.reply(asking, "已联系上 5 运行平稳\n\n谢谢\n林晓雨\n市场部")
    office.work()
    assert office.view(code)["outcome"] == "done"
