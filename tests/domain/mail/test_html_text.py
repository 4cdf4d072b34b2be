"""HTML bodies as mail programs write them."""

import pytest

from crm_workflows.domain.mail.html_text import html_to_text
from crm_workflows.domain.mail.visible_text import visible_text

QUOTED = "<p>请审批</p><p>同意</p>"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("a <b>b</b>\n  c", "a b c"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a&nbsp;&lt;b&gt; &amp; &#21516;&#x610f;", "a\xa0<b> & 同意"),
        ("<style>p{color:red}</style>a<script>approve()</script>", "a"),
        ("<html><head><title>approve</title><meta x></head><body>a</body></html>", "a"),
        ("<head><title>approve</title><body>a", "a"),
        ("a<!-- approve --><!-- > --!>b", "a"),
        ("a<!-- approve -->b<![if !mso]>c<![endif]><?xml x?>d", "abcd"),
        ('a<span style="display: none">approve</span>b', "ab"),
        ('<div style="font-size:0px;max-height:0">approve</div>a', "a"),
        ('<p style="font-size:0.9em">a</p>', "a"),
        ('<a title="x > y" href="z">a</a>', "a"),
        ("1 < 2 and 3 <4", "1 < 2 and 3 <4"),
        ("<blockquote>a<blockquote>b</blockquote>c</blockquote>d", "> a\n> > b\n> c\nd"),
        ("</div></p>a</blockquote>", "a"),
        ("<b>a", "a"),
        ("a<", "a<"),
        ("", ""),
        ("a<img src=x alt=approve>b", "ab"),
    ],
)  # fmt: skip
def test_text_of(html: str, text: str) -> None:
    assert html_to_text(html) == text


GMAIL = '<div dir="ltr">驳回 无</div><br><div class="gmail_quote"><div class="gmail_attr">'
OUTLOOK = '<p>驳回 无</p><div style="border:none;border-top:solid #E1E1E1 1.0pt">'
QQ = "<div>驳回 无</div><div><br></div><div>------------------&nbsp;原始邮件&nbsp;------------------</div>"
WROTE = "2026-03-02 09:00, A &lt;a@b.c&gt;"
NO = "<div>驳回 无</div>"
REPLIES = {
    "gmail": f"{GMAIL}On {WROTE} wrote:<br></div><blockquote class='gmail_quote'>{QUOTED}</blockquote></div>",
    "gmail signature": f'{NO}<div class="gmail_signature">李雷<br>同意</div><div class=gmail_quote>{QUOTED}</div>',
    "outlook web": f'{NO}<div id="divRplyFwdMsg"><b>发件人:</b> A<br><b>发送时间:</b> x<br></div><div>{QUOTED}</div>',
    "outlook": f"{OUTLOOK}<p><b>From:</b> A<br><b>Sent:</b> x<br><b>To:</b> B<br><b>Subject:</b> C</p></div>{QUOTED}",
    "qq": f'{QQ}<div><b>发件人:</b>&nbsp;"A"</div>{QUOTED}',
    "netease master": f'{NO}<br><div class="ntes-mailmaster-quote"><div>---- 回复 ----</div>{QUOTED}</div>',
    "netease": f'{NO}<div id="isReplyContent">{QUOTED}</div>',
    "163": f'{NO}<blockquote id="isReplyContent"><br>在 {WROTE} 写道：<br>{QUOTED}</blockquote>',
    "iphone": f'{NO}<div>发自我的iPhone</div><blockquote type="cite">在 {WROTE} 写道：{QUOTED}</blockquote>',
    "below": f'<div class="protonmail_quote">{QUOTED}</div><div>驳回 无</div>',
    "thunderbird": f'<div>On {WROTE} wrote:<br></div><blockquote type="cite">{QUOTED}</blockquote><p>驳回 无</p>',
}


@pytest.mark.parametrize("program", REPLIES)
def test_of_a_reply_in_html_only_the_answer_is_visible(program: str) -> None:
    assert visible_text(html_to_text(REPLIES[program])) == "驳回 无"


def test_a_very_long_body_is_cut_with_a_mark() -> None:
    text = html_to_text("<p>同意</p>" + "x" * 5_000_000)
    assert text.startswith("同意\n")
    assert text.endswith("\n[…]")
