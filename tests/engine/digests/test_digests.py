"""The digest of the morning: who gets it, when, and what stands in it (G-10)."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from crm_workflows.domain.durations import working_hours
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.engine.case import Case
from crm_workflows.engine.digests import digest_items, digests
from crm_workflows.engine.ports import Store
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.digests.mornings import GATE, answer_to, at, deciding, desk, morning, outcomes, three
from tests.engine.toys import HEAD, MATERIALS, Matter, start, toy
from tests.office import Office

__all__ = ["desk"]
MUCH = Shown((Fact("说明 / Note", "文" * 1400),))
TOO_MUCH = Shown((Fact("说明 / Note", "文" * 1600),))


def test_once_a_day_never_early_and_caught_up_once(desk: Office) -> None:
    three(desk)
    assert at(desk, "2026-03-03", "08:29:59") == 0
    assert at(desk, "2026-03-03", "08:30:00") == 1
    assert at(desk, "2026-03-03", "08:30:05") == 0
    assert at(desk, "2026-03-03", "17:00:00") == 0
    # Down from Tuesday evening to Friday afternoon: one for Friday, none for the days between.
    assert at(desk, "2026-03-06", "15:00:00") == 1
    assert at(desk, "2026-03-06", "15:00:05") == 0


def test_its_day_is_written_as_its_reader_writes_days(desk: Office) -> None:
    three(desk)
    assert at(desk, "2026-03-03", "08:30:00") == 1
    (mail,) = desk.mails("digest")
    assert (mail.language, mail.context["case"]["title"]) == ("zh", "2026年3月3日")


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
