"""Signing in: one code for one browser, of use once, and nothing told of who works here."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Message, Pass, SignInCode
from crm_workflows.engine.access import codes
from crm_workflows.engine.access.passes import Lasting
from crm_workflows.interfaces.web.app import create_app
from tests.interfaces.web.signing_in import LIU, STRANGER, WANG, ZHAO, ask, code, gone, rows, type_in
from tests.interfaces.web.world import InProcess, World, answering_form, filled, text_of


def test_a_code_opens_the_page_that_was_wanted(signing_in: World) -> None:
    browser = signing_in.browser()
    first = browser.get("/cases?status=waiting")
    assert first.headers["location"] == "/sign-in?next=%2Fcases%3Fstatus%3Dwaiting"
    assert ask(signing_in, browser, after="/cases?status=waiting").headers["location"] == "/sign-in/code"
    (mail,) = rows(signing_in, Message)
    assert (mail.recipient, mail.template) == (WANG, "sign_in")
    done = type_in(browser, f" {code(signing_in)[:4]} {code(signing_in)[4:]} ")
    assert (done.status_code, done.headers["location"]) == (303, "/cases?status=waiting")
    assert "王芳" in text_of(browser.get("/").text)


def test_an_address_and_a_code_of_a_chinese_keyboard_are_taken(signing_in: World) -> None:
    wide = {ord(c): ord(c) - 0x20 + 0xFF00 for c in "@0123456789"}
    browser = signing_in.browser()
    assert ask(signing_in, browser, WANG.translate(wide) + "　").status_code == 303
    assert [mail.recipient for mail in rows(signing_in, Message)] == [WANG]
    assert type_in(browser, code(signing_in).translate(wide)).status_code == 303


def test_an_address_that_is_none_stands_there_to_be_corrected(signing_in: World) -> None:
    page = ask(signing_in, signing_in.browser(), "wang.fang yongchang.example")
    assert page.status_code == 422
    assert answering_form(page.text).fields["address"] == ["wang.fang yongchang.example"]


def test_the_cookie_is_out_of_reach(signing_in: World) -> None:
    """Of scripts, of other sites' forms, and behind the proxy of plain connections and of other hosts."""
    settings = signing_in.opened.settings.model_copy(update={"public_url": "https://crm.example.com"})
    app = create_app(replace(signing_in.opened, settings=settings))
    public = httpx.Client(transport=InProcess(app), base_url="https://crm.example.com")
    for browser, name, is_secure in ((signing_in.browser(), "crmw_session=", False),
                                     (public, "__Host-crmw_session=", True)):  # fmt: skip
        ask(signing_in, browser)
        kept = next(line for line in type_in(browser, code(signing_in)).headers.get_list("set-cookie") if name in line)
        assert kept.startswith(name)
        assert all(word in kept for word in ("HttpOnly", "SameSite=lax", "Path=/"))
        assert ("Secure" in kept) == is_secure


def test_the_code_stands_in_no_table(signing_in: World) -> None:
    ask(signing_in, signing_in.browser())
    said = code(signing_in)
    assert re.fullmatch(r"\d{8}", said)
    for record in (SignInCode, Message):
        assert all(said not in str(row) for row in rows(signing_in, record))


def test_a_code_is_of_use_once_and_in_its_own_browser(signing_in: World) -> None:
    own, other = signing_in.browser(), signing_in.browser()
    ask(signing_in, own)
    said = code(signing_in)
    assert type_in(other, said).status_code == 422
    ask(signing_in, other, LIU)
    assert type_in(other, said).status_code == 422
    assert type_in(own, said).status_code == 303
    own.cookies.delete("crmw_session")
    assert type_in(own, said).status_code == 422


def test_a_used_code_opens_nothing_more_in_its_own_browser_either(signing_in: World) -> None:
    engine = signing_in.office.engine
    browser = codes.ask(engine, WANG, "10.0.0.1")
    said = code(signing_in)
    assert codes.take(engine, browser, said, "test", Lasting(8, 72))
    with pytest.raises(InvalidInput):
        codes.take(engine, browser, said, "test", Lasting(8, 72))
    assert len(rows(signing_in, Pass)) == 1


def test_opening_the_link_of_the_mail_signs_nobody_in(signing_in: World) -> None:
    browser = signing_in.browser()
    ask(signing_in, browser)
    path = f"/sign-in/code/{code(signing_in)}"
    for opened in (browser.get(path), browser.head(path), signing_in.browser().get(path)):
        assert opened.status_code == 200
        assert "crmw_session" not in opened.headers.get("set-cookie", "")
    assert rows(signing_in, Pass) == []
    assert browser.post("/sign-in/code", data=filled(browser.get(path).text)).status_code == 303


def test_a_code_is_over_after_ten_minutes(signing_in: World) -> None:
    browser = signing_in.browser()
    ask(signing_in, browser)
    said = code(signing_in)
    signing_in.office.clock.move_to(signing_in.office.clock.now() + timedelta(minutes=10))
    assert type_in(browser, said).status_code == 422


def test_guessing_ends_after_five_tries(signing_in: World) -> None:
    browser = signing_in.browser()
    ask(signing_in, browser)
    said = code(signing_in)
    for _ in range(codes.TRIES):
        assert type_in(browser, "00000000" if said != "00000000" else "1").status_code == 422
    assert type_in(browser, said).status_code == 422


def test_two_guesses_at_one_instant_are_not_both_judged(signing_in: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever counts a try must have seen the latest count."""
    browser = signing_in.browser()
    ask(signing_in, browser)
    (row,) = rows(signing_in, SignInCode)
    with signing_in.office.engine.store.write() as tx:
        tx.update(SignInCode, (row.id,), tries=1)
        assert not codes._counted(tx, row)


def test_addresses_of_nobody_are_answered_alike(signing_in: World) -> None:
    """Same status, same page, same limits; nothing tells who works here."""
    gone(signing_in, ZHAO)
    told = []
    for address in (WANG, STRANGER, ZHAO):
        browser = signing_in.browser()
        asked = ask(signing_in, browser, address)
        shown = browser.get("/sign-in/code")
        refused = type_in(browser, "12345678")
        told.append((asked.status_code, asked.headers["location"], text_of(shown.text), refused.status_code,
                     text_of(refused.text), sorted(asked.headers.keys())))  # fmt: skip
    assert told[0] == told[1] == told[2]
    assert [mail.recipient for mail in rows(signing_in, Message)] == [WANG]


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "cases", ""]
)
def test_signing_in_leads_to_our_own_pages_only(signing_in: World, after: str) -> None:
    browser = signing_in.browser()
    ask(signing_in, browser, after=after)
    assert type_in(browser, code(signing_in)).headers["location"] == "/"
