"""What people write on the first line, and what it may be taken for: never more than they said."""

from pathlib import Path

import pytest
import yaml

from crm_workflows.domain.mail.reading import DigestItem
from crm_workflows.domain.mail.reply import first_line, read_reply
from crm_workflows.domain.text import in_language

APPROVALS = [
    "同意",
    "批准",
    "通过",
    "approve",
    "approved",
    "Approve",
    "APPROVED",
    "同意。",
    "同意！",
    "同意!!",
    "同意，谢谢",
    "同意。谢谢大家！",
    "批准，辛苦了",
    "通过，请继续",
    "Approved, thanks",
    "Approved.",
    "Approved!",
    "approved - thank you",
    "Approved. Best regards",
    "I approve",
    "I approve this request.",
    "We approve",
    "approve this request",
    "Hereby approved",
    "我同意",
    "本人同意",
    "同意该申请",
    "同意此申请，谢谢",
    "好的，同意",
    "收到，同意。",
    "已阅，同意",
    "您好，同意",
    "Hi, approved",
    "OK, approved",
    "Yes, approved, thanks",
    "同意🙏",
    "Approved 👍🏽",
    "同意 / approve",
    "同意/通过",
    "ａｐｐｒｏｖｅ",
    "ＡＰＰＲＯＶＥＤ！",
    "\u200b同意\u200b",
    "\ufeffapprove",
    "a\u200bpprove",
    "同\u2060意",
    "*Approved*",
    "**同意**",
    "  同意  ",
    "\u3000同意",
    "同\u00ad意",
    "同意~",
    "Approved, please proceed",
    "Approved, go ahead!",
    "通過",
]

UNCLEAR = [
    reply
    for group in yaml.safe_load(Path(__file__).with_name("unclear.yaml").read_text(encoding="utf-8"))
    for reply in group["replies"]
]

READ = [
    ("驳回 无营业执照", "reject", None, "无营业执照"),
    ("驳回：价格太高，请重新报价", "reject", None, "价格太高，请重新报价"),
    ("拒绝，证书过期", "reject", None, "证书过期"),
    ("不同意 价格太高", "reject", None, "价格太高"),
    ("不同意，资料不全。", "reject", None, "资料不全。"),
    ("我不同意，资料不全", "reject", None, "资料不全"),
    ("驳回原因：没有执照", "reject", None, "没有执照"),
    ("驳回 理由是没有执照", "reject", None, "没有执照"),
    ("驳回 因为没有执照", "reject", None, "因为没有执照"),
    ("reject no licence", "reject", None, "no licence"),
    ("Rejected: too expensive", "reject", None, "too expensive"),
    ("I reject this request because the licence expired", "reject", None, "the licence expired"),
    ("reject this - no licence", "reject", None, "no licence"),
    ("驳回 现场审查未通过", "reject", None, "现场审查未通过"),
    ("驳回 财务没有批准预算", "reject", None, "财务没有批准预算"),
    ("reject not approved by the law department", "unclear", None, None),
    ("reject because not approved by the law department", "reject", None, "not approved by the law department"),
    ("驳回\n没有执照", "reject", None, "没有执照"),
    ("拒绝\n\n报价高于市场\n请再谈\n\n谢谢\n张三", "reject", None, "报价高于市场\n请再谈"),
    ("Rejected\n\nThe licence has expired.\n\nBest regards,\nLi Lei", "reject", None, "The licence has expired."),
    ("驳回 资料不全\n请补年报", "reject", None, "资料不全\n请补年报"),
    ("駁回 沒有執照", "reject", None, "沒有執照"),
    ("退回 SV-4 缺现场照片", "send_back", "SV-4", "缺现场照片"),
    ("退回SV-4，缺现场照片", "send_back", "SV-4", "缺现场照片"),
    ("退回到 sv-4：缺照片", "send_back", "SV-4", "缺照片"),
    ("退回 SV4 缺照片", "send_back", "SV-4", "缺照片"),
    ("退回 ＳＶ－３ 缺年报", "send_back", "SV-3", "缺年报"),
    ("退回 SV-4\n缺照片", "send_back", "SV-4", "缺照片"),
    ("退回 报价不清", "send_back", None, "报价不清"),
    ("退回 SV-4 先补现场照片", "send_back", "SV-4", "先补现场照片"),
    ("send back to SV-3: annual accounts are missing", "send_back", "SV-3", "annual accounts are missing"),
    ("Send back SV-5 because the finding is open", "send_back", "SV-5", "the finding is open"),
    ("send it back to SV-3, no accounts", "send_back", "SV-3", "no accounts"),
    ("转 张三", "delegate", "张三", ""),
    ("转给张三", "delegate", "张三", ""),
    ("转交给 李四，他负责", "delegate", "李四", "他负责"),
    ("转：zhang.san@example.com", "delegate", "zhang.san@example.com", ""),
    ("转 @张三 谢谢", "delegate", "张三", ""),
    ("delegate to Li Lei", "delegate", "Li Lei", ""),
    ("Delegate to Li Lei, please decide by Friday", "delegate", "Li Lei", "please decide by Friday"),
    ("delegate to li@example.com please", "delegate", "li@example.com", "please"),
    ("轉 張三", "delegate", "張三", ""),
    ("加签 王五", "add_approver", "王五", ""),
    ("加签王五，请他看财务", "add_approver", "王五", "请他看财务"),
    ("add Wang Wu", "add_approver", "Wang Wu", ""),
    ("add approver wang@example.com", "add_approver", "wang@example.com", ""),
    ("问 为什么价格这么高？", "ask", None, "为什么价格这么高？"),
    ("问：证书什么时候到期", "ask", None, "证书什么时候到期"),
    ("ask why is the price so high?", "ask", None, "why is the price so high?"),
    ("Ask:\nwho visited them?", "ask", None, "who visited them?"),
    ("撤销", "undo", None, ""),
    ("撤销，谢谢", "undo", None, ""),
    ("Undo", "undo", None, ""),
    ("undo\nI pressed the wrong one", "undo", None, "I pressed the wrong one"),
    ("同意\n\n价格合理，请尽快签约\n张三", "approve", None, "价格合理，请尽快签约\n张三"),
    ("Approved.\nIf you have questions, call me.", "approve", None, "If you have questions, call me."),
    ("\n\n  同意\n\n张三\n13800000000", "approve", None, ""),
    ("", "empty", None, ""),
    ("   \n\u200b\n \xa0 ", "empty", None, ""),
]


