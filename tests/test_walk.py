"""Walks through the pages in a real browser, over the product at work in this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from crm_workflows.adapters.database.schema import migrate
from crm_workflows.adapters.mail.smtp_listener import LoopbackMailServer
from crm_workflows.engine.mail_in import intake
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.up.mail_out import new_sender
from crm_workflows.interfaces.up.web import Web
from crm_workflows.interfaces.web.app import create_app
from tests.flows.customers import OWNER, enter
from tests.flows.test_periodic_callbacks import call
from tests.flows.test_survey_of_customers import asked, token
from tests.interfaces.web.world import World, world_at
from tests.parts import require
from tests.walk import PHONE, QUIET, Walk, walk

ROUND = "/schedules?by=liu.yang@yongchang.example&title=%E6%AF%8F%E5%91%A8&cron=0+9+*+*+1&"


@contextmanager
def running(world: World) -> Iterator[str]:
    """The product at work in this process: pages, mail, intake, worker. Gives the address of its pages."""
    server = LoopbackMailServer("127.0.0.1", 0, partial(mailbox.take, world.opened))
    server.start()
    web, stop = Web(world.opened.settings, 0), threading.Event()
    base = f"http://127.0.0.1:{web.port}"
    web.serve(
        create_app(world.opened, mailbox=mailbox.LocalMailbox(world.opened.store), post=mailbox.poster(server.port))
    )
    roles = [
        threading.Thread(target=web.run, args=(stop,)),
        threading.Thread(target=work, args=(world, base, server, stop)),
    ]
    for role in roles:
        role.start()
    try:
        yield base
    finally:
        stop.set()
        for role in roles:
            role.join(20)
        server.stop()


def work(world: World, base: str, server: LoopbackMailServer, stop: threading.Event) -> None:
    """Worker, outbox and intake in turn."""
    sender = new_sender(world.opened, base, server.port)
    try:
        while not stop.wait(0.05):
            world.office.work()
            sender.send_due()
            intake.process_new(world.office.engine)
    finally:
        sender.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium, without a display."""
    path = require("chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh company."""
    url = f"sqlite:///{tmp_path}/crm.db"
    migrate(url)
    with world_at(url, tmp_path) as made:
        yield made
        made.office.check_invariants()


@pytest.mark.needs_chromium
def test_a_supplier_is_recognised_in_a_browser(world: World, browser: Browser, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    page = browser.new_page(locale="zh-CN", java_script_enabled=True)
    with running(world) as base:
        walked = walk(page, base, shots)
        assert walked.faults == []
        assert len(list(shots.iterdir())) >= 40
        page.close()


@pytest.mark.needs_chromium
def test_customers_and_rounds_fit_a_phone(world: World, browser: Browser, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    due = world.office.clock.now() - timedelta(days=1)
    enter(
        world.office,
        "C-MA-0001",
        name="无锡云帆泵业设备制造与技术服务有限责任公司",
        industry="machinery",
        next_callback_at=due,
    )
    call(world.office, customer="C-MA-0001", company="无锡云帆泵业设备制造与技术服务有限责任公司")
    survey = world.office.start({"title": "2026 年上半年满意度调查", "owner": OWNER}, process="customer-survey")
    row = next(iter(asked(world.office, survey).values()))
    link = token(world.office, row)
    page = browser.new_page(locale="zh-CN")
    with running(world) as base:
        w = Walk(page, base, shots)
        for language in ("zh", "en"):
            for name, path in (
                ("home", "/?"),
                ("customers", "/customers?"),
                ("customer", "/customers/C-MA-0001?"),
                ("callbacks", f"/callbacks?as={OWNER}&"),
                ("import", "/import?"),
                ("survey", f"/s/{link}/2?"),
                ("schedules", ROUND),
                ("round", "/schedules?code=R-0001&"),
            ):
                w.go(f"{path}lang={language}")
                w.look(f"{name}-{language}")
                if name == "schedules" and language == "zh":
                    page.locator("main form[method=post] button[type=submit]").last.click()
                    expect(page.locator("main")).to_contain_text("R-0001 ")
        three_taps(w)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        for path in ("/cases", "/customers"):
            w.go(f"{path}?lang=zh")
            top = page.locator(".list tbody tr").first.evaluate("row => row.getBoundingClientRect().top")
            assert top < PHONE["height"], f"what {path} lists begins below the first screen"
        assert w.faults == []
        page.close()


def three_taps(w: Walk) -> None:
    """A callback recorded on the phone: reached, satisfied, save."""
    w.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    w.go(f"/callbacks?as={OWNER}&lang=zh")
    expect(w.page.get_by_text("5 非常满意")).to_be_hidden()
    w.page.get_by_text("已联系上", exact=True).click()
    w.page.get_by_text("5 非常满意").click()
    w.look("callback-filled")
    w.submit()
    expect(w.page.locator("[role=status]")).to_contain_text("已记录")
    w.look("callback-recorded")


@pytest.mark.needs_chromium
def test_a_file_too_large_is_told_in_the_browser(world: World, browser: Browser, tmp_path: Path) -> None:
    code = world.office.start()
    large = tmp_path / "产品目录.pdf"
    with large.open("wb") as file:
        file.write(b"%PDF-1.4")
        file.truncate(50 * 1024 * 1024)
    page = browser.new_page(locale="zh-CN")
    with running(world) as base:
        page.goto(f"{base}{world.link(code)}")
        page.set_input_files("#f-files", large)
        page.click("main form button[type=submit]")
        expect(page.locator("main")).to_contain_text("超过 25 MB")
        page.close()
    assert world.office.view(code)["documents"] == []


@pytest.mark.needs_chromium
def test_the_pages_work_without_javascript(world: World, browser: Browser) -> None:
    code = world.office.until_gate()
    page = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    with running(world) as base:
        page.goto(f"{base}{world.link(code)}")
        page.check("input[value=approve]")
        page.click("main form button[type=submit]")
        assert "已同意" in (page.text_content(".outcome") or "")
        page.close()
    assert world.office.view(code)["decisions"][-1]["decision"] == "approve"
