"""What an answer to the digest of the morning decides, item by item, and what it does not (G-10)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import AuditEntry, CaseRow, Request
from crm_workflows.engine.digests import digest_answers, digests
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.record import auditing
from crm_workflows.shipped import shipped
from tests.engine.breaking import killed_at
from tests.engine.conftest import Install
from tests.engine.digests.mornings import GATE, answer_to, deciding, desk, morning, outcomes, three
from tests.engine.toys import BOSS, HEAD, STRANGER, start, toy
from tests.office import Office

__all__ = ["desk"]


def applied(results: dict[int, Any]) -> list[int]:
    return [number for number, one in results.items() if one["is_applied"]]


def test_one_mail_lists_all_and_is_answered_as_a_whole(install: Install) -> None:
    office = install(toy(deciding, GATE))
    codes = three(office)
    mail = morning(office)
    assert [(i["number"], i["case"], i["held"]) for i in mail.context["items"]] == [
        (n, code, "") for n, code in enumerate(codes, start=1)
    ]
    results = answer_to(office, mail, "1 同意 2 不同意 价格太高 3 同意")
    assert applied(results) == [1, 2, 3]
    assert outcomes(office, codes) == ["approved", "rejected", "approved"]
    made = office.view(codes[1])["decisions"][0]
    assert (made["by"], made["channel"], made["comment"]) == (HEAD, "reply", "价格太高")
    assert made["digest"] == f"{mail.case}/2"
    assert auditing.verify(office.engine) == []


def test_the_record_names_the_digest_and_the_number(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk)
    desk.reply(mail, "2 同意")
    with desk.engine.store.read() as reader:
        (decided,) = reader.find(AuditEntry, case=codes[1], event="decided")
    assert decided.data["digest"] == f"{mail.case}/2"


def test_one_unclear_line_leaves_only_its_item_and_one_mail_says_so(desk: Office) -> None:
    codes = three(desk)
    results = answer_to(desk, morning(desk), "1 同意\n2 再看看\n3 驳回 太贵")
    assert applied(results) == [1, 3]
    assert (results[2]["is_unclear"], results[2]["read"]) == (True, "2 再看看")
    assert outcomes(desk, codes) == ["approved", None, "rejected"]
    (told,) = desk.mails("digest_answer")
    assert told.in_reply_to


def test_contradiction_decides_nothing_of_its_item(desk: Office) -> None:
    codes = three(desk)
    answer_to(desk, morning(desk), "1 yes\n1 no too expensive\n2 yes")
    assert outcomes(desk, codes) == [None, "approved", None]
    assert desk.mails("digest_answer")[-1].context["left"] == [3]


def test_all_leaves_out_what_is_above_the_limit_and_what_needs_a_form(desk: Office) -> None:
    desk.staff.people = Directory(
        [replace(p, roles=(*p.roles, "head_of_materials")) if p.email == HEAD else p for p in desk.staff.people]
    )
    codes = [start(desk, what=what) for what in ("100000", "100001", "丙")]
    form = start(desk, process="filling")
    mail = morning(desk)
    held = {i["case"]: i["held"] for i in mail.context["items"]}
    assert held[codes[0]] == held[codes[2]] == ""
    assert "100,000" in held[codes[1]]
    assert "表单" in held[form]
    results = answer_to(desk, mail, "全部同意")
    assert len(applied(results)) == 2
    assert outcomes(desk, [*codes, form]) == ["approved", None, "approved", None]
    said = {one["case"]: one["said"] for one in results.values()}
    assert said[codes[1]] == held[codes[1]]


def test_answering_twice_applies_once(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk)
    first = desk.reply_bytes(mail, "全部同意")
    for raw in (first, first, desk.reply_bytes(mail, "全部同意", n=2)):
        intake.take_in(desk.engine, raw, "test")
    assert outcomes(desk, codes) == ["approved"] * 3
    assert [len([d for d in desk.view(code)["decisions"] if d["effective"]]) for code in codes] == [1, 1, 1]
    told = desk.mails("digest_answer")
    assert len(told) == 2
    assert applied({one["number"]: one for one in told[-1].context["results"]}) == []


def test_numbers_are_those_of_the_digest_that_is_answered(desk: Office) -> None:
    codes = three(desk)
    monday = morning(desk)
    desk.reply(monday, "1 同意")
    desk.move_to(desk.clock.now() + timedelta(days=1))
    tuesday = morning(desk)
    assert tuesday.case != monday.case
    assert [i["case"] for i in tuesday.context["items"]] == codes[1:]
    desk.reply(monday, "2 驳回 太贵")
    desk.reply(tuesday, "2 同意")
    assert outcomes(desk, codes) == ["approved", "rejected", "approved"]


def test_a_request_that_came_anew_is_not_decided_by_the_old_digest(desk: Office) -> None:
    (code, *_) = three(desk)
    mail = morning(desk)
    desk.answer(code, "send_back", to="T-1", comment="再看一遍")
    desk.work()
    results = answer_to(desk, mail, "1 同意")
    assert applied(results) == []
    assert outcomes(desk, [code]) == [None]


def test_what_has_changed_since_is_not_decided_by_the_digest(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk)
    with desk.engine.store.write() as tx:
        tx.update(Request, (desk.waiting(codes[0])["id"],), fingerprint="another")
        tx.update(Request, (desk.waiting(codes[1])["id"],), revision=2)
    results = answer_to(desk, mail, "全部同意")
    assert applied(results) == [3]
    assert results[1]["said"] == results[2]["said"] == digest_answers.CHANGED
    assert outcomes(desk, codes) == [None, None, "approved"]


def test_who_decided_before_is_told(desk: Office) -> None:
    (code, *_) = three(desk)
    mail = morning(desk)
    desk.answer(code, "reject", comment="太贵")
    results = answer_to(desk, mail, "1 同意")
    assert applied(results) == []
    assert "驳回" in results[1]["said"]


def test_a_requester_decides_nothing_of_their_own_by_a_digest(desk: Office) -> None:
    """A digest made before somebody became the requester's own approver obeys the rule at the moment of the answer."""
    (code, *_) = three(desk)
    mail = morning(desk)
    desk.staff.people = Directory(
        [replace(p, other_emails=(*p.other_emails, "owner@alias.example")) if p.email == HEAD else p
         for p in desk.staff.people]
    )  # fmt: skip
    with desk.engine.store.write() as tx:
        tx.update(CaseRow, (code,), requester="owner@alias.example")
    results = answer_to(desk, mail, "1 同意")
    assert applied(results) == []
    assert "G-2" in results[1]["said"]


