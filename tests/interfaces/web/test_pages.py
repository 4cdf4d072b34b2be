"""Every page: in both languages, with its headers, polite when it refuses; and what the pages of a case say."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from crm_workflows.domain.records import CaseRow, Message
from crm_workflows.domain.text import SEPARATOR
from crm_workflows.engine.running.opening import cancel
from crm_workflows.shipped import shipped
from tests.interfaces.web.world import World, answering_form, filled, forms, text_of
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
    "/mailbox", "/mailbox.json", "/admin", "{link}", "/health/live", "/health/ready", "/metrics", "/api/openapi.json",
    "/api/v1/cases", "/api/v1/cases/{case}", "/api/v1/inbox?as={person}", "/api/v1/processes",
]  # fmt: skip
TECHNICAL = {"metrics", "health", "ready", "api", "openapi", "json"}
"""Addresses that the admin page shows as they are."""
REFUSED = ["/nothing", "/cases/SV-2026-99999", "/start/nothing", "/r/x", "/t/x", "/mailbox/99", "/mailbox/99.eml",
           "/cases/{case}/files/00", "/inbox/nothing?as=x", "/api/v1/cases/nothing", "/api/nothing"]  # fmt: skip


def address(world: World, template: str) -> str:
    """The template's address for a case at its gate."""
    found = world.browser().get("/api/v1/cases").json()
    code = found[0]["case"] if found else world.office.until_gate()
    item = world.office.waiting(code)
    return template.format(
        case=code, request=item["id"], person=item["assignee"]["email"], link=world.link(code)
    )  # fmt: skip


@pytest.mark.parametrize("template", PAGES)
def test_every_page_answers_with_its_headers(world: World, template: str) -> None:
    where = address(world, template)
    for method in ("GET", "HEAD"):
        answer = world.browser().request(method, where)
        expected = 405 if method == "HEAD" and where.startswith("/api/v1") else 200
        assert answer.status_code == expected, answer.text[:300]
        assert HEADERS.items() <= dict(answer.headers).items()
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert world.browser().get(where).content


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
def test_pages_speak_one_language_at_a_time(world: World, template: str) -> None:
    where = address(world, template)
    joint = "&" if "?" in where else "?"
    chinese = world.browser().get(f"{where}{joint}lang=zh").text
    english = world.browser().get(f"{where}{joint}lang=en").text
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
    for path in where:
        html = world.browser().get(path).text
        assert "<script" not in html
        assert not re.search(r"\bon\w+=", re.sub(r">[^<]*<", "><", html))
        assert not re.search(r'style="', html), "the policy forbids inline style"
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
        style = re.search(r'href="(/style\.css\?v=\w+)"', html)
        assert style
    got = world.browser().get(style.group(1))
    assert got.headers["content-type"].startswith("text/css")
    assert "immutable" in got.headers["cache-control"]
    assert "@import" not in got.text
    assert "url(" not in got.text
    assert world.browser().get("/icon.svg").headers["content-type"] == "image/svg+xml"


def test_a_case_tells_its_story_round_by_round(world: World) -> None:
    code = world.office.until_gate()
    world.office.answer(code, "send_back", to="SV-6", comment="请补充价格比较")
    world.office.submit(code)
    world.office.answer(code, "approve", comment="同意")
    world.office.sign(code)
    text = text_of(world.browser().get(f"/cases/{code}?lang=zh").text)
    at = 0
    for line in (
        "第 1 轮",
        "发起案件",
        "核对是否已有该供应商",
        "索取资料：一般调查资料",
        "收到文件",
        "资料收齐",
        "请求审批：供应商认定",
        "已退回：供应商认定",
        "请补充价格比较",
        "回到 SV-6：认定申请",
        "第 2 轮",
        "已提交：认定申请",
        "已同意：供应商认定",
        "分派任务：合同签署人",
        "资料收齐：已签署的合同",
        "已提交：银行账户确认（第二人）",
        "编制供应商代码",
        "分派任务：确定付款条件",
    ):
        at = text.index(line, at) + len(line)
    assert "郑晓东 · 邮件链接" in text
    assert "企业概况.pdf" in text
    assert "供应商代码 S-CP-0001" in text


def test_a_case_shows_its_facts_readably(world: World) -> None:
    code = world.office.start(application("over-limit"))
    page = world.browser().get(f"/cases/{code}?lang=zh")
    text = text_of(page.text)
    for fact in ("预计年采购额 ¥3,200,000.00", "类别 设备", "语言 英文", "负责采购员 王芳"):
        assert fact in text
    assert "two FX-400 five-axis machining centres" in text
    assert "五轴联动加工中心" in text, "what people typed is shown whole"
    assert "还缺 ：" in text or "还缺：" in text
    assert page.text.count("<svg") == 2, "where it stands, and the whole of it when asked for"


