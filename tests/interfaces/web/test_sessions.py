"""Sessions and tokens: when they end, whose they are, and that who signed in acts, whatever a page names."""

import re
from datetime import timedelta

import httpx
import pytest

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import CaseRow, Pass
from crm_workflows.engine.access import passes
from crm_workflows.engine.access.passes import Lasting, open_token
from tests.interfaces.web.signing_in import LIU, STRANGER, WANG, gone, rows
from tests.interfaces.web.world import World, filled, forms, text_of


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
