"""What people write on the first line, and what it may be taken for: never more than they said."""

import pytest

from crm_workflows.domain.mail.reading import DigestItem
from crm_workflows.domain.mail.reply import answering_words, first_line, read_reply
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
    # bare acknowledgements
    "ok",
    "OK.",
    "okay",
    "yes",
    "Yes!",
    "好",
    "好的",
    "好的。",
    "收到",
    "收到，谢谢",
    "嗯",
    "可以",
    "行",
    "没问题",
    "👍",
    "👍🏻",
    "✅",
    "+1",
    "LGTM",
    "agreed",
    "Agree",
    "Sounds good",
    "fine",
    "done",
    "noted, thanks",
    "thanks",
    "谢谢",
    "知道了",
    "已阅",
    "同",
    # questions
    "同意吗？",
    "同意？",
    "approve?",
    "Approved?",
    "你同意吗",
    "同意呢",
    "要不要同意",
    "是否批准",
    "Should I approve?",
    "Do you approve?",
    "驳回吗？",
    "reject?",
    "驳回 可以吗？",
    "驳回，为什么没有执照",
    "驳回 是否合适",
    "reject why",
    "转 张三？",
    "撤销？",
    "同意‽?",
    "what does approve do",
    # conditions and reservations
    "同意，但价格要降",
    "同意但是要补执照",
    "同意，如果价格降到 100",
    "如果补齐资料就同意",
    "补齐资料之后同意",
    "补齐后同意",
    "原则同意",
    "原则上同意",
    "基本同意",
    "有条件同意",
    "同意，前提是补执照",
    "approve if the price drops",
    "Approved, but check the licence",
    "approve after the audit",
    "approved subject to audit",
    "approve once papers arrive",
    "If they sign, approve",
    "approve unless finance objects",
    "conditionally approved",
    "Approved with conditions",
    "approved in principle",
    "approve tomorrow",
    "approved pending audit",
    "驳回，如果不降价",
    "驳回 除非降价",
    "reject if they refuse",
    "reject unless cheaper",
    "reject, but let us talk",
    "reject after Friday",
    "驳回，但可以再谈",
    "不降价的话驳回",
    "驳回，不降价的话",
    # negations
    "not approved",
    "Not approve",
    "do not approve",
    "don't approve",
    "I do not approve",
    "I don't approve this",
    "cannot approve",
    "never approve",
    "unapproved",
    "disapprove",
    "disapproved",
    "不批准",
    "不通过",
    "暂不同意",
    "暂不批准",
    "未通过",
    "没有同意",
    "不能同意",
    "无法批准",
    "我不批准",
    "别同意",
    "不予通过",
    "同意不了",
    "没同意",
    "不是不同意",
    "并非不同意",
    "not rejected",
    "do not reject",
    "不驳回",
    "不拒绝",
    "不要驳回 请再看",
    # both words, or a second thought
    "同意 驳回",
    "同意/驳回",
    "approve reject",
    "approve or reject",
    "approve / reject",
    "驳回 同意",
    "reject approve",
    "reject. approved.",
    "同意，不同意",
    "不同意 同意",
    "驳回，我同意",
    "驳回 我同意这个方案",
    "驳回，无执照，还是同意吧",
    "reject, I mean approve",
    "reject no wait it is approved",
    "approved rejected",
    "Approved\nbut only up to 100",
    "同意\n但是要先补执照",
    "同意\n驳回 无执照",
    "Approved\nReject: no licence",
    "Approved\nnot approved",
    "approve\nif the price is right",
    "同意，\n前提是降价",
    "同意\n更正：驳回",
    "同意\n不，我改主意了",
    "同意\n等一下，先别办",
    "同意\n请先不要执行",
    "同意\n我不同意",
    "approve\nno, sorry, reject",
    "approve\nI mean reject",
    "approve\nnever mind, do not proceed",
    "approve\nhold on",
    "Approved\nWait, hold on",
    "驳回\n同意",
    "驳回 无执照\n同意",
    # a condition, a negation, a question or a second thought on any line below
    "approve.\nIf the price drops.",
    "Approved.\n\nGood supplier.\nOnly if the licence is renewed.",
    "Approved\nThe licence must be renewed",
    "approve\nunless finance objects",
    "Approved\nGood.\nWho checked the licence?",
    "Approved\n\nI do not think so",
    "approve\nthanks\nwe still need the licence",
    "Approved\n\nBest regards\nWang Fang\nbut not above 100,000",
    "同意\n价格必须降到10万",
    "同意\n需要补交执照后才生效",
    "同意\n\n供应商不错\n前提是补交执照",
    "同意\n以上是王芳的意见，我不同意",
    "同意\n价格合理\n质量合格\n驳回",
    "同意\n谁看过执照？",
    "同意\n10万以内",
    "同意\n待财务复核",
    "同意\n价格太高了",
    "同意\n我有顾虑",
    "Approved\nmax 100,000",
    "Approved\nthe licence is missing",
    "Approved\njust kidding",
    "同意\n价格不高于10万",
    "同意\n没有问题的话就签",
    "同意\n谢谢\n但价格要降",
    "同意。\n\n谢谢\n王芳\n执照补齐后再签",
    "1-3 同意\n价格必须降到10万",
    # what speaks of rejecting instead of doing it
    "拒绝理由不成立",
    "驳回理由不充分",
    "驳回理由 不成立",
    "驳回 没有必要",
    "不同意 驳回",
    "我不是要驳回",
    "不是要驳回，我同意",
    "I reject nothing",
    "reject nothing",
    "reject nobody",
    "I reject no supplier",
    "reject is wrong",
    "驳回 无执照\n其实我同意",
    "驳回 无执照\n请补\n同意",
    # look-alikes and other spellings
    "аpprove",
    "approvе",
    "аррrоvе",
    "αpprove",
    "Ꭺpprove",
    "appr0ve",
    "aprove",
    "approves",
    "approving",
    "approval",
    "approve-ish",
    "approved_by",
    "approveX",
    "a p p r o v e",
    "a\u0336p\u0336p\u0336r\u0336o\u0336v\u0336e\u0336",
    "同意书",
    "同意函已收到",
    "批准文号",
    "通过邮件发送",
    "通过率",
    "批准人：张三",
    "同意人",
    "reje\u0441t no licence",
    "rеject no licence",
    # more than the closed list
    "同意 张三",
    "同意，价格合理",
    "同意你的看法",
    "我同意你的意见",
    "同意这个说法",
    "同意……",
    "同意...",
    "approve...",
    "approve it tomorrow morning",
    "approved by finance",
    "Approved by: Li Lei",
    "已同意",
    "审批意见：同意",
    "领导同意",
    "张总同意了",
    "他说同意",
    "财务已批准",
    "The board approved",
    "He approved",
    "It was approved last year",
    "Re: approve",
    "Subject: approve",
    "approve all",
    "全部同意",
    "I approve of the idea",
    "please approve",
    "请批准",
    "请同意",
    "请领导批准",
    "申请批准",
    "request approved by mistake",
    '"approve"',
    "“同意”",
    "回复“同意”即可",
    "reply approve",
    "approve <script>",
    "approve; drop table",
    "同意=1",
    "{{approve}}",
    "approve\u200d👎",
    "同意👎",
    "approved 🤔",
    "Dear Li,\napproved",
    "王经理：\n同意",
    "Hello\n\nApproved",
    "1. 看过了\n同意",
    "Sent by Li: approve",
    # a refusal without its reason, or only with the placeholder
    "驳回",
    "驳回。",
    "拒绝",
    "不同意",
    "不同意！",
    "reject",
    "Rejected.",
    "退回",
    "退回 SV-4",
    "send back",
    "send back to SV-4",
    "驳回 原因",
    "驳回：",
    "驳回，谢谢",
    "reject reason",
    "reject, thanks",
    "退回 SV-4 原因",
    "驳回 。",
    "不同意\n\n谢谢",
    "rejected\nBest regards,\nLi",
    # words that only begin like an answer
    "不同意见如下",
    "拒绝的理由是什么",
    "驳回的话会怎样",
    "驳回率很高",
    "rejection letter attached",
    "rejecting",
    "rejects",
    "reject-list",
    "退回来了",
    "退回件",
    "sending back the file",
    "转账已完成",
    "转发",
    "转正申请",
    "加签",
    "加签 姓名",
    "delegate",
    "delegate to",
    "delegate to name",
    "转 姓名",
    "转 张三、李四",
    "转 张三或李四",
    "delegate to Li and Wang",
    "转 张三 如果他在",
    "问",
    "ask",
    "问 问题",
    "问题很多",
    "asking",
    "撤销批准 怎么办",
    "撤销 驳回",
    "undo the approval by Li",
    "撤回",
    "取消",
    "rejected by finance already",
    "rejected and approved",
    "退回 如果不行",
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

