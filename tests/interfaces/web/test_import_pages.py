"""Imports by upload: look, correct, take in; by admins only."""

import base64
import re
from hashlib import sha256

import httpx
import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.imports import running
from crm_workflows.domain.records import Customer
from crm_workflows.interfaces.web import import_pages, slow_answers
from tests.business.tables import HEAD, NAMES, as_csv, as_xlsx, lines
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
    assert "现在导入" not in text_of(taken.text)
    assert "已写入 3 行 3 新增" in text_of(taken.text)
    assert names(world) == list(NAMES)
    assert 'href="/import"' in browser.get("/customers").text


def test_what_was_looked_at_is_taken_in_by_one_button(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, good = world.browser(), as_xlsx([HEAD, *lines(*NAMES)])
    page = sent(browser, good).text
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page[: page.index("现在导入")]))
    assert (form["filename"], form["by"], form["kind"]) == ("客户.xlsx", ADMIN, "customers")
    nothing = browser.post("/import", data=form | {"mode": "all", "content": "?"})
    assert (nothing.status_code, names(world)) == (422, [])
    taken = browser.post("/import", data=form | {"mode": "all"}, files={"x": ("", b"")})
    assert "客户.xlsx · " in text_of(taken.text)
    assert names(world) == list(NAMES)
    monkeypatch.setattr(import_pages, "CARRIED", 10)
    page = text_of(sent(browser, good).text)
    assert "再选一次文件" in page
    assert "现在导入" not in page


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


def test_what_was_imported_stands_there_with_who_and_what_came_of_it(world: World) -> None:
    browser, good = world.browser(), as_csv([HEAD, *lines(*NAMES)])
    sent(browser, good)
    assert "最近的导入" not in browser.get("/import").text, "a preview leaves nothing"
    sent(browser, good, mode="all")
    rows = lines(*NAMES)
    rows[1][3] = "=1+1"
    sent(browser, as_csv([HEAD, *rows]), mode="all")
    sent(browser, as_csv([HEAD, ["x"]]).replace(HEAD[0].encode(), b"x"), mode="good")
    page = browser.get("/import").text
    told = text_of(page).partition("最近的导入")[2]
    assert "客户.xlsx 客户 2026年3月2日 周一 09:00 刘洋 3 行：新增 3，更改 0，未变 0，有问题 0" in told
    assert "3 行中 1 行有问题，没有写入" in told
    assert "处理 0 行后停止：前 10 行中没有表头“客户名称”" in told
    assert f'title="SHA-256 {sha256(good).hexdigest()}"' in page
    assert "3 rows: 3 new, 0 changed, 0 unchanged, 0 with problems" in text_of(browser.get("/import?lang=en").text)


def test_a_file_that_takes_long_is_told_of_while_it_goes_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_answers, "PATIENCE", 0.0)
    monkeypatch.setattr(running, "CHUNK", 2)
    page = sent(world.browser(), as_csv([HEAD, *lines(*NAMES)]), mode="all")
    assert page.status_code == 200
    told = text_of(page.text)
    far = [
        "正在处理 客户.xlsx",
        "已处理 2 行",
        "已处理 3 行",
        "已处理 2 行，共 3 行",
        "已写入 3 行 3 新增",
        "最近的导入 文件",
    ]
    places = [told.index(part) for part in far]
    assert places == sorted(places)
    assert page.text.count("</html>") == page.text.count("<h1>") == 1
    assert names(world) == list(NAMES)
    refused = text_of(sent(world.browser(), as_csv([["x"]]), mode="all").text)
    assert "前 10 行中没有表头“客户名称" in refused


def test_a_failure_behind_the_first_piece_of_the_page_is_said_on_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_answers, "PATIENCE", 0.0)
    monkeypatch.setattr(imports, "take_in", fails)
    page = sent(world.browser(), as_csv([HEAD, *lines(*NAMES)]), mode="all").text
    assert "系统内部出错，详情见日志" in text_of(page)
    assert page.count("</html>") == 1


def fails(*_: object) -> None:
    raise LookupError("nobody asked for this")


def test_takes_a_file_of_the_size_that_it_promises(world: World) -> None:
    file = as_csv([HEAD, *lines(*NAMES)]) + (b" " * 100_000 + b"\n") * 12
    assert "3 新增" in text_of(sent(world.browser(), file, mode="all").text)


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "是空的"), (b"%PDF-1.7", "是 PDF 或图片，不是表格；请用 .xlsx 或 .csv")]
)
def test_a_file_that_is_no_table_is_told_as_what_it_is(world: World, content: bytes, says: str) -> None:
    browser = world.browser()
    form = answering_form(browser.get("/import").text).fields | {"by": ADMIN, "kind": "customers", "mode": "preview"}
    page = browser.post("/import?lang=zh", data=form, files={"file": ("客户.xlsx", content)})
    assert (page.status_code, says in text_of(page.text)) == (422, True)
