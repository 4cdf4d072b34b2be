"""The page of a case: its story, facts and files, and why it ended."""

import re
from datetime import timedelta

import pytest

from crm_workflows.domain.durations import calendar_days
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.engine.running import attention
from crm_workflows.engine.running.opening import cancel
from tests.flows.complaints import gone
from tests.flows.customers import finished, onboarding
from tests.flows.test_after_recognition import recognised
from tests.interfaces.web.world import World, forms, text_of
from tests.office import application


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
        "请求审批：供应商认定审批",
        "已退回：供应商认定审批",
        "请补充价格比较",
        "回到 SV-6：认定申请",
        "第 2 轮",
        "已提交：认定申请",
        "已同意：供应商认定审批",
        "分派任务：合同签署人",
        "资料收齐：已签署的合同",
        "已提交：银行账户确认（第二人）",
        "分配供应商代码",
        "分派任务：确定付款条件",
    ):
        at = text.index(line, at) + len(line)
    assert "郑晓东 · 邮件链接" in text
    assert "企业概况.pdf" in text
    assert "供应商代码 S-CP-0001" in text


def stop(world: World, code: str) -> None:
    """As a mistake of the procedure does it."""
    engine = world.office.engine
    with engine.store.write() as tx:
        row = tx.lock_case(code)
        assert row is not None
        attention.needed(engine, tx, row, AuthorMistake("gate 'x' has no role"), engine.clock.now())


def test_a_case_that_stands_still_says_who_was_told_and_what_each_can_do(world: World) -> None:
    code = world.office.until_gate()
    assert "已通知" not in text_of(world.browser().get(f"/cases/{code}?lang=zh").text)
    stop(world, code)
    attention.retry(world.office.engine, code, "cli:test")
    world.office.advance(calendar_days(1))
    stop(world, code)
    in_chinese, in_english = (text_of(world.browser().get(f"/cases/{code}?lang={one}").text) for one in ("zh", "en"))
    for line in ("已通知 刘洋（待发送） 管理员", f"crmw retry {code}", "负责人、申请人 王芳：", "郑晓东：可照常答复"):
        assert line in in_chinese, line
    for line in ("Told Liu Yang (Queued) Admins", f"crmw retry {code} : the case", "Zheng Xiaodong: may answer"):
        assert line in in_english, line
    world.office.answer(code, "approve")
    assert world.office.view(code)["status"] == "needs_attention", "what is answered waits with the case"
    attention.retry(world.office.engine, code, "cli:test")
    world.office.work()
    assert world.office.waiting(code)["gate"] == "contract_signers", "and takes effect once it goes on"


@pytest.mark.breaks_invariants("there is no admin", "every mail arrives or somebody hears")
def test_a_case_that_stops_without_an_admin_says_that_nobody_was_told(world: World) -> None:
    code = world.office.until_gate()
    gone(world.office, "liu.yang@yongchang.example")
    stop(world, code)
    assert "已通知 没有人：停下时没有在职的管理员" in text_of(world.browser().get(f"/cases/{code}?lang=zh").text)


def test_what_came_of_a_case_stands_before_what_was_asked_and_leads_to_the_register(world: World) -> None:
    supplier = recognised(world.office)
    page = world.browser().get(f"/cases/{supplier}?lang=zh").text
    assert re.search(r"结果 供应商代码 S-CP-0001 级别 [ABC] 有效期至 2\d{3}年.* 申请人 王芳", text_of(page))
    assert '<a href="/suppliers/S-CP-0001">' in page
    customer = onboarding(world.office)
    assert "结果" not in text_of(world.browser().get(f"/cases/{customer}?lang=zh").text), "nothing has come of it yet"
    finished(world.office, customer)
    page = world.browser().get(f"/cases/{customer}?lang=zh").text
    assert re.search(r"结果 客户代码 C-MA-0001 等级 \w 信用 .* 天", text_of(page))
    assert '<a href="/customers/C-MA-0001">' in page


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


@pytest.mark.parametrize(
    ("language", "said", "why"),
    [
        ("zh", "答复未生效：", "人员名册中没有“Bob”"),
        ("en", "An answer without effect: ", "nobody here is called “Bob”"),
    ],
)
def test_a_refused_reply_is_told_once_before_what_followed(world: World, language: str, said: str, why: str) -> None:
    code = world.office.until_gate()
    asked = world.office.asking(code)
    world.office.reply(asked, "delegate to Bob")
    world.office.advance(calendar_days(1))
    world.office.reply(asked, "approve")
    page = text_of(world.browser(headers={"accept-language": language}).get(f"/cases/{code}").text)
    story = page[page.index("经过" if language == "zh" else "What happened") :]
    assert story.count(said) == 1
    assert story.index(said) < story.index(why) < story.index("同意：" if language == "zh" else "Approved: ")


def test_a_late_reply_is_told_as_late_only(world: World) -> None:
    code = world.office.until_gate()
    asked = world.office.asking(code)
    world.office.reply(asked, "approve")
    world.office.reply(asked, "reject too dear")
    page = text_of(world.browser(headers={"accept-language": "en"}).get(f"/cases/{code}").text)
    assert "A late answer, without effect: " in page
    assert "An answer without effect: " not in page


def test_the_address_of_a_case_may_be_typed_in_small_letters(world: World) -> None:
    code = world.office.start(application())
    page = world.browser().get(f"/cases/{code.lower()}")
    assert page.status_code == 200
    assert code in text_of(page.text)
