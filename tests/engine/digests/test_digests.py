"""The digest of the morning: who gets it and when, and what an answer to it decides (G-10)."""

import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.approvers import role
from crm_workflows.domain.durations import working_days, working_hours
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.money import Money
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import AuditEntry, CaseRow, Message, Request
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case, Outcome
from crm_workflows.engine.digests import digest_answers, digest_items, digests
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.ports import Store
from crm_workflows.engine.record import auditing
from crm_workflows.shipped import shipped
from tests.engine.conftest import Install
from tests.engine.toys import BOSS, HEAD, MATERIALS, NOTE, STRANGER, Matter, start, step, toy
from tests.office import Office

SHANGHAI = ZoneInfo("Asia/Shanghai")
GATE = Gate("gate", "审批 / Approval", rule="T-5", approver=role("head_of_marketing"), send_back=("T-1",),
            due=working_days(2))  # fmt: skip
MUCH = Shown((Fact("说明 / Note", "文" * 1400),))
TOO_MUCH = Shown((Fact("说明 / Note", "文" * 1600),))


@step("T-1")
def look() -> int:
    return 1


def deciding(case: Case[Matter]) -> Outcome:
    """One gate; what a number says is what it is about."""
    look()
    what = case.subject.what
    amount = Money.of(what, "CNY") if what.isdecimal() else None
    return case.reject() if case.approval(GATE, amount=amount).rejected else case.approve()


def filling(case: Case[Matter]) -> Outcome:
    """A form for the head of materials."""
    case.task(NOTE)
    return case.approve()


@pytest.fixture
def desk(install_in_memory: Install) -> Office:
    """Gates for HEAD and forms for MATERIALS, in memory."""
    return install_in_memory(toy(deciding, GATE), toy(filling, NOTE, name="filling", code="FI"))


def morning(office: Office, to: str = HEAD) -> Message:
    """The digest of this morning."""
    digests.make_due(office.engine)
    return office.mails("digest", to=to)[-1]


def answer_to(office: Office, mail: Message, text: str, **how: Any) -> dict[int, Any]:
    """Reply to a digest; what the answering mail says of each number."""
    office.reply(mail, text, **how)
    return {one["number"]: one for one in office.mails("digest_answer")[-1].context["results"]}


def outcomes(office: Office, codes: list[str]) -> list[str | None]:
    office.work()
    return [office.view(code)["outcome"] for code in codes]


def applied(results: dict[int, Any]) -> list[int]:
    return [number for number, one in results.items() if one["is_applied"]]


def three(office: Office) -> list[str]:
    return [start(office, what=what) for what in ("甲", "乙", "丙")]


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


def test_a_death_between_items_and_mark_loses_and_doubles_nothing(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = three(desk)
    mail = morning(desk)
    taking, seen = digest_answers.answer, []

    def dies_at_the_second(*args: Any) -> Any:
        seen.append(args)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return taking(*args)

    monkeypatch.setattr(digest_answers, "answer", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        desk.reply(mail, "1 同意 2 驳回 太贵 3 同意")
    monkeypatch.undo()
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


# -- when, and for whom --------------------------------------------------------------------------


def at(office: Office, day: str, clock: str, zone: ZoneInfo = SHANGHAI) -> int:
    """Put the clock there; how many digests are made."""
    office.clock.move_to(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone))
    return digests.make_due(office.engine)


def test_once_a_day_never_early_and_caught_up_once(desk: Office) -> None:
    three(desk)
    assert at(desk, "2026-03-03", "08:29:59") == 0
    assert at(desk, "2026-03-03", "08:30:00") == 1
    assert at(desk, "2026-03-03", "08:30:05") == 0
    assert at(desk, "2026-03-03", "17:00:00") == 0
    # Down from Tuesday evening to Friday afternoon: one for Friday, none for the days between.
    assert at(desk, "2026-03-06", "15:00:00") == 1
    assert at(desk, "2026-03-06", "15:00:05") == 0


def test_none_on_holidays_and_weekends_but_on_make_up_workdays(desk: Office) -> None:
    three(desk)
    assert at(desk, "2026-03-07", "10:00:00") == 0  # Saturday
    assert at(desk, "2026-09-20", "10:00:00") == 1  # a Sunday worked for what follows (调休)
    assert at(desk, "2026-10-01", "10:00:00") == 0  # National Day


def test_none_where_nothing_waits_and_none_later_that_day(desk: Office) -> None:
    assert digests.make_due(desk.engine) == 0
    three(desk)
    assert digests.make_due(desk.engine) == 0
    assert desk.mails("digest") == []


def test_the_morning_is_that_of_the_person(desk: Office) -> None:
    three(desk)
    new_york = ZoneInfo("America/New_York")
    desk.staff.people = Directory(
        [replace(p, zone="America/New_York") if p.email == HEAD else p for p in desk.staff.people]
    )
    assert digests.make_due(desk.engine) == 0  # Sunday evening there
    assert at(desk, "2026-03-02", "08:29:00", new_york) == 0
    assert at(desk, "2026-03-02", "08:30:00", new_york) == 1
    assert at(desk, "2026-03-03", "08:30:00") == 0
    # The clocks go forward on the night to Sunday the 8th: Monday has one morning all the same.
    assert at(desk, "2026-03-09", "08:30:00", new_york) == 1
    assert at(desk, "2026-03-09", "09:30:00", new_york) == 0


@pytest.mark.parametrize(("policy", "person", "made"), [("off", "", 0), ("off", "also", 1), ("also", "off", 0)])
def test_policy_and_person_say_who_gets_one(desk: Office, policy: str, person: str, made: int) -> None:
    three(desk)
    desk.staff.rules = Policy({**desk.staff.rules, "digest": policy})
    desk.staff.people = Directory([replace(p, digest=person) if p.email == HEAD else p for p in desk.staff.people])
    assert digests.make_due(desk.engine) == made


def test_a_policy_from_before_makes_none(desk: Office) -> None:
    three(desk)
    desk.staff.rules = Policy({k: v for k, v in desk.staff.rules.items() if not k.startswith("digest")})
    assert digests.make_due(desk.engine) == 0


def test_two_workers_at_once_make_one(store: Store) -> None:
    office = Office(store, versions={("toy", 1): toy(deciding, GATE)})
    three(office)
    barrier, made = threading.Barrier(2), []

    def make() -> None:
        barrier.wait()
        made.append(digests.make_due(office.engine))

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 1]
    assert len(office.mails("digest")) == 1


