"""Every verb of a gate by every channel: the matrix is made of what a gate offers, so that none can lack a channel."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.clock import SystemClock
from crm_workflows.adapters.configuration import processes
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.domain.approvers import role
from crm_workflows.domain.elements import Gate, lower
from crm_workflows.domain.money import Money
from crm_workflows.domain.records import AuditEntry, Message, Request
from crm_workflows.domain.verbs import VERBS
from crm_workflows.engine.case import Case
from crm_workflows.engine.decisions.answered import VERBS as SPOKEN_OF
from crm_workflows.engine.decisions.asides import EVENTS
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.results import Outcome
from crm_workflows.interfaces.cli.words import DECISIONS as CLI_WORDS
from crm_workflows.interfaces.web.app import create_app
from crm_workflows.interfaces.web.request_pages import COLLEAGUE
from crm_workflows.interfaces.web.words import DECIDED, DECISIONS
from tests.engine.toys import HEAD, OWNER, STRANGER, Matter, start, step, toy
from tests.interfaces.cli.conftest import runner_on
from tests.interfaces.web.world import World, filled, world_at

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
GATE = Gate("matrix", "审批 / Approval", rule="T-2", approver=role("head_of_marketing"), send_back=("T-1",),
    may_change=(lower("amount", "金额 / Amount"),),
)  # fmt: skip
OFFERED = mails.can_decide(
    Request("R", "C", "approval", "T-2", "matrix", "", "", 1, "open", AT, shows={"values": {"amount": 9}}), GATE
)


@step("T-1")
def look() -> int:
    return 1


def matrix(case: Case[Matter]) -> Outcome:
    """One gate."""
    look()
    return case.reject() if case.approval(GATE, amount=Money.of("300000")).rejected else case.approve()


MADE = toy(matrix, GATE, name="matrix", code="MX")


OWN_DECISION = [verb.word for verb in VERBS.values() if verb.by == "decided"]


@dataclass(frozen=True)
class Verb:
    """How a verb is said, and what has happened then, by the engine's own record."""

    reply: str
    fields: dict[str, str]
    comment: str
    done: Callable[[dict[str, Any]], bool]


def asks(view: dict[str, Any]) -> list[str]:
    return [item["assignee"]["email"] for item in view["waiting_for"]]


def copied(view: dict[str, Any]) -> list[str]:
    return [who for item in view["waiting_for"] for who in item["copied"]]


SAID = {
    "approve": Verb("同意", {}, "", lambda view: view["outcome"] == "approved"),
    "change": Verb("改批 250000", {"to": "amount=250000"}, "", lambda view: view["outcome"] == "approved"),
    "reject": Verb("驳回 太贵", {}, "太贵", lambda view: view["outcome"] == "rejected"),
    "send_back": Verb("退回 T-1 再看", {"to": "T-1"}, "再看", lambda view: view["waiting_for"][0]["round"] == 2),
    "ask": Verb("问 @冯雪 交期多久？", {"to": STRANGER}, "交期多久？", lambda view: STRANGER in asks(view)),
    "delegate": Verb("转 冯雪", {"to": STRANGER}, "", lambda view: asks(view) == [STRANGER]),
    "copy": Verb("抄送 冯雪", {"to": STRANGER}, "", lambda view: copied(view) == [STRANGER]),
    "undo": Verb("撤销", {}, "", lambda view: [item["round"] for item in view["waiting_for"]] == [2]),
    "add_approver": Verb("前加签 冯雪", {"to": STRANGER, "place": "before"}, "", lambda view: asks(view) == [STRANGER]),
}


def asked(code: str) -> str:
    """The id of the gate's first request."""
    return f"{code}-R1"


def by_reply(world: World, code: str, _home: Path, decision: str, verb: Verb) -> None:
    raw = world.office.reply_bytes(world.office.mails("approval_request", to=HEAD, case=code)[0], verb.reply)
    intake.take_in(world.office.engine, raw, "test")


def on_a_page(world: World, address: str, decision: str, verb: Verb) -> None:
    browser = world.browser(follow_redirects=True)
    to = {"change": "value"}.get(decision) or COLLEAGUE.get(decision, "to")
    fields = {to if name == "to" else name: value for name, value in verb.fields.items()}
    fields = {name: value.rpartition("=")[2] for name, value in fields.items()}  # the page names the field itself
    fields |= {"comment": verb.comment} if verb.comment else {}
    data = filled(browser.get(address).text, decision=decision, **fields)
    assert browser.post(address, data=data).status_code == 200


