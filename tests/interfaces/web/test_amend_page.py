"""The page on which a case is amended: shows what stands, records what was changed and why, and takes nothing back."""

from tests.interfaces.web.world import World, filled, text_of

BUYER = "wang.fang@yongchang.example"


def test_the_page_changes_what_was_changed_and_says_why(world: World) -> None:
    code = world.office.until_gate()
    browser = world.browser()
    assert f'href="/cases/{code}/amend"' in browser.get(f"/cases/{code}").text
    page = browser.get(f"/cases/{code}/amend").text
    stale = filled(page, goods="别的", amended_by=BUYER, amended_because="x")
    unsaid = browser.post(f"/cases/{code}/amend", data=filled(page, goods="轴套", amended_by=BUYER))
    assert (unsaid.status_code, "轴套" in unsaid.text) == (422, True)
    done = browser.post(
        f"/cases/{code}/amend", data=filled(page, goods="轴套", amended_by=BUYER, amended_because="漏填")
    )
    assert (done.status_code, done.headers["location"]) == (303, f"/cases/{code}")
    (told,) = world.office.view(code)["amendments"]
    assert [(c["label"].split(" / ")[1], c["after"]) for c in told["changes"]] == [("Goods", "轴套")]
    story = text_of(browser.get(f"/cases/{code}").text)
    assert "漏填" in story
    assert "→ 轴套" in story
    assert browser.post(f"/cases/{code}/amend", data=stale).status_code == 403, "it would take the other change back"


def test_who_may_not_or_what_does_not_fit_is_refused_on_the_page(world: World) -> None:
    code = world.office.until_gate()
    browser = world.browser()
    page = browser.get(f"/cases/{code}/amend").text
    for changed, said in (
        ({"credit_code": "123", "amended_by": BUYER}, "尚未提交"),
        ({"goods": "轴套", "amended_by": "he.jing@yongchang.example"}, "流程负责人或管理员"),
        ({"amended_by": BUYER}, "没有可更改的"),
    ):
        answer = browser.post(f"/cases/{code}/amend", data=filled(page, **changed, amended_because="漏填"))
        assert (answer.status_code, said in answer.text) == (422, True), changed
    assert world.office.view(code)["amendments"] == []
    assert browser.get("/cases/SV-2026-99999/amend").status_code == 404