def test_what_is_too_much_for_one_mail_is_counted(desk: Office) -> None:
    codes = [start(desk, what=f"第{n}件") for n in range(digests.MOST + 2)]
    mail = morning(desk)
    assert (len(mail.context["items"]), mail.context["more"]) == (digests.MOST, 2)
    answer_to(desk, mail, "全部同意")
    assert outcomes(desk, codes).count("approved") == digests.MOST


def test_a_digest_says_no_more_than_a_mail_can_hold(install_in_memory: Install) -> None:
    def telling(case: Case[Matter]) -> Outcome:
        """Much to read for each decision."""
        return case.approve() if case.approval(GATE, shows=MUCH).approved else case.reject()

    office = install_in_memory(toy(telling, GATE))
    codes = [start(office) for _ in range(9)]
    mail = morning(office)
    assert 1 < len(mail.context["items"]) < len(codes)
    assert len(mail.context["items"]) + mail.context["more"] == len(codes)
    text = json.dumps(mail.context, ensure_ascii=False)
    assert len(text.encode()) < 60_000


def test_what_says_too_much_is_read_on_its_own_page(install_in_memory: Install) -> None:
    def telling(case: Case[Matter]) -> Outcome:
        """More to read than a digest shows."""
        return case.approve() if case.approval(GATE, shows=TOO_MUCH).approved else case.reject()

    office = install_in_memory(toy(telling, GATE))
    code = start(office)
    mail = morning(office)
    (item,) = mail.context["items"]
    assert (item["facts"], "页面" in item["held"]) == ([], True)
    answer_to(office, mail, "全部同意")
    assert outcomes(office, [code]) == [None]


# -- in the place of single mails -----------------------------------------------------------------------------------


def wants_it_instead(office: Office) -> None:
    office.staff.people = Directory(
        [replace(p, digest="instead") if p.email == HEAD else p for p in office.staff.people]
    )


def test_the_digest_takes_the_place_of_single_mails(desk: Office) -> None:
    wants_it_instead(desk)
    digests.make_due(desk.engine)
    codes = three(desk)
    assert desk.mails("approval_request", to=HEAD) == []
    desk.clock.move_to(desk.clock.now() + timedelta(days=1))
    answer_to(desk, morning(desk), "全部同意")
    assert outcomes(desk, codes) == ["approved"] * 3


def test_a_form_comes_by_the_digest_alone_and_opens_behind_its_link(desk: Office) -> None:
    people = [replace(p, digest="instead") if p.email == MATERIALS else p for p in desk.staff.people]
    desk.staff.people = Directory(people)
    digests.make_due(desk.engine)
    code = start(desk, process="filling")
    assert desk.mails("task_request", to=MATERIALS) == []
    desk.clock.move_to(desk.clock.now() + timedelta(days=1))
    (item,) = morning(desk, MATERIALS).context["items"]
    assert (item["case"], item["held"]) == (code, digest_items.A_FORM)


def test_what_the_digest_cannot_ask_in_time_or_at_all_comes_singly(install_in_memory: Install) -> None:
    urgent = replace(GATE, name="urgent", due=working_hours(4))

    def hurried(case: Case[Matter]) -> Outcome:
        """Due before the next morning."""
        return case.approve() if case.approval(urgent).approved else case.reject()

    office = install_in_memory(toy(deciding, GATE), toy(hurried, urgent, name="hurried", code="HU"))
    wants_it_instead(office)
    start(office, process="hurried")
    start(office, what="100001")
    assert len(office.mails("approval_request", to=HEAD)) == 2


def test_who_has_stopped_digests_is_asked_singly_again(desk: Office) -> None:
    wants_it_instead(desk)
    with desk.engine.store.write() as tx:
        digests.stop(tx, HEAD, desk.clock.now())
    three(desk)
    assert len(desk.mails("approval_request", to=HEAD)) == 3
