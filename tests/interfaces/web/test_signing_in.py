"""Signing in: one code for one browser, nothing told of who works here, sessions that end, and who signed in acts."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import CaseRow, Message, Pass, SignInCode
from crm_workflows.engine.access import codes, passes
from crm_workflows.engine.access.passes import Lasting, open_token
from crm_workflows.interfaces.web.app import create_app
from tests.interfaces.web.world import InProcess, World, filled, forms, text_of

WANG, LIU, ZHAO = (f"{name}@yongchang.example" for name in ("wang.fang", "liu.yang", "zhao.lei"))
STRANGER = "nobody@elsewhere.example"


def rows(world: World, record: type) -> list:  # type: ignore[type-arg]
    with world.office.engine.store.read() as reader:
        return reader.find(record)


def ask(world: World, browser: httpx.Client, address: str = WANG, after: str = "") -> httpx.Response:
    """Ask for a code as a person does."""
    page = browser.get("/sign-in", params={"next": after} if after else {})
    return browser.post("/sign-in", data=filled(page.text, address=address))


def code(world: World) -> str:
    """What the mail says whose code has not been used."""
    (row,) = (one for one in rows(world, SignInCode) if one.used_at is None)
    return codes.code_of(world.office.engine.secrets, row)


def type_in(browser: httpx.Client, typed: str) -> httpx.Response:
    return browser.post("/sign-in/code", data=filled(browser.get("/sign-in/code").text, code=typed))


def gone(world: World, address: str) -> None:
    """That person has left."""
    held = world.office.staff.people
    people = [replace(p, active=p.email != address) for p in held]
    world.office.staff.people = Directory(people, held.roles, held.departments, held.company)


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


def test_a_session_ends_idle_and_at_the_latest(signing_in: World) -> None:
    engine, clock = signing_in.office.engine, signing_in.office.clock
    used, left = signing_in.signed_in(WANG), signing_in.signed_in(WANG)
    for _ in range(9):
        clock.move_to(clock.now() + timedelta(hours=7, minutes=50))
        assert used.get("/me").status_code == 200, "used within eight hours"
    assert left.get("/me").status_code == 303
    clock.move_to(clock.now() + timedelta(hours=2))
    assert used.get("/me").status_code == 303, "three days are the longest"
    with engine.store.read() as reader:
        assert passes.of_person(reader, WANG, clock.now()) == []


def test_whoever_leaves_is_signed_out_at_once_and_for_good(signing_in: World) -> None:
    browser = signing_in.signed_in(WANG)
    _, secret = open_token(signing_in.office.engine, WANG, "ERP", 30)
    program = signing_in.browser(headers={"authorization": f"Bearer {secret}"})
    assert (browser.get("/me").status_code, program.get("/api/v1/cases").status_code) == (200, 200)
    before = signing_in.office.staff.people
    gone(signing_in, WANG)
    assert (browser.get("/me").status_code, program.get("/api/v1/cases").status_code) == (303, 401)
    signing_in.office.staff.people = before
    assert (browser.get("/me").status_code, program.get("/api/v1/cases").status_code) == (303, 401)


def test_passes_of_leavers_end_with_the_people_file(signing_in: World) -> None:
    signing_in.signed_in(WANG)
    signing_in.signed_in(LIU)
    gone(signing_in, WANG)
    assert passes.end_of_leavers(signing_in.office.engine) == 1
    assert {row.person: row.ended_by for row in rows(signing_in, Pass)} == {WANG: "left", LIU: ""}


def test_ones_own_sessions_are_listed_and_ended(signing_in: World) -> None:
    here, there, others = signing_in.signed_in(WANG), signing_in.signed_in(WANG), signing_in.signed_in(LIU)
    page = here.get("/me")
    own, ids = forms(page.text)[0], re.findall(r"P-[0-9a-f]{12}", page.text)
    assert len(set(ids)) == 2
    assert own.fields["id"][0] in ids
    foreign = re.findall(r"P-[0-9a-f]{12}", others.get("/me").text)[0]
    assert here.post("/me/end", data=dict(own.fields) | {"id": foreign}).status_code == 404
    other = next(one for one in ids if one != own.fields["id"][0])
    assert here.post("/me/end", data=dict(own.fields) | {"id": other}).headers["location"] == "/me"
    assert there.get("/me").status_code == 303
    assert here.post("/me/end", data=dict(own.fields)).headers["location"] == "/sign-in"
    assert here.get("/me").status_code == 303
    assert others.get("/me").status_code == 200


def test_a_token_is_shown_once_and_speaks_as_its_person(signing_in: World) -> None:
    browser = signing_in.signed_in(WANG)
    form = next(f for f in forms(browser.get("/me").text) if f.action == "/me/token")
    made = browser.post("/me/token", data=dict(form.fields) | {"label": "ERP", "days": "30"})
    (secret,) = re.findall(r'class="secret">([a-z2-7]{32})<', made.text)
    assert secret not in browser.get("/me").text
    assert all(secret not in str(row) for row in rows(signing_in, Pass))
    assert browser.post("/me/token", data=dict(form.fields) | {"label": " ", "days": "30"}).status_code == 422
    assert browser.post("/me/token", data=dict(form.fields) | {"label": "x", "days": "9999"}).status_code == 422
    program = signing_in.browser(headers={"authorization": f"Bearer {secret}"})
    signing_in.office.clock.move_to(signing_in.office.clock.now() + timedelta(days=30))
    assert program.get("/api/v1/inbox").status_code == 401


def test_no_address_or_field_outweighs_the_session(signing_in: World) -> None:
    """Who acts comes from the session: naming somebody else is refused, naming nobody is oneself."""
    office = signing_in.office
    case = office.until_gate()
    wang = signing_in.signed_in(WANG)
    asked = office.waiting(case)
    approver = asked["assignee"]["email"]
    assert approver != WANG
    assert wang.get(f"/inbox/{asked['id']}?as={approver}").status_code == 403
    assert wang.get(f"/inbox?as={approver}").status_code == 403
    assert wang.get(f"/inbox/{asked['id']}").status_code == 403, "not asked, whatever the cookie says"
    start = dict(forms(wang.get("/start/supplier-vetting").text)[0].fields)
    for path, field, fields in (
        ("/start/supplier-vetting", "requester", start),
        ("/schedules", "by", {"code": "R-0000", "change": "pause"}),
    ):
        posted = wang.post(path, data=fields | _key(signing_in, wang, path) | {field: LIU})
        assert posted.status_code == 403, path
    approving = signing_in.signed_in(approver)
    page = approving.get(f"/inbox/{asked['id']}")
    assert approving.post(f"/inbox/{asked['id']}", data=filled(page.text, decision="approve")).status_code == 303
    assert office.view(case)["decisions"][-1]["by"] == approver


def _key(world: World, browser: httpx.Client, path: str) -> dict[str, str]:
    """The hidden fields of the posting form, drawn for that browser; a page without rounds shows none."""
    found = [form for form in forms(browser.get(path).text) if form.method == "post"]
    if found:
        return {name: found[0].fields[name][0] for name in ("form_id", "form_key")}
    nonce = world.office.engine.secrets.nonce()
    mac = world.office.engine.secrets.sign("page form", "\x1f".join([nonce, path.strip("/"), WANG]))
    return {"form_id": nonce, "form_key": mac}


def test_a_form_drawn_for_one_is_of_no_use_to_another(signing_in: World) -> None:
    """Not even where both may do it: a form of a stranger's session cannot be slipped to somebody (CSRF)."""
    liu, wang = signing_in.signed_in(LIU), signing_in.signed_in(WANG)
    fields = dict(forms(liu.get("/start/supplier-vetting").text)[0].fields)
    assert wang.post("/start/supplier-vetting", data=fields).status_code == 403
    assert liu.post("/start/supplier-vetting", data=fields).status_code == 422, "empty, yet from their own page"
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert liu.post("/start/supplier-vetting", data=fields, headers=foreign).status_code == 403
    assert rows(signing_in, CaseRow) == []


