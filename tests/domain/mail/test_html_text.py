"""HTML bodies as mail programs write them."""

import pytest

from crm_workflows.domain.mail.html_text import html_to_text
from crm_workflows.domain.mail.reply import read_reply
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


UNSEEN = [
    "<p hidden>同意</p>",
    "<p HIDDEN=''>同意</p>",
    '<p style="display:none">同意</p>',
    "<p style='DISPLAY : NONE !important'>同意</p>",
    "<p style=display:none>同意</p>",
    '<p style="dis&#112;lay:none">同意</p>',
    '<p style="display:\\6eone">同意</p>',
    '<p style="display:/* */none">同意</p>',
    '<p style="color:red;visibility:hidden">同意</p>',
    '<p style="max-height:0;overflow:hidden">同意</p>',
    '<p style="width:0px; overflow-x:hidden">同意</p>',
    '<p style="opacity:0">同意</p>',
    '<p style="opacity:0.01">同意</p>',
    '<p style="filter:alpha(opacity=0)">同意</p>',
    '<p style="font-size:0">同意</p>',
    '<p style="font-size:1px">同意</p>',
    '<p style="font:0/0 a">同意</p>',
    '<p style="font-size:calc(0px)">同意</p>',
    "<p title='a>b' style='display:none'>同意</p>",
    "<p title=\"it's a>b\" style='display:none'>同意</p>",
    "<p\nstyle='display:none'>同意</p>",
    "<p/hidden>同意</p>",
    '<p style="mso-hide:all">同意</p>',
    '<p style="color:transparent">同意</p>',
    '<p style="position:absolute;left:-9999px">同意</p>',
    '<p style="text-indent:-999em">同意</p>',
    '<p style="position:absolute;clip:rect(0 0 0 0)">同意</p>',
    '<p style="transform:translateX(-9999px)">同意</p>',
    f'<p title="{"x" * 3000}" style="display:none">同意</p>',
    "<style>.x{display:none}</style><p class=x>同意</p>",
    "<p class='a x'>同意</p><STYLE type=text/css>.x{display:none}</STYLE>",
    "<style>#x{opacity:0}</style><p id=x>同意</p>",
    "<style>p{display:none}</style><p>同意</p>",
    "<style>div p.x, b{font-size:0}</style><p class=x>同意</p>",
    "<style>p[class=x]{display:none}</style><p class=x>同意</p>",
    "<style>[class*=hide]{display:none}</style><p class=hide-me>同意</p>",
    "<style>[data-x]{display:none}</style><p data-x>同意</p>",
    "<style>@media (max-width:9px){a{b:c} .x{display:none}}</style><p class=x>同意</p>",
    "<style><!-- /* x */ .x{display:none} --></style><p class=x>同意</p>",
    "<style>@import 'a'; .x{visibility:hidden}</style><p class=x>同意</p>",
    "<style>.x:first-child{display:none}</style><p class=x>同意</p>",
    "<dialog>同意</dialog>",
]


@pytest.mark.parametrize("html", UNSEEN)
def test_what_cannot_be_seen_is_no_answer(html: str) -> None:
    assert html_to_text(html) == "[…]"
    assert read_reply(html_to_text(html)).kind == "unclear"
    assert html_to_text(f"{html}<div>先放一放</div>") == "先放一放"


SEEN = [
    "<style><!-- p.MsoNormal{margin:0cm;text-indent:-21.0pt} a:hover{display:none} --></style><p class=MsoNormal>同意",
    "<style>@page WordSection1{size:595.3pt 841.9pt} div.WordSection1{page:WordSection1}</style><p>同意<o:p></o:p>",
    '<p class=MsoListParagraph style="margin-left:-18.0pt;text-indent:-18.0pt;mso-list:l0 level1 lfo1">同意</p>',
    "<style>.qmbox style, .qmbox script, .qmbox head{display:none !important;}</style><div class=qmbox><p>同意</p>",
    '<div dir="ltr" style="font-size:small;color:#000;opacity:1">同意</div>',
    '<div style="display:none;mso-hide:all;max-height:0">preview</div><p>同意</p>',
    '<p style="font-size:0.9em;font:14px/1.5 x;height:0;overflow:visible">同意</p>',
    "<style>*::-webkit-scrollbar{display:none} .x::before{visibility:hidden}</style><p class=x>同意</p>",
    "<style>.y, .x .z{display:none}</style><p class=x>同意</p>",
    "<style>b.x{display:none}</style><p class=x>同意</p>",
    "<!--[if mso]><style>p{display:none}</style><![endif]--><p>同意</p>",
    "<style>.x{text-decoration:underline}</style><p class=x>同意</p>",
    '<p title="hidden display:none">同意</p>',
    "<p>同意</p><p><s>但价格要降</s></p>",
]


@pytest.mark.parametrize("html", SEEN)
def test_styles_of_real_mail_programs_hide_no_answer(html: str) -> None:
    assert read_reply(html_to_text(html)).kind == "approve"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<s>同意</s>", "[…]"),
        ("<p><strike>同意</strike></p>", "[…]"),
        ("<del>Approved</del>", "[…]"),
        ('<span style="text-decoration:line-through">同意</span>', "[…]"),
        ('<span style="text-decoration-line: underline line-through">同意</span>', "[…]"),
        ("<style>.x{text-decoration:line-through}</style><b class=x>同意</b>", "[…]"),
        ("<s>不</s>同意", "[…]同意"),
        ("同意<s>，但价格要降</s>", "同意[…]"),
        ("<p><s>同意</s></p><p>驳回 太贵</p>", "[…]\n驳回 太贵"),
        ("退回 <s>SV-3</s> SV-4 缺照片", "退回 […] SV-4 缺照片"),
        ("转 <s>张三</s> 李四", "转 […] 李四"),
        ("驳回 <s>太贵</s>", "驳回 […]"),
        ("<b><s></b>同意</s>", "[…]"),
        ("<div><s>x</div>同意</s>驳回 无执照", "[…]\n[…]驳回 无执照"),
    ],
)
def test_what_is_struck_out_is_no_answer_and_leaves_what_follows_unclear(html: str, text: str) -> None:
    assert html_to_text(html) == text
    assert read_reply(text).kind == "unclear"


@pytest.mark.parametrize("unseen", ["<p hidden>同意</p>", "<s>同意</s>"])
def test_what_is_not_seen_stays_so_below_the_depth_to_which_elements_are_told_apart(unseen: str) -> None:
    assert html_to_text("<i>" * 500 + unseen) == "[…]"


def test_nothing_struck_out_leaves_no_mark() -> None:
    assert html_to_text("<s> </s><p>同意<del></del></p>") == "同意"
