"""Lists of cases: what is found, what each waits for, page by page."""

import re
from datetime import timedelta

import pytest

from tests.interfaces.web.world import World, text_of
from tests.office import application


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("text=轴承", ["苏州澄岚精密轴承有限公司"]),
        ("text=sv-2026-00002", ["宁波远舵数控装备有限公司"]),
        ("text=ｓｖ－２０２６－００００２", ["宁波远舵数控装备有限公司"]),
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
        assert "供应商认定审批 · 郑晓东" in text_of(world.browser().get(path).text)
    assert "Recognition of the supplier · Zheng Xiaodong" in text_of(world.browser().get("/cases?lang=en").text)
    assert "郑晓东 已逾期" not in text_of(world.browser().get("/cases").text)
    world.office.clock.move_to(world.office.clock.now() + timedelta(days=5))
    assert "供应商认定审批 · 郑晓东 已逾期" in text_of(world.browser().get("/cases").text)


def test_the_first_page_counts_what_is_overdue_and_leads_to_it(world: World) -> None:
    late = world.office.until_gate()
    assert "已逾期" not in text_of(world.browser().get("/").text), "nothing is, so nothing is said"
    world.office.clock.move_to(world.office.clock.now() + timedelta(days=5))
    on_time = world.office.start(application("over-limit"))
    first = world.browser().get("/?lang=zh").text
    assert "1 已逾期" in text_of(first)
    assert re.findall(r'href="(/cases[?]overdue=[^"]*)"', first) == ["/cases?overdue=1"]
    listed = world.browser().get("/cases?overdue=1&lang=zh").text
    assert late in listed
    assert on_time not in listed
    assert '<option value="1" selected>已逾期' in listed, "the filter says what is shown"
    assert on_time in world.browser().get("/cases").text
    world.office.answer(late, "reject", comment="x")
    assert "没有符合条件的案件" in text_of(world.browser().get("/cases?overdue=1&lang=zh").text)


def test_many_overdue_cases_are_counted_no_further(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_workflows.interfaces.web.overview_pages.MANY", 2)
    world.office.until_gate()
    world.office.until_gate(application("over-limit"))
    world.office.clock.move_to(world.office.clock.now() + timedelta(days=5))
    assert "1+ overdue" in text_of(world.browser().get("/?lang=en").text)


def test_an_empty_list_says_what_to_do_first(world: World) -> None:
    def said(path: str) -> str:
        return text_of(world.browser().get(f"{path}{'&' if '?' in path else '?'}lang=zh").text)

    assert "还没有案件" in said("/")
    assert "还没有案件" in said("/cases")
    assert "还没有客户" in said("/customers")
    assert "已有的可以导入" in said("/suppliers")
    for path in ("/cases?text=x", "/customers?text=x"):
        assert "没有符合条件的" in said(path)
        assert "还没有" not in said(path)


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