def by_link(world: World, code: str, _home: Path, decision: str, verb: Verb) -> None:
    on_a_page(world, f"/r/{world.token(asked(code), HEAD)}", decision, verb)


def by_inbox(world: World, code: str, _home: Path, decision: str, verb: Verb) -> None:
    on_a_page(world, f"/inbox/{asked(code)}?as={HEAD}", decision, verb)


def by_api(world: World, code: str, _home: Path, decision: str, verb: Verb) -> None:
    body = {"as": HEAD, "decision": decision, "comment": verb.comment} | verb.fields
    path = f"/api/v1/requests/{asked(code)}/decision"
    said = [world.browser().post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in said] == [200, 200], said[-1].text
    assert said[0].json()["decision"] == said[1].json()["decision"] == decision


def by_command(world: World, code: str, home: Path, decision: str, verb: Verb) -> None:
    words = ["decide", asked(code), decision, "--as", HEAD]
    words += ["--comment", verb.comment] if verb.comment else []
    words += [word for name, value in verb.fields.items() for word in (f"--{name}", value)]
    assert runner_on(home)(*words).status == 0


CHANNELS = {"reply": by_reply, "link": by_link, "page": by_inbox, "api": by_api, "cli": by_command}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verbs") / "crm.db"
    migrate(f"sqlite:///{path}")
    return path


@contextmanager
def world_with_the_gate(home: Path) -> Iterator[World]:
    with world_at(f"sqlite:///{home}/crm.db?timeout=10", home) as world:
        world.office.engine = replace(world.office.engine, versions={("matrix", 1): MADE})
        world.app = create_app(replace(world.opened, engine=world.office.engine))
        yield world
        world.office.check_invariants()


@pytest.mark.parametrize("decision", [*OFFERED, *OWN_DECISION])
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_verb_a_gate_offers_works_by_every_channel(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str, decision: str
) -> None:
    monkeypatch.setattr(processes, "load_processes", lambda: {("matrix", 1): MADE})
    monkeypatch.chdir(tmp_path)
    shutil.copy(migrated, tmp_path / "crm.db")
    verb = SAID[decision]
    with world_with_the_gate(tmp_path) as world:
        code = start(world.office, process="matrix")
        assert not verb.done(world.office.view(code))
        if decision in OWN_DECISION:
            world.office.clock.move_to(SystemClock().now())  # which is what the command reads
            world.office.answer(code, "approve", channel="start")
        CHANNELS[channel](world, code, tmp_path, decision, verb)
        assert verb.done(world.office.view(code)), world.office.view(code)["replies"]
        with world.office.engine.store.read() as reader:
            entries = [e for e in reader.find(AuditEntry, case=code) if e.event in ("decided", *EVENTS)]
        said = [entry.data["channel"] for entry in entries if entry.data["channel"] != "start"]
        assert said == [channel]
        assert {entry.actor for entry in entries} == {HEAD}


def own_by_reply(world: World, code: str, _home: Path, verb: str) -> None:
    mail = world.office.mails("case_opened", to=OWNER)[0]
    intake.take_in(world.office.engine, world.office.reply_bytes(mail, REQUESTED[verb].reply), "test")


def own_on_a_page(world: World, address: str, verb: str) -> None:
    browser = world.browser(follow_redirects=True)
    data = filled(browser.get(address).text, decision=verb, comment="")
    assert browser.post(address, data=data).status_code == 200


def own_by_link(world: World, code: str, _home: Path, verb: str) -> None:
    own_on_a_page(world, f"/r/{world.office.token(world.office.mails('case_opened', to=OWNER)[0])}", verb)


def own_by_inbox(world: World, code: str, _home: Path, verb: str) -> None:
    own_on_a_page(world, f"/inbox/{code}-R0?as={OWNER}", verb)


def own_by_api(world: World, code: str, _home: Path, verb: str) -> None:
    path, body = f"/api/v1/requests/{world.office.waiting(code)['id']}/decision", {"as": OWNER, "decision": verb}
    said = [world.browser().post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in said] == [200, 200], said[-1].text


