"""Imports by upload: look, correct, take in; by admins only."""

import base64
import re

import httpx

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.domain.records import Customer
from tests.business.test_imports import HEAD, NAMES, as_csv, as_xlsx, lines
from tests.flows.customers import OWNER
from tests.interfaces.web.world import World, answering_form, text_of

ADMIN = "liu.yang@yongchang.example"


def sent(browser: httpx.Client, content: bytes, **fields: str) -> httpx.Response:
    form = answering_form(browser.get("/import").text)
    data = form.fields | {"by": ADMIN, "kind": "customers", "mode": "preview"} | fields
    return browser.post("/import", data=data, files={"file": ("客户.xlsx", content)} if content else {"x": ("", b"")})


def names(world: World) -> list[str]:
    with world.office.engine.store.read() as reader:
        return [row.name for row in reader.find(Customer)]


def test_a_table_is_looked_at_then_taken_in(world: World) -> None:
    browser = world.browser()
    good = as_xlsx([HEAD, *lines(*NAMES)])
    looked = text_of(sent(browser, good).text)
    assert "预览，没有写入 3 行 3 新增 0 更改 0 未变 0 有问题" in looked
    assert names(world) == []
    taken = sent(browser, good, mode="all")
    assert "已写入 3 行 3 新增" in text_of(taken.text)
    assert names(world) == list(NAMES)
    assert 'href="/import"' in browser.get("/customers").text


def test_problems_are_shown_by_row_with_a_report_to_download(world: World) -> None:
    browser = world.browser()
    rows = lines(*NAMES)
    rows[1][3] = "=1+1"
    page = sent(browser, as_csv([HEAD, *rows]), mode="all")
    assert page.status_code == 422
    assert "第 3 行 等级 =1+1 是公式，不是数值 复制后“选择性粘贴为数值”" in text_of(page.text)
    report = re.search(r"base64,([^\"]+)", page.text)
    assert report
    read = [list(cells) for _, cells in opened(base64.b64decode(report[1]), "x").rows()]
    assert read[1] == [3, "等级", "=1+1", "是公式，不是数值", "复制后“选择性粘贴为数值”"]
    assert names(world) == []
    assert sent(browser, as_csv([HEAD, *rows]), mode="good").status_code == 200
    assert names(world) == [NAMES[0], NAMES[2]]


def test_only_an_admin_imports_and_nothing_without_a_choice(world: World) -> None:
    browser, good = world.browser(), as_csv([HEAD, *lines(*NAMES)])
    assert sent(browser, good, by=OWNER, mode="all").status_code == 403
    for fields in ({"kind": "gifts"}, {"mode": ""}, {"mode": "all", "kind": "orders"}):
        assert sent(browser, good, **fields).status_code == 422, fields
    assert sent(browser, b"").status_code == 422
    assert browser.post("/import", data={"by": ADMIN, "kind": "customers", "mode": "all"}).status_code == 400
    assert names(world) == []


def test_an_empty_table_has_the_headings_and_an_example_that_comes_in(world: World) -> None:
    browser = world.browser()
    for language, heading in (("zh", "客户名称"), ("en", "Customer")):
        file = browser.get(f"/import/customers.xlsx?lang={language}").content
        rows = [list(cells) for _, cells in opened(file, "x").rows()]
        assert rows[0][0] == heading
        assert "1 新增 0 更改 0 未变 0 有问题" in text_of(sent(browser, file).text)
    assert browser.get("/import/gifts.xlsx").status_code == 404
