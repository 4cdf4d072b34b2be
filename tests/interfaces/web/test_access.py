"""The authorisation matrix: every route of the application stands in it, and the wall does what it says."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from crm_workflows.domain.people import Directory, Person
from crm_workflows.engine.access.passes import open_token
from crm_workflows.interfaces.web import access
from crm_workflows.interfaces.web.api import create_api
from crm_workflows.interfaces.web.app import create_app
from crm_workflows.interfaces.web.guard import Guard
from crm_workflows.interfaces.web.site import Site
from crm_workflows.interfaces.web.wall import Wall
from tests.interfaces.web.world import BASE, InProcess, World

PEOPLE = {
    "staff": "wang.fang@yongchang.example",
    "process_owner": "feng.xue@yongchang.example",
    "admin": "liu.yang@yongchang.example",
    "auditor": "cao.lei@yongchang.example",
}
SAMPLES = {"grade:int": "3", "number:int": "1", "place:int": "0", "kind": "customers", "process": "supplier-vetting"}


def _auditing(world: World, *, roles: tuple[str, ...] = ("auditor", "admin")) -> None:
    """One of the people is an auditor, though an admin too."""
    held = world.office.staff.people
    people: list[Person] = [replace(p, roles=roles) if p.email == PEOPLE["auditor"] else p for p in held]
    world.office.staff.people = Directory(people, held.roles, held.departments, held.company)


def routes(world: World) -> Iterator[tuple[str, str]]:
    """Method and address of every route there is, those of the API with it."""
    app = world.app
    while not isinstance(app, Starlette):
        app = app._app
    api = create_api(app.state.site)
    yield from _of(app.routes, "")
    yield from _of(api.routes, "/api")
    for path, methods in api.openapi()["paths"].items():
        yield from ((method.upper(), f"/api{path}") for method in methods)


def _of(found: list[BaseRoute], before: str) -> Iterator[tuple[str, str]]:
    """FastAPI keeps what it includes for itself; its schema names that."""
    for route in found:
        if isinstance(route, Route):
            yield from ((method, f"{before}{route.path}") for method in (route.methods or set()) - {"HEAD"})
        else:
            assert isinstance(route, Mount) or type(route).__name__ == "_IncludedRouter", route


def sample(path: str) -> str:
    """An address of that pattern."""
    return re.sub(r"{([^}]+)}", lambda found: SAMPLES.get(found.group(1), "x" * 16), path)


def test_every_route_stands_in_the_matrix_and_nothing_else(signing_in: World) -> None:
    assert set(routes(signing_in)) == {(method, path) for method, path, _ in access.lines()}


def test_an_address_is_judged_by_its_own_line(signing_in: World) -> None:
    for _, path in routes(signing_in):
        assert access.entry(sample(path)) is access.MATRIX[path], path


@pytest.mark.parametrize(
    "path", ["/sign-in%3Fx", "/sign-in%23/x", "/health/live%3f/../../cases", "/cases/%2e%2e/", "/%2f/x"]
)
def test_what_only_looks_like_an_open_address_is_shut(signing_in: World, path: str) -> None:
    assert signing_in.browser().get(path).status_code == 303


def test_a_slash_at_the_end_changes_nothing(signing_in: World) -> None:
    assert signing_in.browser().get("/cases/").headers["location"].startswith("/sign-in?")
    assert signing_in.signed_in(PEOPLE["admin"]).get("/cases/").status_code == 307


def test_a_route_that_was_forgotten_is_refused(signing_in: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "entry", lambda path: None)
    assert signing_in.signed_in(PEOPLE["admin"]).get("/cases").status_code == 404


async def _reached(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=204)(scope, receive, send)


@pytest.fixture
def wall(signing_in: World) -> World:
    """The wall with nothing behind it but an answer that says it was reached."""
    _auditing(signing_in)
    inner = signing_in.app
    while not isinstance(inner, Starlette):
        inner = inner._app
    site: Site = inner.state.site
    app = Starlette(routes=[Mount("/", _reached)], middleware=[Middleware(Wall, site=site)])
    app.state.site = site
    return replace(signing_in, app=Guard(app, lambda *_: None))


def client(world: World, role: str, path: str) -> httpx.Client:
    """Whoever has that role, with what opens that address: a session for pages, a token for programs."""
    if not path.startswith("/api/"):
        return world.signed_in(PEOPLE[role])
    _, secret = open_token(world.office.engine, PEOPLE[role], "test", 1)
    return world.browser(headers={"authorization": f"Bearer {secret}"})


def test_the_wall_does_what_the_matrix_says(wall: World) -> None:
    """Every method of every address, for every role and for nobody."""
    asked = 0
    speakers = {(role, api): client(wall, role, api) for role in access.ROLES for api in ("/", "/api/")}
    nobody = wall.browser()
    for method, path, roles in access.lines():
        where = sample(path)
        api = "/api/" if path.startswith("/api/") else "/"
        for role in access.ROLES:
            may = not roles or role in roles or ("staff" in roles and role != "auditor")
            status = speakers[role, api].request(method, where).status_code
            assert status == (204 if may else 403), (method, path, role)
        turned_away = 401 if api == "/api/" or method != "GET" else 303
        assert nobody.request(method, where).status_code == (204 if not roles else turned_away), (method, path)
        asked += 5
    assert asked > 300


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    for method, path, roles in access.lines():
        if roles and path not in ("/me/end", "/me/token"):
            assert ("auditor" in roles) == (method == "GET"), (method, path)


def test_the_real_pages_are_behind_the_wall(signing_in: World) -> None:
    """Without a session nothing is shown and nothing taken, also of what needs one there is no sign."""
    browser = signing_in.browser()
    for method, path, roles in access.lines():
        if roles:
            answer = browser.request(method, sample(path))
            assert answer.status_code in (303, 401), (method, path)
            assert answer.headers.get("location", "/sign-in?").startswith("/sign-in?"), path
    assert browser.get("/no-such-page").status_code == 303


def test_what_each_role_may_look_at_is_shown_and_leads_to_no_refusal(signing_in: World) -> None:
    _auditing(signing_in)
    plain = {path: methods["GET"] for path, methods in access.PAGES.items() if "{" not in path and methods.get("GET")}
    for role in access.ROLES:
        browser, person = signing_in.signed_in(PEOPLE[role]), signing_in.office.staff.people.person(PEOPLE[role])
        assert person is not None
        for path, roles in plain.items():
            shown = browser.get(path)
            assert shown.status_code == (200 if roles & access.roles_of(person) else 403), (role, path)
            links = re.findall(r'href="(/[^"#?]*)', shown.text) if shown.status_code == 200 else []
            assert not [link for link in links if not access.may(person, link)], (role, path)


def test_only_admins_are_offered_to_change_rounds(signing_in: World) -> None:
    for role, offered in (("staff", False), ("admin", True)):
        page = signing_in.signed_in(PEOPLE[role]).get("/schedules").text
        assert ('action="/schedules#preview"' in page) == offered, role


def test_a_token_opens_no_page_and_a_session_no_api(signing_in: World) -> None:
    _, secret = open_token(signing_in.office.engine, PEOPLE["admin"], "ERP", 30)
    bearer = signing_in.browser(headers={"authorization": f"Bearer {secret}"})
    assert bearer.get("/api/v1/cases").status_code == 200
    assert bearer.get("/metrics").status_code == 200
    assert bearer.get("/cases").status_code == 303
    session = signing_in.signed_in(PEOPLE["admin"])
    assert session.get("/api/v1/cases").status_code == 401
    assert session.get("/api/v1/cases").headers["www-authenticate"] == "Bearer"
    as_cookie = signing_in.browser(cookies={"crmw_session": secret})
    assert as_cookie.get("/cases").status_code == 303


def test_without_sign_in_everything_is_as_open_as_ever(world: World) -> None:
    browser = world.browser()
    assert browser.get("/cases").status_code == 200
    for path in ("/sign-in", "/sign-in/code", "/me"):
        assert browser.get(path).status_code == 404


def test_only_one_module_reads_in_whose_name_a_browser_acts() -> None:
    folder = Path(access.__file__).parent
    signs = ("crmw_as", 'query_params.get("as"', "query_params['as']")
    found = {file.name for file in folder.glob("*.py") if any(sign in file.read_text("utf-8") for sign in signs)}
    assert found == {"acting.py"}


def test_the_public_name_is_served_over_tls_only(migrated: Path, tmp_path: Path, signing_in: World) -> None:
    settings = signing_in.opened.settings.model_copy(update={"public_url": "https://crm.example.com"})
    app = create_app(replace(signing_in.opened, settings=settings))
    for base, status in (("https://crm.example.com", 200), ("http://crm.example.com", 421), (BASE, 200),
                         ("https://other.example.com", 421)):  # fmt: skip
        browser = httpx.Client(transport=InProcess(app), base_url=base)
        assert browser.get("/sign-in").status_code == status, base
