"""A requester who would decide is refused every verb of a gate, by page, API and command (G-2)."""

import shutil
from pathlib import Path

import pytest

from crm_workflows.adapters.configuration import processes
from tests.engine.toys import BOSS, HEAD, start
from tests.interfaces.cli.conftest import runner_on
from tests.interfaces.test_every_verb import MADE, OFFERED, SAID, Verb, asked, asks, migrated, world_with_the_gate
from tests.interfaces.web.world import World, filled, text_of

__all__ = ["migrated"]


def refused_on_the_page(world: World, code: str, _home: Path, decision: str, verb: Verb) -> str:
    """By its form as the boss sees it, sent for the requester, who is shown none."""
    browser, address = world.browser(), f"/inbox/{asked(code)}?as="
    assert browser.get(address + HEAD).status_code == 403
    form = filled(browser.get(address + BOSS).text, decision="approve", comment="x")
    said = browser.post(address + HEAD, data=form | {"decision": decision})
    assert said.status_code == 403
    return text_of(said.text)


def refused_by_api(world: World, code: str, _home: Path, decision: str, verb: Verb) -> str:
    body = {"as": HEAD, "decision": decision, "comment": verb.comment} | verb.fields
    said = world.browser().post(f"/api/v1/requests/{asked(code)}/decision", json=body, headers={"Idempotency-Key": "k"})
    assert said.status_code == 403
    return str(said.json()["error"]["sentence"])


def refused_by_command(world: World, code: str, home: Path, decision: str, verb: Verb) -> str:
    words = ["decide", asked(code), decision, "--as", HEAD, "--comment", verb.comment or "x"]
    return runner_on(home)(
        *words, *(word for name, value in verb.fields.items() for word in (f"--{name}", value))
    ).refusal


REFUSING = {
    "page": (refused_on_the_page, "没有请您答复"),
    "api": (refused_by_api, "（G-2）"),
    "cli": (refused_by_command, "(G-2)"),
}


@pytest.mark.parametrize("channel", REFUSING)
def test_no_verb_of_whoever_is_asked_works_for_the_requester_by_any_channel(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """They hold the role that decides, so that the boss is asked (G-2). Mails and links they have none."""
    monkeypatch.setattr(processes, "load_processes", lambda: {("matrix", 1): MADE})
    monkeypatch.chdir(tmp_path)
    shutil.copy(migrated, tmp_path / "crm.db")
    try_it, sentence = REFUSING[channel]
    with world_with_the_gate(tmp_path) as world:
        code = start(world.office, process="matrix", owner=HEAD)
        assert world.office.mails("approval_request", to=HEAD) == []
        before = world.office.view(code)
        said = {word: try_it(world, code, tmp_path, word, SAID[word]) for word in OFFERED}
        assert {word for word, refusal in said.items() if sentence not in refusal} == set(), said
        assert world.office.view(code) == before
        assert asks(before) == [BOSS]
