"""What a mail server's Authentication-Results (RFC 8601) are worth, and whose word does not count."""

import pytest

from crm_workflows.domain.mail.authentication import is_aligned, judged_by_results
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.text import in_language
from tests.domain.mail.mails import plain

LI = "li@yongchang.example"
SERVER = ("mx.yongchang.example",)

PASSES = [
    "mx.yongchang.example; dmarc=pass header.from=yongchang.example",
    "mx.yongchang.example 1; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=yongchang.example",
    '"mx.yongchang.example"; dmarc=pass',
    "MX.Yongchang.Example; spf=fail smtp.mailfrom=x@elsewhere.example; dmarc=pass header.from=Yongchang.Example",
    "mx.yongchang.example; dkim=pass header.d=yongchang.example header.s=s1; dmarc=none",
    "mx.yongchang.example; dkim=fail header.d=list.example; dkim=pass header.i=@yongchang.example",
    "mx.yongchang.example; spf=pass smtp.mailfrom=li@yongchang.example",
    "mx.yongchang.example (a; dmarc=fail (nested)); dkim/1 = pass header.d=yongchang.example",
    "mx.yongchang.example;\r\n dmarc=pass\r\n header.from=yongchang.example",
]
FAILS = [
    "",
    "none",
    "mx.yongchang.example; none",
    "mx.yongchang.example",
    "mx.elsewhere.example; dmarc=pass header.from=yongchang.example",
    "evil.mx.yongchang.example; dmarc=pass header.from=yongchang.example",
    "mx.yongchang.example.evil.example; dmarc=pass header.from=yongchang.example",
    "dmarc=pass header.from=yongchang.example",
    "mx.yongchang.example; dmarc=fail header.from=yongchang.example; dkim=pass header.d=yongchang.example",
    "mx.yongchang.example; dmarc=temperror header.from=yongchang.example; spf=pass smtp.mailfrom=yongchang.example",
    "mx.yongchang.example; dmarc=pass header.from=evil.example",
    "mx.yongchang.example; dmarc=pass header.from=yongchang.example; dmarc=fail header.from=yongchang.example",
    "mx.yongchang.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=x@evil.example",
    "mx.yongchang.example; dkim=pass header.d=notyongchang.example",
    "mx.yongchang.example; dkim=pass header.d=example",
    "mx.yongchang.example; dkim=pass header.d=li.yongchang.example",
    "mx.yongchang.example; dkim=pass",
    "mx.yongchang.example; auth=pass smtp.auth=li@yongchang.example",
    "mx.yongchang.example; x-dkim=pass header.d=yongchang.example",
    "mx.yongchang.example (dmarc=pass header.from=yongchang.example)",
    'mx.yongchang.example; dkim=fail reason="; dmarc=pass header.from=yongchang.example"',
    "mx.yongchang.example; spf=neutral (dmarc=pass) smtp.mailfrom=yongchang.example",
    "mx.yongchang.example; dmarc=pass (unclosed header.from=yongchang.example",
    "mx.yongchang.example; spf=pass smtp.helo=yongchang.example",
    "m\u0445.yongchang.example; dmarc=pass header.from=yongchang.example",
]


@pytest.mark.parametrize("header", PASSES)
def test_the_word_of_the_trusted_server_counts(header: str) -> None:
    known = judged_by_results(header, SERVER, LI)
    assert (known.passed, known.method, known.by) == (True, "results", "mx.yongchang.example"), known.why


@pytest.mark.parametrize("header", FAILS)
def test_no_other_word_counts_and_no_other_domain_s(header: str) -> None:
    known = judged_by_results(header, SERVER, LI)
    assert not known.passed
    assert in_language(known.why, "zh") != in_language(known.why, "en")


def test_only_the_topmost_results_are_read_whatever_the_writer_put_below() -> None:
    forged = b"Authentication-Results: mx.yongchang.example; dmarc=pass header.from=yongchang.example"
    own = b"Authentication-Results: mx.yongchang.example; dmarc=fail header.from=yongchang.example"
    assert judged_by_results(read_message(plain("x", forged)).authentication_results, SERVER, LI).passed
    assert not judged_by_results(read_message(plain("x", own, forged)).authentication_results, SERVER, LI).passed
    foreign = b"Authentication-Results: mx.elsewhere.example; dmarc=pass header.from=yongchang.example"
    assert not judged_by_results(read_message(plain("x", foreign, forged)).authentication_results, SERVER, LI).passed


def test_a_domain_answers_for_itself_and_those_below_it() -> None:
    assert is_aligned("Yongchang.example.", "yongchang.example")
    assert is_aligned("yongchang.example", "mail.yongchang.example")
    assert not is_aligned("mail.yongchang.example", "yongchang.example")
    assert not is_aligned("example", "yongchang.example")
    assert not is_aligned("", "yongchang.example")


@pytest.mark.parametrize(
    ("domain", "vouches"),
    [
        ("yongchang.com.cn", True),
        ("sz.yongchang.com.cn", True),
        ("news.yongchang.com.cn", False),
        ("li.sz.yongchang.com.cn", False),
        ("evil.com.cn", False),
        ("ngchang.com.cn", False),
        ("m.cn", False),
        ("cn", False),
        (".", False),
        ("yongchang.com.cn.evil.example", False),
        # Whoever has keys in this zone could give yongchang.com.cn away (docs/decisions/0029).
        ("com.cn", True),
    ],
)
@pytest.mark.parametrize("said", ["dkim=pass header.d={}", "dkim=pass header.i=@{}", "spf=pass smtp.mailfrom=x@{}"])
def test_only_the_senders_domain_and_those_above_it_vouch(domain: str, vouches: bool, said: str) -> None:
    assert is_aligned(domain, "sz.yongchang.com.cn") == vouches
    header = f"mx.yongchang.example; {said.format(domain)}"
    assert judged_by_results(header, SERVER, "li@sz.yongchang.com.cn").passed == vouches


def test_a_header_full_of_brackets_is_read_at_once() -> None:
    for header in ("(" * 100_000, "mx;" + "a=b " * 25_000, 'mx;"' * 30_000, "mx; dmarc=" + "a.b=c " * 20_000):
        assert not judged_by_results(header, SERVER, LI).passed
