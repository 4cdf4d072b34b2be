"""Every page: in both languages, with its headers, polite when it refuses; registers, the inbox."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_workflows.domain.records import CaseRow, Message
from crm_workflows.domain.text import SEPARATOR
from crm_workflows.engine.mail_out.outbox_notices import trouble_began, trouble_ended
from crm_workflows.engine.record import checkup
from crm_workflows.shipped import shipped
from tests.interfaces.web.world import World, text_of, world_at
from tests.office import application

TEMPLATES = sorted((shipped("templates") / "pages").glob("*.html"))
HEADERS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
PAGES = [
    "/", "/cases", "/cases/{case}", "/cases/{case}/amend", "/cases?text=%E8%BD%B4%E6%89%BF&status=waiting", "/inbox",
    "/inbox?as=wang.fang@yongchang.example", "/inbox/{request}?as={person}", "/start/supplier-vetting", "/customers",
    "/schedules", "/schedules?title=x&cron=0+9+*+*+1&by=liu.yang@yongchang.example", "/suppliers",
    "/mailbox", "/mailbox.json", "/admin", "/report",
    "/figure/supplier-vetting/opened", "{link}", "/health/live", "/health/ready", "/metrics", "/api/openapi.json",
    "/api/v1/cases", "/api/v1/cases/{case}", "/api/v1/inbox?as={person}", "/api/v1/processes",
]  # fmt: skip
TECHNICAL = {"metrics", "health", "ready", "api", "openapi", "json"}
"""Addresses that the admin page shows as they are."""
REFUSED = ["/nothing", "/cases/SV-2026-99999", "/start/nothing", "/r/x", "/t/x", "/mailbox/99", "/mailbox/99.eml",
           "/cases/{case}/files/00", "/inbox/nothing?as=x", "/api/v1/cases/nothing", "/api/nothing"]  # fmt: skip


def address(world: World, template: str) -> str:
    """The template's address for a case at its gate."""
    with world.office.engine.store.read() as reader:
        found = reader.find(CaseRow)
    code = found[0].code if found else world.office.until_gate()
    item = world.office.waiting(code)
    return template.format(
        case=code, request=item["id"], person=item["assignee"]["email"], link=world.link(code)
    )  # fmt: skip