QUOTED_ONLY = [
    "> 同意",
    "> approve\n> approve",
    "On Mon, Mar 2, 2026 at 9:00 AM Approvals <approvals+abc@example.com> wrote:\n> approve\n> reject reason",
    "在 2026年3月2日，09:00，审批 <approvals+abc@example.com> 写道：\n\n> 同意\n> 驳回 原因",
    "审批 <approvals+abc@example.com> 于2026年3月2日周一 09:00写道：\n\n> 同意",
    "------------------ 原始邮件 ------------------\n发件人: 审批\n主题: [SV-2026-00042]\n\n同意\n驳回 原因",
    "-----Original Message-----\nFrom: approvals\n\napprove",
    "From: boss@example.com\nSent: Monday, March 2, 2026\nTo: li@example.com\nSubject: RE: request\n\nApproved",
    "发件人：王总\n发送时间：2026年3月2日\n收件人：李雷\n主题：答复\n\n同意",
    "---------- Forwarded message ---------\nFrom: Boss <boss@example.com>\nSubject: x\n\nApproved",
    "-------- 转发邮件信息 --------\n发件人：王总 <w@example.com>\n主题：答复\n\n同意",
    "-- \nApproved by Li Lei, Head of Marketing",
    "--\n同意",
    "________________________________\nFrom: Approvals <a@example.com>\nSent: Monday\n\napprove",
    "发自我的iPhone\n\n------------------ Original ------------------\nFrom: x\n\n同意",
    "---- 回复的原邮件 ----\n| 发件人 | 审批<a@example.com> |\n| 日期 | 2026年3月2日 |\n同意",
]


@pytest.mark.parametrize("text", APPROVALS)
def test_an_approving_word_with_courtesies_approves(text: str) -> None:
    reading = read_reply(text)
    assert (reading.kind, reading.target, reading.comment) == ("approve", None, ""), reading.why


@pytest.mark.parametrize("text", UNCLEAR)
def test_anything_else_is_asked_back_with_the_cause_and_the_words(text: str) -> None:
    reading = read_reply(text)
    assert reading.kind == "unclear"
    assert reading.comment.split("\n")[0] == first_line(text)
    assert in_language(reading.why, "zh") != in_language(reading.why, "en")


@pytest.mark.parametrize(("text", "kind", "target", "comment"), READ)
def test_the_first_line_is_read(text: str, kind: str, target: str | None, comment: str | None) -> None:
    reading = read_reply(text)
    assert (reading.kind, reading.target) == (kind, target), reading.why
    if comment is not None:
        assert reading.comment == comment