def test_every_file_of_a_case_can_be_opened_and_nothing_else(world: World) -> None:
    code = world.office.until_gate()
    other = world.office.start(application("over-limit"))
    page = world.browser().get(f"/cases/{code}").text
    found = sorted(set(re.findall(rf"/cases/{code}/files/\w+", page)))
    assert len(found) == 8, "seven papers and the report"
    for path in found:
        got = world.browser().get(path)
        assert got.status_code == 200
        assert "filename*=utf-8''" in got.headers["content-disposition"]
        assert world.browser().get(path.replace(code, other)).status_code == 404
    types = {world.browser().get(path).headers["content-type"] for path in found}
    assert types == {"application/pdf", "image/jpeg", "text/html; charset=utf-8", "application/octet-stream"}


def test_a_refused_file_is_only_ever_downloaded(world: World) -> None:
    from crm_workflows.engine.requests.files import File

    code = world.office.start()
    world.office.hand_in(code, [File("企业概况.html", "text/html", b"<script>alert(1)</script>")])
    path = re.findall(rf"/cases/{code}/files/\w+", world.browser().get(f"/cases/{code}").text)[0]
    got = world.browser().get(path)
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in got.headers["content-security-policy"]


def test_what_people_typed_is_escaped(world: World) -> None:
    markup = "<script>alert(1)</script>\"'>"
    evil = f"{markup}\u202e"
    code = world.office.start(application(company=f"坏{markup}", goods=evil, reason=evil))
    for path in ("/", "/cases", f"/cases/{code}", world.link(code), f"/cases?text={evil}"):
        html = world.browser().get(path).text
        assert "<script" not in html
        assert "\u202e" not in html
    assert "&lt;script&gt;" in world.browser().get(f"/cases/{code}").text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("text=轴承", ["苏州澄岚精密轴承有限公司"]),
        ("text=sv-2026-00002", ["宁波远舵数控装备有限公司"]),
        ("status=closed", []),
        ("owner=zhao.lei@yongchang.example", ["无锡青禾岭包装材料有限公司"]),
        ("process=nothing", []),
        ("text=%25_'--", []),
        ("opened_from=2026-03-02", None), ("opened_to=2026-03-02", None), ("opened_from=0001-01-01", None),
        ("opened_from=2026-03-03", []), ("opened_to=2026-03-01", []), ("opened_from=9999-12-31", []),
        ("opened_to=x", None),
        ("page=0", None), ("page=-1", None), ("page=abc", None), ("page=99999999999", None), ("page=2", []),
        ("status=waiting&process=supplier-vetting", None),
    ],
)  # fmt: skip
def test_cases_are_found_by_what_is_asked(world: World, query: str, expected: list[str] | None) -> None:
    for sample in ("good", "over-limit", "missing-papers"):
        world.office.start(application(sample))
    page = world.browser().get(f"/cases?{query}")
    assert page.status_code == 200
    names = re.findall(r'<td class="name">([^<]+)</td>', page.text)
    everything = ["无锡青禾岭包装材料有限公司", "宁波远舵数控装备有限公司", "苏州澄岚精密轴承有限公司"]
    if query == "page=99999999999":
        expected = everything
    assert names == (everything if expected is None else expected)


def test_a_list_says_what_each_case_waits_for_and_whom(world: World) -> None:
    world.office.until_gate()
    for path in ("/", "/cases"):
        assert "供应商认定 · 郑晓东" in text_of(world.browser().get(path).text)
    assert "Recognition of the supplier · Zheng Xiaodong" in text_of(world.browser().get("/cases?lang=en").text)
    assert "已逾期" not in text_of(world.browser().get("/cases").text)
    world.office.clock.move_to(world.office.clock.now() + timedelta(days=5))
    assert "供应商认定 · 郑晓东 已逾期" in text_of(world.browser().get("/cases").text)


def test_processes_that_other_cases_book_come_last_where_people_start_cases(world: World) -> None:
    said = text_of(world.browser().get("/?lang=en").text)
    places = [said.index(title) for title in ("Supplier vetting", "Supplier certificate", "Supplier re-evaluation")]
    assert places[0] == min(places)


def test_the_list_of_cases_has_pages(world: World) -> None:
    from crm_workflows.engine.running import opening

    for n in range(51):
        opening.start(
            world.office.engine, "supplier-vetting", application(company=f"第 {n} 家公司"), requester=None, origin="cli"
        )
    first, second = (world.browser().get(f"/cases?page={n}&lang=zh").text for n in (1, 2))
    assert (first.count("<tr>"), second.count("<tr>")) == (51, 2)
    assert "较早" in text_of(first)
    assert "较新" in text_of(second)