@pytest.fixture(scope="module")
def looked_at(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world for tests that only look at pages, and leave it to the next one as it was."""
    home = tmp_path_factory.mktemp("looked-at")
    shutil.copy(migrated, home / "crm.db")
    with world_at(f"sqlite:///{home}/crm.db?timeout=10", home) as made:
        yield made


@pytest.mark.parametrize("template", PAGES)
def test_every_page_answers_with_its_headers(looked_at: World, template: str) -> None:
    where = address(looked_at, template)
    for method in ("GET", "HEAD"):
        answer = looked_at.browser().request(method, where)
        expected = 405 if method == "HEAD" and where.startswith("/api/v1") else 200
        assert answer.status_code == expected, answer.text[:300]
        assert HEADERS.items() <= dict(answer.headers).items()
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert looked_at.browser().get(where).content


@pytest.mark.parametrize("template", REFUSED)
def test_every_refusal_is_a_polite_page_with_its_headers(world: World, template: str) -> None:
    where = address(world, template)
    for method in ("GET", "POST", "DELETE"):
        answer = world.browser().request(method, where)
        assert 400 <= answer.status_code < 500, (method, answer.status_code)
        assert HEADERS.items() <= dict(answer.headers).items()
        assert "Traceback" not in answer.text
    shown = world.browser().get(where)
    assert shown.json()["error"]["sentence"] if where.startswith("/api") else "<h1>" in shown.text


@pytest.mark.parametrize("template", [page for page in PAGES if not re.search(r"json|api|health|metrics", page)])
def test_pages_speak_one_language_at_a_time(looked_at: World, template: str) -> None:
    where = address(looked_at, template)
    joint = "&" if "?" in where else "?"
    chinese = looked_at.browser().get(f"{where}{joint}lang=zh").text
    english = looked_at.browser().get(f"{where}{joint}lang=en").text
    assert '<html lang="zh-CN">' in chinese
    assert '<html lang="en">' in english
    assert "客户关系流程" in text_of(chinese)
    assert "CRM Workflows" in text_of(english)
    for page in (chinese, english):
        assert SEPARATOR not in re.sub(r"sentence|code, name", "", visible(page)), "a label in both languages at once"
    ours = {"案件", "待办", "供应商", "管理", "时间均为", "提交", "负责人", "状态", "首页", "附件"}
    assert not ours & set(visible(english).split()), "a label that stayed Chinese"


def visible(html: str) -> str:
    """What one reads, without what the samples bring in both languages."""
    return text_of(html).replace("五轴联动加工中心 FX-400 两台 / two FX-400 five-axis machining centres", "")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_words_only_as_pairs_of_both_languages(template: object) -> None:
    source = template.read_text("utf-8")  # type: ignore[attr-defined]
    for quoted in re.findall(r"""_\(\s*("[^"]*"|'[^']*')""", source):
        assert SEPARATOR in quoted, quoted
        chinese, _, english = quoted.strip("\"'").partition(SEPARATOR)
        assert chinese.strip()
        assert english.strip()
        assert not re.search(r"[\u4e00-\u9fff]", english), quoted
    outside = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|<code>.*?</code>", " ", source, flags=re.DOTALL)
    outside = re.sub(r'[\w-]+="[^"]*"|<[^>]*>', " ", outside)
    assert [word for word in re.findall(r"[^\W\d_]{2,}", outside) if word not in TECHNICAL] == []


def test_the_language_is_that_of_address_then_choice_then_browser(world: World) -> None:
    browser = world.browser(headers={"accept-language": "fr, en;q=0.8, zh;q=0.5"})
    assert 'lang="en"' in browser.get("/").text
    assert 'lang="zh-CN"' in browser.get("/?lang=zh").text
    assert 'lang="zh-CN"' in browser.get("/cases").text, "the choice is remembered"
    assert 'lang="en"' in browser.get("/cases?lang=en").text
    assert 'lang="zh-CN"' in world.browser(headers={"accept-language": "de"}).get("/").text
    assert 'lang="zh-CN"' in world.browser(headers={"accept-language": ";;q=x,,"}).get("/?lang=xx").text


def test_the_language_switch_keeps_the_rest_of_the_address(world: World) -> None:
    page = world.browser().get("/cases?text=%E8%BD%B4&status=waiting&lang=zh").text
    assert 'href="/cases?text=%E8%BD%B4&amp;status=waiting&amp;lang=en"' in page


def test_pages_run_no_script_and_load_nothing_from_elsewhere(world: World) -> None:
    where = [address(world, template) for template in ("/cases/{case}", "{link}", "/start/supplier-vetting", "/")]
    sheets = set()
    for path in where:
        html = world.browser().get(path).text
        assert "<script" not in html
        assert not re.search(r"\bon\w+=", re.sub(r">[^<]*<", "><", html))
        assert not re.search(r'style="', html), "the policy forbids inline style"
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
        style = re.search(r'href="(/style\.css\?v=\w+)"', html)
        assert style
        sheets.add(style[1])
    (sheet,) = sheets
    got = world.browser().get(sheet)
    assert got.headers["content-type"].startswith("text/css")
    assert "immutable" in got.headers["cache-control"]
    assert "@import" not in got.text
    assert "url(" not in got.text
    assert world.browser().get("/icon.svg").headers["content-type"] == "image/svg+xml"


def test_what_people_typed_is_escaped(world: World) -> None:
    markup = "<script>alert(1)</script>\"'>"
    evil = f"{markup}\u202e"
    code = world.office.start(application(company=f"坏{markup}", goods=evil, reason=evil))
    for path in ("/", "/cases", f"/cases/{code}", world.link(code), f"/cases?text={evil}"):
        html = world.browser().get(path).text
        assert "<script" not in html
        assert "\u202e" not in html
    assert "&lt;script&gt;" in world.browser().get(f"/cases/{code}").text


def test_the_register_lists_recognised_suppliers(world: World) -> None:
    code = world.office.until_signers()
    assert "名册中还没有供应商" in text_of(world.browser().get("/suppliers").text)
    world.office.sign(code)
    world.office.submit(code)
    chinese, english = (text_of(world.browser().get(f"/suppliers?lang={lang}").text) for lang in ("zh", "en"))
    assert (
        "S-CP-0001 苏州澄岚精密轴承有限公司 91320500MAX0CL616K 零部件 B 2028年3月2日 银行转账 · 付款天数 60 · 月结"
        in chinese
    )
    assert "Component B 2 Mar 2028 Bank transfer · Days of payment 60 · 月结" in english
    world.office.clock.move_to(datetime(2028, 3, 2, 15, 59, tzinfo=UTC))
    assert "Recognised" in text_of(world.browser().get("/suppliers?lang=en").text), "valid to the end of its last day"
    world.office.clock.move_to(datetime(2028, 3, 2, 16, 0, tzinfo=UTC))
    assert "Recognition ended" in text_of(world.browser().get("/suppliers?lang=en").text)


def test_the_inbox_shows_what_is_asked_and_what_is_late(world: World) -> None:
    code = world.office.until_gate()
    browser = world.browser()
    assert "请选择一个人" in text_of(browser.get("/inbox?lang=zh").text)
    mine = text_of(browser.get("/inbox?as=zheng.xiaodong@yongchang.example&lang=zh").text)
    assert f"{code} · SV-7" in mine
    assert re.search(r"截止 2026年3月\d+日 .*立案于 2026年3月", mine), "what is due first, and a date says what it is"
    assert "已逾期" not in mine
    world.office.clock.move_to(world.office.clock.now() + timedelta(days=7))
    assert "已逾期" in text_of(browser.get("/inbox").text), "the person is remembered"
    assert "没有待办事项" in text_of(browser.get("/inbox?as=liu.yang@yongchang.example").text)
    home = text_of(browser.get("/").text)
    assert "项待办 · 刘洋" in home


def test_the_admin_page_lists_code_kept_for_open_cases_only_while_there_are_some(world: World) -> None:
    text = text_of(world.browser().get("/admin?lang=zh").text)
    assert (text.count("供应商复评"), "为在办案件保留" in text) == (1, False)
    code = world.office.until_gate()
    store = world.office.engine.store
    with store.write() as tx:
        row = tx.get(CaseRow, code)
        assert row is not None
        tx.update(CaseRow, (code,), version=7, source_hash="0123456789abcdef")
    text = text_of(world.browser().get("/admin?lang=zh").text)
    assert f"第 1 版 {row.source_hash} 第 7 版，为在办案件保留 0123456789abcdef" in text
    with store.write() as tx:
        tx.update(CaseRow, (code,), version=row.version, source_hash=row.source_hash)


@pytest.mark.breaks_invariants("failed and stopped by hand", "every mail arrives or somebody hears")
def test_the_admin_page_names_what_needs_a_person(world: World) -> None:
    code = world.office.until_gate()
    store = world.office.engine.store
    with store.write() as tx:
        mail = tx.find(Message, limit=1)[0]
        tx.update(Message, (mail.id,), status="failed", error="550 no such mailbox", next_at=None)
    text = text_of(world.browser().get("/admin?lang=zh").text)
    assert f"crmw mail resend {mail.id}" in text
    assert "550 no such mailbox" in text
    checkup.check_up(world.office.engine)
    assert "没有会办不下去的案件。" in text_of(world.browser().get("/admin?lang=zh").text)
    with store.write() as tx:
        row = tx.get(CaseRow, code)
        assert row is not None
        tx.update(CaseRow, (code,), status="needs_attention", attention="没有人 / nobody is there")
    text = text_of(world.browser().get("/admin?lang=zh").text)
    assert f"crmw retry {code}" in text
    assert "除已停下的以外，没有会办不下去的案件。" in text, "what was looked at before it stopped says nothing else"
    assert "没有人" in text
    case_page = text_of(world.browser().get(f"/cases/{code}?lang=en").text)
    assert "The case stands still and needs attention nobody is there" in case_page
    with store.write() as tx:
        tx.update(CaseRow, (code,), status="waiting", attention=None)


def test_the_admin_page_says_since_when_no_mail_can_be_sent(world: World) -> None:
    code, engine = world.office.start(), world.office.engine
    assert "Mails cannot be sent" not in text_of(world.browser().get("/admin?lang=en").text)
    with engine.store.write() as tx:
        trouble_began(tx, engine.staff, engine.clock, tx.find(Message, case=code)[0], "421 not now")
    text = text_of(world.browser().get("/admin?lang=en").text)
    assert "Mails cannot be sent since Mon 2 Mar 2026, 09:00" in text
    with engine.store.write() as tx:
        trouble_ended(tx)
    assert "邮件发不出去" not in world.browser().get("/admin?lang=zh").text


def test_names_of_people_are_written_in_the_language_of_the_page(world: World) -> None:
    code = world.office.until_gate(application("over-limit"))
    world.office.answer(code, "approve")
    link = world.link(code)
    chinese, english = (text_of(world.browser().get(f"{link}?lang={language}").text) for language in ("zh", "en"))
    assert "郑晓东（市场主管）" in chinese
    assert "Zheng Xiaodong (Head of marketing)" in english
    assert "王芳 · wang.fang@yongchang.example" in chinese
    assert "Wang Fang · wang.fang@yongchang.example" in english


def test_dates_of_lists_are_written_as_people_write_them(world: World) -> None:
    code = world.office.start()
    assert "2026年3月2日" in text_of(world.browser().get("/cases?lang=zh").text)
    assert "2 Mar 2026" in text_of(world.browser().get("/cases?lang=en").text)
    assert "2 Mar 09:00" in text_of(world.browser().get(f"/cases/{code}?lang=en").text)


def test_a_sentence_that_stands_alone_begins_with_a_capital(world: World) -> None:
    text = text_of(world.browser().get(f"/r/{'a' * 32}?lang=en").text)
    assert "Not found This link does not exist or is incomplete" in text
