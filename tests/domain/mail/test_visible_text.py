"""The forms in which mail programs hand on a reply; everything here is written for these tests."""

import time

import pytest

from crm_workflows.domain.mail.visible_text import split_reply, visible_text

ANSWER = "同意，谢谢"

# What programs put below (or around) the answer.
BELOW = {
    "gmail en": (
        "On Mon, Mar 2, 2026 at 9:00 AM Approvals <approvals+s3cret@example.com> wrote:\n\n> Please decide\n> approve\n"
    ),
    "gmail en wrapped": (
        "On Mon, Mar 2, 2026 at 9:00 AM Approvals <\napprovals+s3cret@example.com> wrote:\n\n> Please decide\n"
    ),
    "gmail zh": ("审批 <approvals+s3cret@example.com> 于2026年3月2日周一 09:00写道：\n\n> 请审批\n> 同意\n"),
    "gmail tw": ("審批 <a@example.com> 於 2026年3月2日 週一 上午9:00寫道：\n\n> 請審批\n"),
    "iphone zh": ("发自我的iPhone\n\n> 在 2026年3月2日，09:00，审批 <a@example.com> 写道：\n> \n> \ufeff请审批\n"),
    "apple mail zh": ("> 在 2026年3月2日，09:00，审批 <a@example.com> 写道：\n> \n> 请审批\n"),
    "qq": (
        "------------------ 原始邮件 ------------------\n"
        '发件人: "审批" <a@example.com>;\n'
        "发送时间: 2026年3月2日(星期一) 上午9:00\n"
        '收件人: "李雷"<li@example.com>;\n'
        "主题: [SV-2026-00042] 请审批\n"
        "\n"
        "请审批\n"
        "同意\n"
        "驳回 原因\n"
    ),
    "qq en": (
        "------------------ Original ------------------\n"
        'From: "x" <a@example.com>;\n'
        "Date: Mon, Mar 2, 2026\n"
        'To: "y";\n'
        "Subject: z\n"
        "\n"
        "approve\n"
    ),
    "qq phone": (
        "---Original---\n"
        'From: "x"<a@example.com>\n'
        "Date: Mon, Mar 2, 2026 09:00 AM\n"
        'To: "y"<b@example.com>;\n'
        "Subject: z\n"
        "\n"
        "同意"
    ),
    "163": ('在 2026-03-02 09:00:00，"审批" <a@example.com> 写道：\n\n请审批\n同意\n'),
    "163 marked": ('At 2026-03-02 09:00:00, "approvals" <a@example.com> wrote:\n\n>请审批\n>同意\n'),
    "netease master": (
        "| |\n"
        "李雷\n"
        "|\n"
        "|\n"
        "li@163.com\n"
        "|\n"
        "签名由网易邮箱大师定制\n"
        "\n"
        "---- 回复的原邮件 ----\n"
        "| 发件人 | 审批<a@example.com> |\n"
        "同意\n"
    ),
    "netease forward": (
        "-------- 转发邮件信息 --------\n发件人：王总 <w@example.com>\n发送日期：2026-03-02 09:00:00\n同意"
    ),
    "foxmail": (
        " \n"
        "发件人： 审批\n"
        "发送时间： 2026-03-02 09:00\n"
        "收件人： 李雷\n"
        "抄送： 王总\n"
        "主题： [SV-2026-00042]\n"
        "请审批\n"
        "同意\n"
    ),
    "outlook zh": (
        "________________________________\n"
        "发件人: 审批 <a@example.com>\n"
        "发送时间: 2026年3月2日 9:00\n"
        "收件人: 李雷\n"
        "主题: 请审批\n"
        "\n"
        "同意\n"
    ),
    "outlook zh plain": (
        "-----邮件原件-----\n"
        "发件人: 审批 [mailto:a@example.com] \n"
        "发送时间: 2026年3月2日 9:00\n"
        "收件人: 李雷\n"
        "主题: 请审批\n"
        "\n"
        "同意\n"
    ),
    "outlook en": (
        "From: Approvals <a@example.com>\n"
        "Sent: Monday, March 2, 2026 9:00 AM\n"
        "To: Li Lei\n"
        "Subject: Please decide\n"
        "\n"
        "approve\n"
    ),
    "outlook mac": (
        "From: Approvals <a@example.com>\n"
        "Date: Monday, 2 March 2026 at 09:00\n"
        "To: Li\n"
        "Subject: Please decide\n"
        "\n"
        "approve\n"
    ),
    "outlook ios": (
        "获取 Outlook for iOS<https://aka.ms/o0ukef>\n"
        "________________________________\n"
        "From: A <a@example.com>\n"
        "Sent: Monday\n"
        "To: Li\n"
        "\n"
        "approve\n"
    ),
    "outlook ios zh": (
        "获取适用于 iOS 的 Outlook\n________________________________\n发件人: A\n发送时间: 星期一\n\n同意\n"
    ),
    "outlook original": ("-----Original Message-----\nFrom: Approvals\nSent: Monday\n\napprove\n"),
    "outlook bold": (
        "*From:* Approvals <a@example.com>\n*Sent:* Monday, March 2, 2026\n*To:* Li\n*Subject:* x\n\napprove\n"
    ),
    "aliyun": (
        "------------------------------------------------------------------\n"
        "发件人：审批 <a@example.com>\n"
        "日\u3000期：2026年03月02日 09:00:00\n"
        "收件人：李雷<li@example.com>\n"
        "主\u3000题：[SV-2026-00042] 请审批\n"
        "\n"
        "同意\n"
    ),
    "thunderbird zh": ("在 2026/3/2 9:00, 审批 写道:\n> 请审批\n> 同意\n"),
    "thunderbird zh old": ("于 2026年03月02日 09:00, 审批 写道:\n> 同意\n"),
    "huawei": (
        "发自我的华为手机\n"
        "\n"
        "-------- 原始邮件 --------\n"
        "发件人：审批 <a@example.com>\n"
        "日期：2026年3月2日周一 09:00\n"
        "收件人：李雷\n"
        "主 题：请审批\n"
        "\n"
        "同意\n"
    ),
    "xiaomi": ("发自我的 小米手机\n在 审批 <a@example.com>，2026年3月2日 09:00写道：\n\n> 同意\n"),
    "yahoo": ("----- Original Message -----\nFrom: A <a@example.com>\nTo: Li\nSent: Monday\n\napprove\n"),
    "zoho": ("---- On Mon, 02 Mar 2026 09:00:00 +0800 A <a@example.com> wrote ----\n\napprove\n"),
    "notes": ("-----A <a@example.com> wrote: -----\nTo: Li\nFrom: A\nSubject: x\n\napprove\n"),
    "forward": (
        "---------- Forwarded message ---------\nFrom: Boss <b@example.com>\nDate: Mon\nSubject: x\n\napproved\n"
    ),
    "forward apple": ("Begin forwarded message:\n\nFrom: Boss <b@example.com>\nSubject: x\n\napproved\n"),
    "signature": ("-- \n李雷\n市场部\n同意\n"),
    "signature dashes": ("--\nLi Lei\n"),
    "sent from": "Sent from my iPhone",
    "sent from xiaomi": "发自我的 小米",
    "sent from outlook": "Get Outlook for Android",
    "sent from android": "Sent from my Android device with K-9 Mail. Please excuse my brevity.",
    "list footer": ("_______________________________________________\ncrm mailing list\ncrm@example.com\n"),
    "disclaimer": "保密声明：本邮件及其附件含有保密信息，仅限于发送给上面地址中列出的个人。",
    "disclaimer en": "CONFIDENTIALITY NOTICE: This e-mail may contain approved secrets.",
    "german": ("Am 02.03.2026 um 09:00 schrieb A <a@example.com>:\n> approve\n"),
    "french": ("Le lun. 2 mars 2026 à 09:00, A <a@example.com> a écrit :\n\n> approve\n"),
    "bare date": ("2026-03-02 9:00 GMT+08:00 A <a@example.com>:\n\n> approve\n"),
}