def own_by_command(world: World, code: str, home: Path, verb: str) -> None:
    assert runner_on(home)("decide", world.office.waiting(code)["id"], verb, "--as", OWNER).status == 0


OWN_CHANNELS = {
    "reply": own_by_reply, "link": own_by_link, "page": own_by_inbox, "api": own_by_api, "cli": own_by_command,
}  # fmt: skip
REQUESTED = {
    "remind": Verb("催办", {}, "", lambda view: any(mail["template"] == "reminder" for mail in view["mails"])),
    "recall": Verb("撤回", {}, "", lambda view: view["outcome"] == "withdrawn"),
}


@pytest.mark.parametrize("decision", [verb.word for verb in VERBS.values() if verb.by == "requester"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_verb_of_the_requester_works_by_every_channel(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str, decision: str
) -> None:
    monkeypatch.setattr(processes, "load_processes", lambda: {("matrix", 1): MADE})
    monkeypatch.chdir(tmp_path)
    shutil.copy(migrated, tmp_path / "crm.db")
    with world_with_the_gate(tmp_path) as world:
        code = start(world.office, process="matrix")
        OWN_CHANNELS[channel](world, code, tmp_path, decision)
        assert REQUESTED[decision].done(world.office.view(code))
        with world.office.engine.store.read() as reader:
            entries = [e for e in reader.find(AuditEntry, case=code) if e.event in EVENTS]
        assert [(entry.data["channel"], entry.actor) for entry in entries] == [(channel, OWNER)]


@pytest.mark.parametrize("words", [SPOKEN_OF, DECISIONS, DECIDED, dict.fromkeys(CLI_WORDS)])
def test_every_verb_has_its_words(words: dict[str, str]) -> None:
    assert not set(VERBS) - set(words)


def test_a_gate_offers_every_verb_of_whoever_is_asked() -> None:
    assert set(OFFERED) == {verb.word for verb in VERBS.values() if verb.by == "asked"}


def answer_by_reply(world: World, mail: Message, _home: Path) -> None:
    intake.take_in(world.office.engine, world.office.reply_bytes(mail, "15 天"), "test")


def answer_on_a_page(world: World, address: str) -> None:
    browser = world.browser(follow_redirects=True)
    assert browser.post(address, data=filled(browser.get(address).text, answer="15 天")).status_code == 200


def answer_by_link(world: World, mail: Message, _home: Path) -> None:
    answer_on_a_page(world, f"/t/{world.office.token(mail)}")


def answer_by_inbox(world: World, mail: Message, _home: Path) -> None:
    answer_on_a_page(world, f"/inbox/{mail.request}?as={STRANGER}")


def answer_by_api(world: World, mail: Message, _home: Path) -> None:
    path, body = f"/api/v1/requests/{mail.request}/submit", {"as": STRANGER, "input": {"answer": "15 天"}}
    assert world.browser().post(path, json=body, headers={"Idempotency-Key": "k"}).status_code == 200


def answer_by_command(world: World, mail: Message, home: Path) -> None:
    (home / "answer.json").write_text('{"answer": "15 天"}', encoding="utf-8")
    words = ("submit", str(mail.request), "--as", STRANGER, "--input", str(home / "answer.json"))
    assert runner_on(home)(*words).status == 0


ANSWERING = {
    "reply": answer_by_reply, "link": answer_by_link, "page": answer_by_inbox, "api": answer_by_api,
    "cli": answer_by_command,
}  # fmt: skip


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_question_is_answered_by_every_channel(
    migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    monkeypatch.setattr(processes, "load_processes", lambda: {("matrix", 1): MADE})
    monkeypatch.chdir(tmp_path)
    shutil.copy(migrated, tmp_path / "crm.db")
    with world_with_the_gate(tmp_path) as world:
        code = start(world.office, process="matrix")
        world.office.answer(code, "ask", to=STRANGER, comment="交期多久？")
        ANSWERING[channel](world, world.office.mails("task_request", to=STRANGER)[0], tmp_path)
        (made,) = world.office.view(code)["decisions"]
        assert (made["decision"], made["by"], made["channel"]) == ("submit", STRANGER, channel)
        assert made["answer"] == {"answer": "15 天"}
        assert asks(world.office.view(code)) == [HEAD]