NAMELESS = [(bare, "没有写明是哪一位") for bare in ("转", "转给", "加签", "抄送", "delegate to", "add", "copy")]


@pytest.mark.parametrize(("line", "said"), [("看起来不错", "不是约定的答复用语"), ("我看不行", "带有否定"), *NAMELESS])
def test_the_question_back_gives_the_right_cause(line: str, said: str) -> None:
    assert said in read_reply(line).why


def test_the_question_back_quotes_the_line_that_makes_an_approval_doubtful() -> None:
    why = read_reply("同意\n请安排\n价格 / 数量必须降").why
    assert "价格/数量必须降" in in_language(why, "zh")
    assert "价格/数量必须降" in in_language(why, "en")


@pytest.mark.parametrize("text", QUOTED_ONLY)
def test_words_that_are_only_quoted_forwarded_or_signed_decide_nothing(text: str) -> None:
    assert read_reply(text).kind == "empty"


@pytest.mark.parametrize("text", QUOTED_ONLY)
def test_an_answer_above_such_text_counts(text: str) -> None:
    reading = read_reply(f"驳回 没有执照\n\n{text}")
    assert (reading.kind, reading.comment) == ("reject", "没有执照")


def test_the_table_is_large_enough_to_mean_something() -> None:
    assert len({*APPROVALS, *UNCLEAR, *QUOTED_ONLY, *(row[0] for row in READ)}) >= 150


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (
            "1-5 同意, 6 驳回 无执照",
            [DigestItem((1, 2, 3, 4, 5), "approve", None, ""), DigestItem((6,), "reject", None, "无执照")],
        ),
        (
            "1、3 同意；2 退回 SV-4 缺照片",
            [DigestItem((1, 3), "approve", None, ""), DigestItem((2,), "send_back", "SV-4", "缺照片")],
        ),
        (
            "1 approve\n2 reject no licence",
            [DigestItem((1,), "approve", None, ""), DigestItem((2,), "reject", None, "no licence")],
        ),
        ("1. 同意，2. 同意", [DigestItem((1,), "approve", None, ""), DigestItem((2,), "approve", None, "")]),
        ("１－２ 同意", [DigestItem((1, 2), "approve", None, "")]),
    ],
)
def test_a_digest_is_answered_by_numbers(text: str, items: list[DigestItem]) -> None:
    reading = read_reply(text)
    assert reading.kind == "digest", reading.why
    assert list(reading.items) == items


@pytest.mark.parametrize(
    "text",
    [
        "1-5 同意, 3 驳回 无执照",
        "5-1 同意",
        "0 同意",
        "1 同意 2 驳回",
        "1-5 同意？",
        "1 同意 但 2 驳回 无执照",
        "1 同意\n2 好的",
        "1-999 同意",
        "1 不批准",
        "2026-03-02 同意",
        "100% 同意",
        "3 days",
    ],
)
def test_a_doubtful_digest_is_asked_back_as_a_whole(text: str) -> None:
    reading = read_reply(text)
    assert (reading.kind, reading.items) == ("unclear", ())


def test_a_very_long_first_line_is_no_answer() -> None:
    assert read_reply("同意 " * 5000).kind == "unclear"
    assert read_reply("驳回 " + "因为" * 3000).kind == "unclear"


@pytest.mark.parametrize("reply", ["approve 250000", "Approved for ¥250,000.", "同意 25万", "批准为 250000元"])
def test_an_approval_with_a_number_is_asked_back_with_the_words_for_less(reply: str) -> None:
    reading = read_reply(reply)
    assert reading.kind == "unclear"
    assert "“改批 250000”" in reading.why
    assert "“change 250000”" in reading.why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("同意\n先小批量试供", "下面的“先小批量试供”像是条件"),
        ("同意，先小批量试供", "后面的“先小批量试供”像是条件"),
        ("approve, a small lot first", "“a small lot first” behind it reads like a condition"),
        ("同意，价格可以", "请第一行只写“同意”，意见从第二行写起"),
        ("同意 250000", "“改批 250000”"),
        ("同意吗？", "第一行是一个问题"),
    ],
)
def test_whoever_sets_a_condition_is_told_that_it_is_one_on_whichever_line_it_stands(text: str, why: str) -> None:
    found = read_reply(text)
    assert (found.kind, why in found.why) == ("unclear", True)