def test_a_deputy_answers_for_the_person_and_is_named(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk)
    today = desk.staff.hours.local_date(desk.clock.now())
    desk.staff.people = Directory(
        [replace(p, deputies=(Deputy(STRANGER, today, today),)) if p.email == HEAD else p for p in desk.staff.people]
    )
    results = answer_to(desk, mail, "2 同意", sender=STRANGER)
    assert applied(results) == [2]
    made = desk.view(codes[1])["decisions"][0]
    assert (made["by"], made["on_behalf_of"]) == (STRANGER, HEAD)
    assert desk.mails("digest_answer", to=STRANGER)[0].context["person"] == ""


@pytest.mark.parametrize("sender", [BOSS, "evil@elsewhere.example"])
def test_somebody_else_decides_nothing_and_the_person_hears_of_it(desk: Office, sender: str) -> None:
    codes = three(desk)
    mail = morning(desk)
    desk.reply(mail, "全部同意", sender=sender)
    assert outcomes(desk, codes) == [None, None, None]
    (told,) = desk.mails("digest_answer", to=HEAD)
    assert told.context["written_by"] == sender


def test_who_has_left_decides_nothing(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk)
    desk.staff.people = Directory([replace(p, active=p.email != HEAD) for p in desk.staff.people])
    desk.reply(mail, "全部同意")
    assert outcomes(desk, codes) == [None, None, None]
    assert [m.context["results"] for m in desk.mails("digest_answer", to=HEAD)] == [[]], "no case is named to them"


@pytest.mark.parametrize(
    "extra", ["Auto-Submitted: auto-replied\n", "X-Autoreply: yes\n", "Precedence: auto_reply\nX-Auto-Response: 1\n"]
)
def test_automatic_mail_decides_nothing(desk: Office, extra: str) -> None:
    codes = three(desk)
    raw = desk.reply_bytes(morning(desk), "全部同意")
    intake.take_in(desk.engine, extra.encode() + raw, "test", None if "Auto" in extra else "")
    assert outcomes(desk, codes) == [None, None, None]
    assert desk.mails("digest_answer") == []


def test_the_digest_itself_sent_back_unmarked_decides_nothing(desk: Office) -> None:
    """Some mail programs quote without a mark; whatever stands in our own mail must not read as an answer."""
    codes = three(desk)
    mail = morning(desk)
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    for language in ("zh", "en"):
        text = renderer.render(replace(mail, language=language), token="secret", links=True).text
        for above in ("", "收到\n\n", "1 看看\n\n"):
            desk.reply(mail, above + text)
            intake.take_in(desk.engine, desk.reply_bytes(mail, above + text, n=hash((above, language))), "test")
    assert outcomes(desk, codes) == [None, None, None]


def test_an_answer_above_our_own_unmarked_text_decides_nothing_but_what_it_says(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk)
    renderer = Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")
    text = renderer.render(mail, token="secret", links=True).text
    desk.reply(mail, f"1 驳回 太贵\n\n{text}")
    assert outcomes(desk, codes)[1:] == [None, None]


def test_a_death_between_items_and_mark_loses_and_doubles_nothing(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk)
    with killed_at(digest_answers, "answer", 2):
        desk.reply(mail, "1 同意 2 驳回 太贵 3 同意")
    assert desk.mails("digest_answer") == []
    intake.process_new(desk.engine)
    assert outcomes(desk, codes) == ["approved", "rejected", "approved"]
    (told,) = desk.mails("digest_answer")
    assert all(one["is_applied"] for one in told.context["results"])


def test_one_word_stops_them_and_single_mails_go_on(desk: Office) -> None:
    three(desk)
    desk.reply(morning(desk), "退订")
    assert desk.mails("digest_answer")[-1].context["has_stopped"]
    desk.move_to(desk.clock.now() + timedelta(days=1))
    digests.make_due(desk.engine)
    assert len(desk.mails("digest", to=HEAD)) == 1
    digests.resume(desk.engine, HEAD)
    digests.make_due(desk.engine)
    assert len(desk.mails("digest", to=HEAD)) == 2
