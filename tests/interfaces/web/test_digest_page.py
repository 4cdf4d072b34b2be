"""The digest of a morning by its link: what it shows, what one form decides, and what it never does (G-10)."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Digest, Meta
from crm_workflows.engine.digests import digests
from crm_workflows.engine.mail_out.outbox_secrets import digest_token
from tests.interfaces.web.world import World, all_that_happened, answering_form, filled, text_of, world_at
from tests.office import application, credit_code

HEAD = "zheng.xiaodong@yongchang.example"
AMOUNTS = ("80000.00", "90000.00", "860000.00")


@pytest.fixture(scope="module")
def gates(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A database to copy, with two recognitions that a word decides and one above the limit; and their codes."""
    home = tmp_path_factory.mktemp("gates")
    shutil.copy(migrated, home / "crm.db")
    with world_at(f"sqlite:///{home}/crm.db?timeout=10", home) as made:
        codes = [
            made.office.until_gate(
                application(
                    company=f"{'东南西'[n]}山机械", credit_code=credit_code(n),
                    yearly_amount={"amount": amount, "currency": "CNY"},
                )
            )
            for n, amount in enumerate(AMOUNTS)
        ]  # fmt: skip
    return home / "crm.db", codes


@pytest.fixture
def world(gates: tuple[Path, list[str]], tmp_path: Path) -> Iterator[World]:
    """The company on that morning."""
    shutil.copy(gates[0], tmp_path / "crm.db")
    with world_at(f"sqlite:///{tmp_path}/crm.db?timeout=10", tmp_path) as made:
        yield made


@pytest.fixture
def codes(gates: tuple[Path, list[str]]) -> list[str]:
    """The codes of the three cases."""
    return gates[1]


def link(world: World) -> str:
    """The path of the link in this morning's digest."""
    digests.make_due(world.office.engine)
    with world.office.engine.store.read() as reader:
        (digest,) = [one for one in reader.find(Digest, person=HEAD) if one.items]
    return f"/d/{digest_token(world.office.engine.secrets, digest)}"


def decided(world: World, codes: list[str]) -> list[list[str]]:
    return [[d["decision"] for d in world.office.view(c)["decisions"] if d["decision"] != "submit"][-1:] for c in codes]


def test_opening_it_shows_all_and_decides_nothing(world: World, codes: list[str]) -> None:
    path = link(world)
    before = all_that_happened(world)
    for method in ("GET", "HEAD", "GET"):
        page = world.browser().request(method, path)
        assert page.status_code == 200
    text = text_of(world.browser().get(path, params={"decision-1": "approve", "all": "approve"}).text)
    assert all(code in text for code in codes)
    assert "金额超过 ¥100,000.00，须单独答复" in text
    assert all_that_happened(world) == before
    form = answering_form(world.browser().get(path).text)
    assert form.offered == {"decision-1": ["approve", "reject"], "decision-2": ["approve", "reject"]}
    assert "decision-1" not in form.fields


def test_one_post_decides_what_was_chosen(world: World, codes: list[str]) -> None:
    path, browser = link(world), world.browser(follow_redirects=True)
    given = filled(browser.get(path).text) | {
        "decision-1": "approve", "decision-2": "reject", "comment-2": "价格太高", "decision-3": "approve",
    }  # fmt: skip
    page = browser.post(path, data=given)
    assert page.status_code == 409  # the third is above the limit, whatever a form says
    assert "金额超过" in text_of(page.text)
    assert decided(world, codes) == [["approve"], ["reject"], []]
    made = world.office.view(codes[0])["decisions"][-1]
    assert (made["by"], made["channel"], made["digest"].rpartition("/")[2]) == (HEAD, "link", "1")
    text = text_of(browser.get(path).text)
    assert "已同意" in text
    assert "已驳回" in text


def test_one_button_approves_all_but_what_is_held_out(world: World, codes: list[str]) -> None:
    path, browser = link(world), world.browser()
    page = browser.post(path, data=filled(browser.get(path).text, all="approve"))
    assert (page.status_code, page.headers["location"]) == (303, path)
    assert decided(world, codes) == [["approve"], ["approve"], []]


def test_a_rejection_without_reason_records_nothing_of_the_form(world: World, codes: list[str]) -> None:
    path, browser = link(world), world.browser()
    given = filled(browser.get(path).text) | {"decision-1": "approve", "decision-2": "reject"}
    assert browser.post(path, data=given).status_code == 422
    assert browser.post(path, data=filled(browser.get(path).text)).status_code == 422
    assert decided(world, codes) == [[], [], []]


def test_a_post_without_the_pages_own_fields_is_refused(world: World, codes: list[str]) -> None:
    path, browser = link(world), world.browser()
    assert browser.post(path, data={"decision-1": "approve"}).status_code == 400
    other = {"form_id": "x", "form_key": "y", "decision-1": "approve"}
    assert browser.post(path, data=other).status_code == 403
    assert browser.get("/d/" + "a" * 32).status_code == 404
    assert browser.get("/d/tampered").status_code == 404
    assert decided(world, codes) == [[], [], []]


def test_a_number_leads_to_the_requests_own_page(world: World, codes: list[str]) -> None:
    path, browser = link(world), world.browser(follow_redirects=True)
    page = browser.get(f"{path}/3")
    assert page.status_code == 200
    assert codes[2] in text_of(page.text)
    assert answering_form(page.text).action.startswith("/r/")
    assert browser.get(f"{path}/9").status_code == 404


def test_what_was_decided_meanwhile_is_not_asked_and_not_decided_again(world: World, codes: list[str]) -> None:
    path, browser = link(world), world.browser()
    given = filled(browser.get(path).text) | {"decision-1": "approve"}
    world.office.answer(codes[0], "reject", comment="太贵")
    page = browser.post(path, data=given)
    assert page.status_code == 409
    assert "驳回" in text_of(page.text)
    effective = [d["decision"] for d in world.office.view(codes[0])["decisions"] if d["effective"]]
    assert effective[-1] == "reject"
    assert "decision-1" not in answering_form(browser.get(path).text).offered


def test_one_click_in_the_mail_program_stops_them(world: World, codes: list[str]) -> None:
    path, browser = link(world), world.browser()
    assert browser.get(f"{path}/stop").status_code == 405
    page = browser.post(f"{path}/stop", data={"List-Unsubscribe": "One-Click"})
    assert page.status_code == 200
    with world.office.engine.store.read() as reader:
        assert reader.get(Meta, f"digest_off/{HEAD}") is not None
    assert decided(world, codes) == [[], [], []]


def test_the_link_of_who_has_left_shows_nothing(world: World, codes: list[str]) -> None:
    path = link(world)
    world.office.staff.people = Directory([replace(p, active=p.email != HEAD) for p in world.office.staff.people])
    page = world.browser().get(path)
    assert page.status_code in (403, 410)
    assert codes[0] not in page.text
