"""Above an amount the link of a mail is not enough, where outsiders may have read the mail (mail.md, Who)."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import Digest
from crm_workflows.engine.digests import digests
from crm_workflows.engine.mail_in import codes
from crm_workflows.engine.mail_out.outbox_secrets import digest_token
from tests.interfaces.web.world import World, answering_form, filled, text_of, world_at

HEAD = "zheng.xiaodong@yongchang.example"
DECISIONS = [
    {"decision": "approve"},
    {"decision": "delegate", "person": "wang.fang@yongchang.example", "comment": "请代为决定"},
]


@pytest.fixture
def world(migrated: Path, tmp_path: Path) -> Iterator[World]:
    """A company whose mailbox is outside, with an amount above the policy's before its recognition."""
    shutil.copy(migrated, tmp_path / "crm.db")
    url = f"sqlite:///{tmp_path}/crm.db?timeout=10"
    with world_at(url, tmp_path, sign_in=True, imap_host="mail.example", imap_trust="authenticated") as made:
        made.office.staff.rules = Policy({**made.office.staff.rules, codes.ABOVE: Money.of("1000.00")})
        yield made


def decided(world: World, case: str) -> list[tuple[str, str]]:
    return [(d["decision"], d["channel"]) for d in world.office.view(case)["decisions"] if d["decision"] != "submit"]


@pytest.mark.parametrize("said", DECISIONS)
def test_a_link_alone_approves_and_passes_on_nothing_above_the_amount(world: World, said: dict[str, str]) -> None:
    case = world.office.until_gate()
    path, browser = world.link(case), world.browser()
    page = browser.get(path)
    inside = f"/inbox/{world.office.waiting(case)['id']}"
    assert f'<a href="{inside}">' in page.text
    answer = browser.post(path, data=filled(page.text, **said))
    assert answer.status_code == 422
    assert "金额超过 ¥1,000.00，仅凭链接不能同意或转交" in text_of(answer.text)
    assert decided(world, case) == []
    assert browser.get(inside).headers["location"].startswith("/sign-in?next=")


def test_whoever_signs_in_approves(world: World) -> None:
    case = world.office.until_gate()
    browser, path = world.signed_in(HEAD), f"/inbox/{world.office.waiting(case)['id']}"
    assert browser.post(path, data=filled(browser.get(path).text, decision="approve")).status_code == 303
    assert decided(world, case) == [("approve", "page")]


def test_a_link_still_rejects(world: World) -> None:
    case = world.office.until_gate()
    browser, path = world.browser(), world.link(case)
    page = browser.get(path)
    assert browser.post(path, data=filled(page.text, decision="reject", comment="太贵")).status_code == 303
    assert decided(world, case) == [("reject", "link")]


def test_below_the_amount_a_link_approves(world: World) -> None:
    world.office.staff.rules = Policy({**world.office.staff.rules, codes.ABOVE: Money.of("480000.00")})
    case = world.office.until_gate()
    browser, path = world.browser(), world.link(case)
    assert browser.post(path, data=filled(browser.get(path).text, decision="approve")).status_code == 303
    assert decided(world, case) == [("approve", "link")]


def test_a_digest_s_page_approves_nothing_above_the_amount(world: World) -> None:
    world.office.staff.rules = Policy({**world.office.staff.rules, "digest_limit": Money.of("900000.00")})
    case = world.office.until_gate()
    digests.make_due(world.office.engine)
    with world.office.engine.store.read() as reader:
        (digest,) = [one for one in reader.find(Digest, person=HEAD) if one.items]
    browser, path = world.browser(), f"/d/{digest_token(world.office.engine.secrets, digest)}"
    page = browser.get(path).text
    assert "decision-1" in answering_form(page).offered
    answer = browser.post(path, data=filled(page) | {"decision-1": "approve"})
    assert answer.status_code == 409
    assert "须凭验证码答复" in text_of(answer.text)
    assert decided(world, case) == []


def test_where_mail_stays_in_the_company_a_link_is_enough(migrated: Path, tmp_path: Path) -> None:
    shutil.copy(migrated, tmp_path / "crm.db")
    with world_at(f"sqlite:///{tmp_path}/crm.db?timeout=10", tmp_path) as made:
        made.office.staff.rules = Policy({**made.office.staff.rules, codes.ABOVE: Money.of("1000.00")})
        case = made.office.until_gate()
        browser, path = made.browser(), made.link(case)
        assert browser.post(path, data=filled(browser.get(path).text, decision="approve")).status_code == 303
        assert decided(made, case) == [("approve", "link")]