def test_a_case_started_on_its_page_begins_once(world: World) -> None:
    browser = world.browser()
    page = browser.get("/start/supplier-vetting?lang=zh")
    assert "供应商认定" in text_of(page.text)
    assert answering_form(page.text).fields["contact.language"] == ["zh"]
    typed = {
        "owner": "wang.fang@yongchang.example", "company": "苏州澄岚精密轴承有限公司",
        "credit_code": " 91320500max0cl616k ", "contact.name": "顾晚晴", "contact.email": "gu.wanqing@chenglan.example",
        "goods": "轴承", "category": "component", "yearly_amount.amount": "480,000", "reason": "第二来源",
        "no_conflict_of_interest": "yes",
    }  # fmt: skip
    form = {name: value[0] if isinstance(value, list) else value for name, value in (filled(page.text) | typed).items()}
    bad = browser.post("/start/supplier-vetting", data=form | {"credit_code": "1", "owner": "nobody@x.example"})
    assert bad.status_code == 422
    assert "18 位" in text_of(bad.text)
    answers = [browser.post("/start/supplier-vetting", data=form) for _ in range(2)]
    assert {a.status_code for a in answers} == {303}
    assert {a.headers["location"] for a in answers} == {"/cases/SV-2026-00001"}
    world.office.work()
    view = world.office.view("SV-2026-00001")
    assert (view["origin"], view["requester"], view["subject"]["credit_code"]) == (
        "page", "wang.fang@yongchang.example", "91320500MAX0CL616K",
    )  # fmt: skip
    assert browser.post("/start/supplier-vetting", data=typed).status_code == 400
    unknown = browser.post(
        "/start/supplier-vetting", data=form | {"owner": "who@x.example", "form_id": form["form_id"]}
    )
    assert unknown.status_code == 422
    assert "不在人员名册中" in text_of(unknown.text)


def test_papers_brought_with_the_start_are_listed(world: World) -> None:
    browser = world.browser()
    form = {n: v[0] for n, v in filled(browser.get("/start/supplier-vetting").text).items()}
    subject = application()
    form |= {"owner": subject["owner"], "company": subject["company"], "credit_code": subject["credit_code"]}
    form |= {f"contact.{name}": value for name, value in subject["contact"].items()}
    form |= {"goods": "轴承", "category": "component", "yearly_amount.amount": "1", "reason": "x"}
    form |= {"no_conflict_of_interest": "yes", "requester": "zhao.lei@yongchang.example"}
    files = [("attachments", ("报价单.pdf", b"%PDF-1.4"))]
    empty = browser.post("/start/supplier-vetting", data=form, files=[("attachments", ("空.pdf", b""))])
    assert empty.status_code == 422
    assert "文件是空的" in text_of(empty.text)
    assert browser.post("/start/supplier-vetting", data=form, files=files).status_code == 303
    world.office.work()
    text = text_of(browser.get("/cases/SV-2026-00001?lang=zh").text)
    assert "报价单.pdf 随申请附上" in text
    assert "申请人 赵磊" in text


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
    assert "已逾期" not in mine
    world.office.clock.move_to(world.office.clock.now() + timedelta(days=7))
    assert "已逾期" in text_of(browser.get("/inbox").text), "the person is remembered"
    assert "没有待办事项" in text_of(browser.get("/inbox?as=liu.yang@yongchang.example").text)
    home = text_of(browser.get("/").text)
    assert "项待办 · 刘洋" in home


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
    with store.write() as tx:
        row = tx.get(CaseRow, code)
        assert row is not None
        tx.update(CaseRow, (code,), status="needs_attention", attention="没有人 / nobody is there")
    text = text_of(world.browser().get("/admin?lang=zh").text)
    assert f"crmw retry {code}" in text
    assert "没有人" in text
    case_page = text_of(world.browser().get(f"/cases/{code}?lang=en").text)
    assert "The case stands still and needs attention nobody is there" in case_page
    with store.write() as tx:
        tx.update(CaseRow, (code,), status="waiting", attention=None)


def test_a_cancelled_case_says_so(world: World) -> None:
    code = world.office.start()
    cancel(world.office.engine, code, by="wang.fang@yongchang.example", reason="不再需要")
    page = world.browser().get(f"/cases/{code}?lang=zh")
    assert "已取消" in text_of(page.text)
    assert not [form for form in forms(page.text) if form.method == "post"]


def test_a_case_that_was_refused_says_why_in_whose_words_and_when(world: World) -> None:
    code = world.office.until_gate()
    world.office.answer(code, "reject", comment="产能不足")
    text = text_of(world.browser().get(f"/cases/{code}").text)
    assert "未通过：认定未获批准 产能不足 郑晓东 · 2026年3月2日 周一 09:00" in text
    english = text_of(world.browser().get(f"/cases/{code}?lang=en").text)
    assert "Rejected: recognition was refused 产能不足 Zheng Xiaodong" in english