@pytest.mark.parametrize("form", BELOW)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_only_the_answer_stays(form: str, ends: str) -> None:
    text = f"{ANSWER}\n\n{BELOW[form]}".replace("\n", ends)
    assert visible_text(text) == ANSWER


@pytest.mark.parametrize("form", [form for form in BELOW if not form.startswith("disclaimer")])
def test_without_an_answer_nothing_of_the_writer_is_left(form: str) -> None:
    assert split_reply(BELOW[form]).own == ""


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("On Mon, Mar 2, 2026 at 9:00 AM A <a@example.com> wrote:\n> Please decide\n\napproved\n", "approved"),
        ("> 请审批\n\n同意", "同意"),
        ("在 2026/3/2 9:00, 审批 写道:\n> 请审批\n> 同意\n\n驳回 没有执照\n\n-- \n李雷", "驳回 没有执照"),
        ("> first?\nyes\n> second?\nno", "yes\nno"),
        ("On 5 May we met.\n\nI wrote to them.\n\nApproved", "On 5 May we met.\n\nI wrote to them.\n\nApproved"),
        ("One question:\n\nOn what date?", "One question:\n\nOn what date?"),
        ("Dear all,\nFrom: our side nothing is missing.\nBest", "Dear all,\nFrom: our side nothing is missing.\nBest"),
        ("时间：明天\n同意", "时间：明天\n同意"),
        ("发自内心地感谢\n同意", "发自内心地感谢\n同意"),
        ("发自我的iPhone\n\n同意", "同意"),
        ("Sent from my desk, is much easier than my phone.", "Sent from my desk, is much easier than my phone."),
        ("a -- b\n\nc", "a -- b\n\nc"),
        ("同意\n\n----\n\n理由在下面", "同意\n\n----\n\n理由在下面"),
        ("同意\n----", "同意"),
        ("\n\n  同意  \n\n", "  同意"),
        ("CAUTION: This email originated from outside of the organisation. Be careful.\n\n同意", "同意"),
        ("【外部邮件】请注意链接和附件\n\n同意", "同意"),
        ("注意：此邮件来自公司外部，请谨慎点击\n\n同意", "同意"),
        ("", ""),
        ("\n \n\xa0\n", ""),
    ],
)
def test_the_writers_words_stay(text: str, visible: str) -> None:
    assert visible_text(text) == visible


