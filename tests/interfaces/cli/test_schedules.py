"""crmw schedule: rounds of callbacks from the command line (CB-2)."""

from contextlib import closing

from crm_workflows.adapters.clock import SystemClock
from crm_workflows.bootstrap import open_office
from crm_workflows.domain.records import Customer
from crm_workflows.settings import Settings
from tests.interfaces.cli.conftest import ADMIN, BUYER, Crmw

OWNER = "lin.xiaoyu@yongchang.example"
WEEKLY = ("schedule", "add", "--as", ADMIN, "--title", "每周回访", "--cron", "0 9 * * 1")


def enter_two(crmw: Crmw) -> None:
    with closing(open_office(Settings.load())) as office, office.store.write() as tx:
        for n, tier in enumerate("AB"):
            now = SystemClock().now()
            tx.insert(Customer(f"C-MA-000{n}", f"客户{n}", f"c{n}", "active", tier, OWNER, now))


def test_a_round_is_shown_before_it_is_kept(crmw: Crmw) -> None:
    enter_two(crmw)
    said = crmw(*WEEKLY, "--tier", "A", "--dry-run", "--json").json
    assert said["preview"]["owners"] == {OWNER: 1}
    assert len(said["preview"]["occurrences"]) in (4, 5)
    assert crmw("schedule", "list", "--json").json == []
    kept = crmw(*WEEKLY, "--tier", "A", "--questions", "新品？")
    assert "R-0001" in kept.out
    assert "1 customer" in kept.out
    assert "1 customers" not in kept.out
    (listed,) = crmw("schedule", "list", "--json").json
    assert (listed["code"], listed["chooses"], listed["changed_by"]) == ("R-0001", {"tier": "A"}, ADMIN)
    assert listed["last_run"] is None
    told = crmw("schedule", "list").out
    assert "every Mon at 09:00" in told
    assert "tier A" in told
    assert "Asia/Shanghai)" not in told.partition("all times are")[0], "the company's zone is below"


def test_a_round_is_edited_paused_resumed_and_removed(crmw: Crmw) -> None:
    enter_two(crmw)
    crmw(*WEEKLY, "--tier", "A")
    edited = crmw("schedule", "edit", "R-0001", "--as", ADMIN, "--tier", "", "--silent-days", "30", "--json").json
    assert (edited["chooses"], edited["title"]) == ({"silent_days": 30}, "每周回访")
    assert crmw("schedule", "pause", "R-0001", "--as", ADMIN, "--json").json["next_at"] is None
    assert "paused" in crmw("schedule", "list").out
    assert crmw("schedule", "resume", "R-0001", "--as", ADMIN, "--json").json["next_at"]
    assert crmw("schedule", "preview", "R-0001", "--json").json["preview"]["occurrences"]
    assert crmw("schedule", "remove", "R-0001", "--as", ADMIN, "--json").json["is_removed"] is True
    assert "removed" in crmw("schedule", "list").out
    assert "add a new one" in crmw("schedule", "resume", "R-0001", "--as", ADMIN).refusal


def test_refusals_are_one_sentence(crmw: Crmw) -> None:
    assert "no admin" in crmw("schedule", "add", "--as", BUYER, "--title", "x", "--cron", "0 9 * * 1").refusal
    nobody = "nobody@yongchang.example"
    assert (
        "not in the directory" in crmw("schedule", "add", "--as", nobody, "--title", "x", "--cron", "0 9 * * 1").refusal
    )
    assert "five fields" in crmw("schedule", "add", "--as", ADMIN, "--title", "x", "--cron", "nine").refusal
    assert "no round" in crmw("schedule", "pause", "R-0009", "--as", ADMIN).refusal


def test_a_tier_that_does_not_exist_is_refused_and_nothing_is_kept(crmw: Crmw) -> None:
    assert "there is no tier 'Z'; there are A, B, C" in crmw(*WEEKLY, "--tier", "Z").refusal
    assert crmw("schedule", "list", "--json").json == []


def test_who_calls_and_the_account_manager_may_be_named(crmw: Crmw) -> None:
    enter_two(crmw)
    made = crmw(*WEEKLY, "--owner", "林小雨", "--does", "王芳", "--json").json
    assert (made["chooses"], made["does"], made["preview"]["owners"]) == ({"owner": OWNER}, BUYER, {BUYER: 2})
    changed = crmw("schedule", "edit", "R-0001", "--as", ADMIN, "--does", "林小雨", "--json").json
    assert (changed["chooses"], changed["does"]) == ({"owner": OWNER}, OWNER)
    freed = crmw("schedule", "edit", "R-0001", "--as", ADMIN, "--does", "", "--owner", "", "--json").json
    assert (freed["chooses"], freed["does"]) == ({}, "")


def test_a_round_says_that_it_calls_all_and_whether_it_is_paused(crmw: Crmw) -> None:
    enter_two(crmw)
    assert "all customers · active" in crmw(*WEEKLY).out
    assert "all customers · paused" in crmw("schedule", "pause", "R-0001", "--as", ADMIN).out
    assert "all customers" in crmw("schedule", "list").out
