"""The customer register as a page: who is called next, in either language, filtered."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from crm_workflows.domain.records import (
    ContactMade,
    Customer,
    CustomerContract,
    CustomerInvoice,
    CustomerOrder,
    DueCallback,
)
from tests.flows.customers import OWNER, enter
from tests.flows.test_periodic_callbacks import call
from tests.interfaces.web.world import World, text_of

CREDIT = {"terms": "credit", "limit": {"amount": "80000.00", "currency": "CNY"}, "days": 30, "until": "2026-06-30"}


def filled(world: World) -> None:
    now = world.office.clock.now()
    enter(world.office, "C-MA-0001", name="无锡云帆泵业有限公司", credit_code="c1", credit=CREDIT, industry="machinery",
          next_callback_at=now + timedelta(days=30))  # fmt: skip
    enter(world.office, "C-TR-0001", name="宁波青禾贸易有限公司", credit_code="c2", tier="A", industry="trade",
          next_callback_at=now - timedelta(days=1))  # fmt: skip
    enter(world.office, "C-OT-0001", name="没有回访", credit_code="c3", status="blocked", open_callback="CB-2026-00001")


def test_the_register_shows_who_is_called_next_first(world: World) -> None:
    assert "名册中还没有客户" in text_of(world.browser().get("/customers").text)
    filled(world)
    chinese, english = (text_of(world.browser().get(f"/customers?lang={lang}").text) for lang in ("zh", "en"))
    assert chinese.index("宁波青禾") < chinese.index("无锡云帆") < chinese.index("没有回访")
    assert "C-MA-0001 无锡云帆泵业有限公司 B ¥80,000.00 · 30 天 机械制造 林小雨 —" in chinese
    assert "B CNY 80,000.00 · 30 days Machinery Lin Xiaoyu" in english
    assert "due" in english
    assert "under way Blocked" in english


def test_the_register_says_when_the_morning_round_will_call_whom_nobody_has_dated(world: World) -> None:
    now = world.office.clock.now()
    enter(world.office, "C-MA-0001", credit_code="c1", last_contact_at=now - timedelta(days=10))
    enter(world.office, "C-MA-0002", credit_code="c2", last_contact_at=now - timedelta(days=100))
    enter(world.office, "C-MA-0003", credit_code="c3", last_contact_at=now, consents=False)
    said = text_of(world.browser().get("/customers?lang=en").text)
    assert "20 Feb 2026 21 May 2026" in said, "tier B is called after 90 days without contact"
    assert re.search(r"22 Nov 2025 20 Feb 2026 due .*C-MA-0001", said), "who is due stands first"
    assert "2 Mar 2026 — " in said, "no round calls who does not want to be called"
    assert "Next callback 21 May 2026" in text_of(world.browser().get("/customers/C-MA-0001?lang=en").text)


def test_a_temporary_limit_that_is_over_reads_prepaid(world: World) -> None:
    filled(world)
    world.office.clock.move_to(world.office.clock.now() + timedelta(days=150))
    assert "无锡云帆泵业有限公司 B 预付款" in text_of(world.browser().get("/customers").text)


def test_customers_are_found_by_tier_owner_code_and_name(world: World) -> None:
    filled(world)
    with world.office.engine.store.write() as tx:
        tx.update(Customer, ("C-TR-0001",), owner="song.jia@yongchang.example")

    def shown(query: str) -> set[str]:
        said = text_of(world.browser().get(f"/customers?{query}").text)
        return {code for code in ("C-MA-0001", "C-TR-0001", "C-OT-0001") if code in said}

    assert shown("tier=A") == {"C-TR-0001"}
    assert shown(f"owner={OWNER}") == {"C-MA-0001", "C-OT-0001"}
    assert shown("text=c-ot-0001") == shown("text=没有回访") == {"C-OT-0001"}
    assert world.browser().get("/customers?tier=%00&text=%00").status_code < 500
    assert shown("text=mA-00") == {"C-MA-0001"}, "a piece of the code, however it is written"
    assert shown("text=青禾") == {"C-TR-0001"}, "a piece of the name"
    assert shown("text=青禾&tier=B") == set()
    with world.office.engine.store.write() as tx:
        tx.update(Customer, ("C-OT-0001",), phone="55500188")
    assert shown("text=%2B86 512-5550 0188") == {"C-OT-0001"}, "a phone number, however it is typed"
    assert shown("text=&tier=B") == {"C-MA-0001", "C-OT-0001"}


def test_the_register_stands_in_the_navigation(world: World) -> None:
    assert 'href="/customers"' in world.browser().get("/").text


def test_everything_of_one_customer_stands_on_its_page(world: World) -> None:
    office = world.office
    enter(office, credit=CREDIT, industry="machinery", region="江苏")
    now = office.clock.now()
    with office.engine.store.write() as tx:
        tx.insert(
            CustomerOrder("C-MA-0009", "PO-7", now - timedelta(days=9), "1200.00 CNY",
                          goods="叶轮"),
            CustomerContract("C-MA-0009", "HT-1", now - timedelta(days=99), now - timedelta(days=1), "年度供货"),
            ContactMade("C-MA-0009", 0, now, "callback", OWNER, True, None, {"satisfaction": 2, "summary": "交货迟到"}),
        )  # fmt: skip
    code = call(office)
    chinese, english = (world.browser().get(f"/customers/C-MA-0009?lang={lang}").text for lang in ("zh", "en"))
    assert 'href="tel:+8651255500188"' in chinese
    assert "+86 512 5550 0188" in chinese, "as it is read out"
    for words in ("顾晚晴", "江苏", "机械制造", "¥80,000.00 · 30 天", "PO-7 叶轮", "¥1,200.00", "HT-1 年度供货",
                  "回访 · 满意度 2 · 林小雨 交货迟到", "进行中 · " + code):  # fmt: skip
        assert words in text_of(chinese), words
    assert f'<a href="/cases/{code}">{code}</a>' in chinese
    assert "Callback · satisfaction 2 · Lin Xiaoyu" in text_of(english)
    assert "tier B" in text_of(english)
    assert '<a href="/customers/C-MA-0009">' in world.browser().get("/customers").text
    assert world.browser().get("/customers/C-XX-0001").status_code == 404


def test_what_a_customer_owes_stands_on_its_page(world: World) -> None:
    enter(world.office, credit=CREDIT)
    noon, day = datetime(2026, 3, 2, 4, tzinfo=UTC), timedelta(days=1)
    with world.office.engine.store.write() as tx:
        tx.insert(
            CustomerInvoice("C-MA-0009", "FP-1", noon - day, "1200.00 CNY", review="CR-2026-00007"),
            CustomerInvoice("C-MA-0009", "FP-2", noon, "5.00 USD"),
            CustomerInvoice("C-MA-0009", "FP-3", noon - 9 * day, "7.00 CNY", noon - day),
        )
    page = world.browser().get("/customers/C-MA-0009?lang=en").text
    rows = [text_of(row) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "FP-" in row]
    assert rows == [
        "FP-2 USD 5.00 2 Mar 2026 —",
        "FP-1 CNY 1,200.00 1 Mar 2026 overdue CR-2026-00007",
        "FP-3 CNY 7.00 21 Feb 2026 1 Mar 2026",
    ], "what is due today is not overdue"
    assert "Open invoices CNY 1,200.00, 1% of the limit · USD 5.00, not counted against it" in text_of(page)


def test_all_that_happened_with_a_customer_stands_in_one_story(world: World) -> None:
    office = world.office
    enter(office, "C-MA-0009")
    now = office.clock.now()
    with office.engine.store.write() as tx:
        tx.insert(
            CustomerOrder(
                "C-MA-0009", "PO-7", now - timedelta(days=9), "1.00 CNY", now - timedelta(days=2), False, "叶轮"
            )
        )
        tx.insert(CustomerContract("C-MA-0009", "HT-1", now - timedelta(days=40), None, "年度供货"))
    call_ = call(office)
    office.clock.move_to(now + timedelta(hours=1))
    office.submit(call_, satisfaction=2, complaint="叶轮有裂纹")
    office.work()
    shown = world.browser().get("/customers/C-MA-0009?lang=en").text
    assert re.findall(r'<li class="(\w+)">[^>]*>[^>]*>\s*<div><strong>Complaint</strong>', shown) == ["plain"], (
        "not good"
    )
    page = text_of(shown)
    story = page.partition("History")[2].partition("Orders")[0]
    order = ["叶轮有裂纹", "Delivered · PO-7", "Ordered · PO-7", "HT-1"]
    places = [story.find(words) for words in order]
    assert "Complaint resolution · opened" in story
    assert "Complaint: 叶轮有裂纹" in story
    assert "Callback · satisfaction 2" in story
    assert -1 not in places, (order, story)
    assert places == sorted(places), "the latest first"


def test_invoices_and_payments_stand_in_the_story_of_a_customer(world: World) -> None:
    enter(world.office, "C-MA-0009")
    now = world.office.clock.now()
    due = {"owed": -5, "late": -20, "in time": -8, "not due": 4}
    paid = {"late": -10, "in time": -9}
    with world.office.engine.store.write() as tx:
        for name, days in due.items():
            at = now + timedelta(days=paid[name]) if name in paid else None
            tx.insert(CustomerInvoice("C-MA-0009", name, now + timedelta(days=days), "1200.00 CNY", at))
    page = text_of(world.browser().get("/customers/C-MA-0009?lang=en").text)
    story = page.partition("History")[2].partition("Orders")[0]
    order = ["Invoice overdue · owed", "Paid · in time", "Paid · late", "Invoice not paid in time · late"]
    places = [story.find(words) for words in order]
    assert -1 not in places, (order, story)
    assert places == sorted(places), "the latest first"
    assert story.count("in time · in time") == story.count("not due") == 0, "what was paid in time is told once"


def test_a_customers_page_shows_the_seven_views_and_what_they_lack(world: World) -> None:
    filled(world)
    chinese, english = (text_of(world.browser().get(f"/customers/C-MA-0001?lang={lang}").text) for lang in ("zh", "en"))
    for name in ("概况", "持久性", "盈利性", "表现", "前景", "产品", "推广"):
        assert name in chinese
    assert "尚缺：订单、成本和毛利：系统中没有" in chinese
    assert "Lacking: orders, costs and margin: not kept here" in english


def test_a_customers_page_says_how_long_it_may_go_without_contact_and_why(world: World) -> None:
    now = world.office.clock.now()
    given = {"last_contact_at": now, "next_callback_at": now + timedelta(days=90), "tags": "|出口|重点|"}
    enter(world.office, "C-MA-0001", **given, legal_owner="钟意")
    said = text_of(world.browser().get("/customers/C-MA-0001?lang=en").text)
    assert "Silence allowed 90 days Next callback 31 May 2026" in said
    assert "Legal representative or owner 钟意 Tags 出口、重点" in said
    with world.office.engine.store.write() as tx:
        tx.update(Customer, ("C-MA-0001",), overdue_since=now, complaint_until=now + timedelta(days=3))
    owing, english = (text_of(world.browser().get(f"/customers/C-MA-0001?lang={lang}").text) for lang in ("zh", "en"))
    assert "45 天 · B 级为 90 天 · 付款逾期，付清为止 · 投诉成立，至 2026年3月4日" in owing
    assert "45 days · tier B allows 90 · a payment is overdue, until it is paid · an upheld complaint" in english
    assert "Next callback 16 Apr 2026" in english, "sooner than was dated"
    done = DueCallback("C-MA-0001", "li", 1, now, "cadence", "R", "o", now, False, now + timedelta(days=9), case="CB-1")
    with world.office.engine.store.write() as tx:
        tx.insert(done)
    skipped = text_of(world.browser().get("/customers/C-MA-0001?lang=en").text)
    assert "Next callback 25 Apr 2026" in skipped, "the shorter silence after a callback that was skipped"


def test_the_page_of_a_code_with_any_sign_in_it_is_found(world: World) -> None:
    for n, code in enumerate(("KH/07?#%", "甲 7")):
        enter(world.office, code, credit_code=str(n))
        (link,) = re.findall(r'href="(/customers/[^"]+)"', world.browser().get(f"/customers?text={quote(code)}").text)
        assert code in text_of(world.browser().get(link).text)
    assert world.browser().get("/customers/").headers["location"] == "/customers"


def test_a_callback_that_is_done_stands_once_in_the_story_with_its_promise_named(world: World) -> None:
    enter(world.office)
    code = call(world.office)
    assert f"opened · Lin Xiaoyu · {code}" in text_of(world.browser().get("/customers/C-MA-0009?lang=en").text)
    world.office.submit(code, promises="2026-12-03 寄新目录", complaint="", satisfaction=5)
    page = text_of(world.browser().get("/customers/C-MA-0009?lang=en").text)
    story = page.partition("History")[2].partition("Orders")[0]
    assert story.count(code) == 1
    assert "Promised: 2026-12-03 寄新目录" in story