SIGNED = [
    # (text, names of the writer, kind, comment)
    ("同意\n\n王芳\n市场部 | 电话 0574-8765 4321", (), "approve", ""),
    ("Approved\n\nBest regards\nWang Fang\nHead of Marketing", (), "approve", ""),
    ("Approved\nBest regards,\nWang Fang", (), "approve", ""),
    ("同意\n请尽快安排\n\n谢谢！\n王芳", (), "approve", "请尽快安排"),
    ("同意\n请尽快安排\n\n此致\n敬礼\n王芳\n市场部经理", (), "approve", "请尽快安排"),
    ("同意\n王芳", ("王芳", "Wang Fang"), "approve", ""),
    ("同意\n\n王芳 | 市场部\n手机：13800000000", ("王芳",), "approve", ""),
    ("Approved\nGood prices.\nWang Fang", ("王芳", "Wang Fang"), "approve", "Good prices."),
    ("Approved\n\nWang Fang\nThe Friendly Factory of Ningbo", ("Wang Fang",), "approve", ""),
    ("同意\n\n李卫民 总经理\n宁波永昌机械有限公司\n电话：0574-12345678", (), "approve", ""),
    ("Approved\n\nThanks, Wang Fang\nwang.fang@example.com", (), "approve", ""),
    ("驳回 资料不全\n\n王芳\n市场部\n电话：0574-87654321", (), "reject", "资料不全"),
    ("驳回\n\n王芳\n市场部\n电话：0574-87654321", (), "unclear", None),
    ("reject\nBest regards\nWang Fang\nHead of Marketing", (), "unclear", None),
    # comments that only look a little like one
    ("同意\n请尽快安排", ("王芳",), "approve", "请尽快安排"),
    ("同意\n价格合理，质量稳定，建议长期合作", (), "approve", "价格合理，质量稳定，建议长期合作"),
    ("同意\n请在3月10日前完成签约", (), "approve", "请在3月10日前完成签约"),
    ("Approved\nPlease sign before 10 March", (), "approve", "Please sign before 10 March"),
    ("同意\n期待长期合作", (), "approve", "期待长期合作"),
    ("同意\n王芳会跟进", ("王芳",), "approve", "王芳会跟进"),
    ("同意\n谢谢\n请财务部经理尽快付款", (), "approve", "谢谢\n请财务部经理尽快付款"),
    ("Approved\nThanks\nPlease sign by Friday", (), "approve", "Thanks\nPlease sign by Friday"),
    ("同意\n不锈钢板质量不错，没有异议", (), "approve", "不锈钢板质量不错，没有异议"),
    ("同意\n如有问题请随时联系我", (), "approve", "如有问题请随时联系我"),
    ("Approved\nNo objections from finance, go ahead", (), "approve", "No objections from finance, go ahead"),
    ("Approved\nPlease consider the environment before printing; print only if you must.", (), "approve", ""),
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


@pytest.mark.parametrize(("text", "names", "kind", "comment"), SIGNED)
def test_a_signature_is_no_comment_and_a_comment_no_signature(
    text: str, names: tuple[str, ...], kind: str, comment: str | None
) -> None:
    reading = read_reply(text, names)
    assert reading.kind == kind, reading.why
    if comment is not None:
        assert reading.comment == comment


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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_words_printed_in_a_mail_are_the_words_understood(language: str) -> None:
    printed = answering_words(language, send_back=("SV-3", "SV-4"))
    fillings = {
        "原因": "缺执照",
        "姓名": "张三",
        "问题": "谁去的",
        "reason": "no licence",
        "name": "Li Lei",
        "question": "who went",
    }
    kinds = []
    for line in printed:
        for placeholder, filling in fillings.items():
            line = line.replace(placeholder, filling)
        kinds.append(read_reply(line).kind)
    assert kinds == ["approve", "reject", "send_back", "send_back", "delegate", "add_approver", "ask"]
    assert all(read_reply(line).kind == "unclear" for line in printed[1:])


def test_a_very_long_first_line_is_no_answer() -> None:
    assert read_reply("同意 " * 5000).kind == "unclear"
    assert read_reply("驳回 " + "因为" * 3000).kind == "unclear"