def test_a_form_survives_the_end_of_its_session(signing_in: World) -> None:
    """Whoever is told to sign in again need not type everything again."""
    before = signing_in.signed_in(LIU)
    fields = dict(forms(before.get("/start/supplier-vetting").text)[0].fields)
    passes.end_all(signing_in.office.engine, LIU, "test")
    late = before.post("/start/supplier-vetting", data=fields)
    assert (late.status_code, "没有做任何记录" in text_of(late.text)) == (401, True)
    assert signing_in.signed_in(LIU).post("/start/supplier-vetting", data=fields).status_code == 422, "its key is good"


def test_the_api_acts_as_the_person_of_the_token(signing_in: World) -> None:
    office = signing_in.office
    case = office.until_gate()
    asked = office.waiting(case)
    approver = asked["assignee"]["email"]
    path = f"/api/v1/requests/{asked['id']}/decision"

    def program(person: str) -> httpx.Client:
        _, secret = open_token(office.engine, person, "ERP", 1)
        return signing_in.browser(headers={"authorization": f"Bearer {secret}", "idempotency-key": person})

    assert program(WANG).post(path, json={"as": approver, "decision": "approve"}).status_code == 403
    assert program(WANG).post(path, json={"decision": "approve"}).status_code == 403, "not asked"
    assert program(WANG).get("/api/v1/inbox", params={"as": approver}).status_code == 403
    assert program(approver).post(path, json={"decision": "approve"}).status_code == 200
    assert office.view(case)["decisions"][-1]["by"] == approver


def test_links_of_mails_need_no_session(signing_in: World) -> None:
    case = signing_in.office.until_gate()
    browser, link = signing_in.browser(), signing_in.link(case)
    assert browser.post(link, data=filled(browser.get(link).text, decision="approve")).status_code == 303
    assert signing_in.office.view(case)["decisions"][-1]["channel"] == "link"


def test_a_token_needs_somebody_who_works_here(signing_in: World) -> None:
    for address, label, days in ((STRANGER, "ERP", 1), (WANG, "", 1), (WANG, "ERP", 0), (WANG, "ERP", 367)):
        with pytest.raises(InvalidInput):
            open_token(signing_in.office.engine, address, label, days)


def test_a_session_is_written_down_now_and_then_only(signing_in: World) -> None:
    engine, clock = signing_in.office.engine, signing_in.office.clock
    with engine.store.write() as tx:
        secret = passes.open_session(engine, tx, WANG, "test", Lasting(8, 72))
    opened = clock.now()
    for seconds, seen in ((30, opened), (61, opened + timedelta(seconds=61))):
        clock.move_to(opened + timedelta(seconds=seconds))
        assert passes.speaker(engine, secret, "session", Lasting(8, 72)) is not None
        assert rows(signing_in, Pass)[0].seen_at == seen
