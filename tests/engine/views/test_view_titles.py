"""What a finished case lists as done, in the words of its reader."""

import re
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.domain.records import Assignee, Request
from crm_workflows.domain.text import in_language
from crm_workflows.engine.views.view_titles import Titles, relation_title
from crm_workflows.testing.memory_store import MemoryReader, MemoryStore
from tests.flows.complaints import asked, clocks, complain, finish, followed_up
from tests.office import Office

CHINESE = "[\u4e00-\u9fff]"


def test_every_step_of_a_finished_case_is_named_in_both_languages() -> None:
    office = Office(MemoryStore())
    code = office.until_code()
    office.submit(code, gate="payment_terms")
    done = office.view(code)
    assert done["status"] == "closed"
    titles = [step["title"] for step in done["steps"]]
    assert "新供应商基本资料 / A new supplier's basic data" in titles
    assert [title for title in titles if not re.search(CHINESE, in_language(title, "zh"))] == []


def test_a_case_of_many_mails_asks_no_more_of_the_database_than_one_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(MemoryStore())
    code = office.until_code()
    asked: list[type] = []
    get = MemoryReader.get

    def counted(reader: MemoryReader, record: type, *key: Any) -> Any:
        asked.append(record)
        return get(reader, record, *key)

    monkeypatch.setattr(MemoryReader, "get", counted)
    view = office.view(code)
    assert len(view["mails"]) > 20
    assert all(re.fullmatch(r"<[^*]+>", mail["message_id"]) for mail in view["mails"])
    assert len([record for record in asked if record in (Request, Assignee)]) < 5


def test_a_process_that_is_not_installed_shows_its_names() -> None:
    assert Titles().step("SV-11:tell_departments#2") == "tell departments / tell departments"


def test_what_was_done_is_told_in_both_languages_and_each_clock_says_in_which_round_it_ran() -> None:
    office = Office(MemoryStore())
    code = complain(office)
    finish(office, code)
    office.reply(asked(office, followed_up(office, code)), "1")
    office.work()
    view = finish(office, code)
    titles = {step["name"]: step["title"] for step in view["steps"]}
    assert titles["clock solution_clock"] == "开始计时：解决时限 / Time limit of the solution: begun"
    assert titles["stop solution_clock"] == "停止计时：解决时限 / Time limit of the solution: stopped"
    assert titles["book complaint-follow-up"] == "预约后续案件：投诉回访 / booked: Follow-up of a complaint"
    assert titles["first_answer"] == "关于您的投诉 / About your complaint"
    assert [title for title in titles.values() if not re.search("[\u4e00-\u9fff]", title)] == []
    assert [clock["round"] for clock in clocks(office, code)] == [1, 2]


def test_what_a_linked_case_is_to_this_one_is_said_in_words() -> None:
    flows = Path(__file__).resolve().parents[3] / "flows"
    named = {one for file in flows.rglob("*.py") for one in re.findall(r'relation="(\w+)"', file.read_text("utf-8"))}
    assert len(named) > 10
    assert [one for one in named if one.replace("_", " ") == in_language(relation_title(one), "zh")] == []
    assert relation_title("from_first_callback") == "本案由其发起：首次回访 / opened this one: first callback"
    assert relation_title("from_joined_to") == "已并入本案 / it was joined to this one"
    assert relation_title("own_word") == "own word / own word"