@pytest.mark.parametrize(
    "text",
    [
        '同意，谢谢 ------------------ 原始邮件 ------------------ 发件人: "审批"; 主题: 请审批 驳回 原因',
        "同意，谢谢   ------------------\xa0原始邮件\xa0------------------ 发件人: 审批 驳回",
        "同意，谢谢 发件人：审批 发送时间：2026年3月2日 收件人：李雷 主题：请审批 驳回 原因",
        '同意，谢谢 在 2026-03-02 09:00:00，"审批" <a@example.com> 写道： 请审批 驳回 原因',
    ],
)
def test_a_mail_flattened_to_one_line_is_cut_all_the_same(text: str) -> None:
    assert visible_text(text) == ANSWER


def test_the_rest_of_a_quoted_line_that_a_program_wrapped_is_still_quoted() -> None:
    quote = "> please answer on the first line with one of these words, which are reject or\napprove\n> and thank you"
    text = f"{quote}\n\n驳回 没有执照"
    assert visible_text(text) == "驳回 没有执照"


def test_what_is_left_out_of_an_endless_text_is_marked() -> None:
    visible = visible_text("同意\n" + "说明\n" * 20_000)
    assert visible.startswith("同意\n说明\n")
    assert visible.endswith("说明\n[…]")
    assert len(visible) < 20_000


def test_a_mail_that_is_only_forwarded_is_shown_but_is_not_the_writers_own() -> None:
    parts = split_reply("---------- Forwarded message ---------\nFrom: Boss <b@example.com>\nSubject: x\n\nApproved\n")
    assert (parts.own, parts.forwarded) == ("", "Approved")


@pytest.mark.parametrize(
    "piece",
    [
        "On ",
        "On \n",
        "On 1 Jan 2026 ",
        "On 1 Jan 2026\n",
        "On 1 Jan 2026 <\n",
        "wrote:",
        "-",
        "_",
        "- \n",
        "> ",
        ">\n",
        "\n",
        " ",
        "写道：",
        "在 2026",
        "在 2026\n",
        "原始邮件",
        "---原始邮件",
        "发件人：\n",
        "发件人：",
        "From: a\n\n",
        "a@",
        "<a@b.c>\n",
        "|\n",
        "CAUTION: ",
        "Sent from my ",
        "同意\n",
        "\u200b",
        "http://",
        "(((",
        "2026-03-02 09:00 GMT+08:00 ",
    ],
)
def test_a_megabyte_of_anything_is_cut_in_moments(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    visible_text(text)
    visible_text(f"x\n{text}\nx")
    visible_text(f"{text}\nx")
    assert time.perf_counter() - began < 15, "below 1 s is usual here; a quadratic rule takes minutes"