def test_a_case_that_lapsed_or_was_cancelled_says_why(world: World) -> None:
    lapsed, cancelled = world.office.start(), world.office.start(application(credit_code="91330200MAX0AA110H"))
    cancel(world.office.engine, cancelled, by=application()["owner"], reason="重复申请")
    world.office.move_to(world.office.clock.now() + timedelta(days=40))
    assert "供应商未按期提供资料" in text_of(world.browser().get(f"/cases/{lapsed}").text)
    assert "案件已取消 重复申请 王芳" in text_of(world.browser().get(f"/cases/{cancelled}").text)


def test_finance_reads_on_the_page_who_approved_before(world: World) -> None:
    code = world.office.until_gate(application("over-limit"))
    world.office.answer(code, "approve", comment="价格合理")
    text = text_of(world.browser().get(world.link(code) + "?lang=zh").text)
    assert "此前已同意" in text
    assert "（市场主管） 2026年3月2日 周一 09:00 价格合理" in text


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "回复不明确，没有记录决定："), ("en", "An unclear reply, nothing decided: ")]
)
def test_an_unclear_reply_is_part_of_the_case_s_story(world: World, language: str, said: str) -> None:
    code = world.office.until_gate()
    world.office.reply(world.office.asking(code), "好的")
    page = world.browser(headers={"accept-language": language}).get(f"/cases/{code}").text
    assert said in page
    assert ("第一行只是表示收到" if language == "zh" else "The first line only acknowledges") in page


@pytest.mark.parametrize("company", ["甲公司\r\nBcc: everybody@example.com", "甲\u202e乙公司"])
def test_a_company_of_two_lines_or_hidden_characters_is_refused_in_one_sentence(world: World, company: str) -> None:
    browser = world.browser()
    form = filled(browser.get("/start/supplier-vetting").text, company=company)
    answer = browser.post("/start/supplier-vetting?lang=zh", data=form)
    assert answer.status_code == 422
    assert "供应商名称 ：请写成一行，不要含换行或看不见的字符" in text_of(answer.text).replace("名称：", "名称 ：")
    with world.office.engine.store.read() as reader:
        assert reader.count(CaseRow) == 0


def test_names_of_people_are_written_in_the_language_of_the_page(world: World) -> None:
    code = world.office.until_gate(application("over-limit"))
    world.office.answer(code, "approve")
    link = world.link(code)
    chinese, english = (text_of(world.browser().get(f"{link}?lang={language}").text) for language in ("zh", "en"))
    assert "郑晓东（市场主管）" in chinese
    assert "Zheng Xiaodong (Head of marketing)" in english
    assert "王芳 · wang.fang@yongchang.example" in chinese
    assert "Wang Fang · wang.fang@yongchang.example" in english


def test_whoever_acts_in_this_browser_is_the_requester_whomever_they_name_as_owner(world: World) -> None:
    browser = world.browser()
    browser.get("/inbox?as=zhao.lei@yongchang.example")
    page = browser.get("/start/supplier-vetting").text
    assert answering_form(page).fields["requester"] == ["zhao.lei@yongchang.example"]
    typed = {"company": "甲公司", "credit_code": application()["credit_code"], "contact__name": "顾晚晴"}
    typed |= {"contact__email": "gu@chenglan.example", "goods": "轴承", "category": "component", "reason": "第二来源"}
    typed |= {"yearly_amount__amount": "1000", "no_conflict_of_interest": "yes"}
    browser.post("/start/supplier-vetting", data=filled(page, owner="wang.fang@yongchang.example", **typed))
    mail, own = sorted(world.office.mails("case_opened"), key=lambda one: one.recipient)
    assert (own.recipient, own.context["is_requester"]) == ("zhao.lei@yongchang.example", True)
    assert mail.recipient == "wang.fang@yongchang.example"
    assert mail.context["requester_email"] == "zhao.lei@yongchang.example"


def test_dates_of_lists_are_written_as_people_write_them(world: World) -> None:
    code = world.office.start()
    assert "2026年3月2日" in text_of(world.browser().get("/cases?lang=zh").text)
    assert "2 Mar 2026" in text_of(world.browser().get("/cases?lang=en").text)
    assert "2 Mar 09:00" in text_of(world.browser().get(f"/cases/{code}?lang=en").text)


def test_a_sentence_that_stands_alone_begins_with_a_capital(world: World) -> None:
    text = text_of(world.browser().get(f"/r/{'a' * 32}?lang=en").text)
    assert "Not found This link does not exist or is incomplete" in text
