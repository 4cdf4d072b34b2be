"""Somebody at the page where people sign in."""

from dataclasses import replace

import httpx

from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import SignInCode
from crm_workflows.engine.access import codes
from tests.interfaces.web.world import World, filled

WANG, LIU, ZHAO = (f"{name}@yongchang.example" for name in ("wang.fang", "liu.yang", "zhao.lei"))
STRANGER = "nobody@elsewhere.example"


def rows(world: World, record: type) -> list:  # type: ignore[type-arg]
    with world.office.engine.store.read() as reader:
        return reader.find(record)


def ask(world: World, browser: httpx.Client, address: str = WANG, after: str = "") -> httpx.Response:
    """Ask for a code as a person does."""
    page = browser.get("/sign-in", params={"next": after} if after else {})
    return browser.post("/sign-in", data=filled(page.text, address=address))


def type_in(browser: httpx.Client, typed: str) -> httpx.Response:
    return browser.post("/sign-in/code", data=filled(browser.get("/sign-in/code").text, code=typed))


def code(world: World) -> str:
    """What the mail says whose code has not been used."""
    (row,) = (one for one in rows(world, SignInCode) if one.used_at is None)
    return codes.code_of(world.office.engine.secrets, row)


def gone(world: World, address: str) -> None:
    """That person has left."""
    held = world.office.staff.people
    people = [replace(p, active=p.email != address) for p in held]
    world.office.staff.people = Directory(people, held.roles, held.departments, held.company)
