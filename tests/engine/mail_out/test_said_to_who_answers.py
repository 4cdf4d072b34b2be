"""The mails by which an answer is answered: questions back, refusals, who was too late."""

from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import Request
from crm_workflows.domain.text import in_language
from crm_workflows.engine.decisions.answered import VERBS, why_closed
from crm_workflows.engine.running.opening import cancel
from crm_workflows.interfaces.web import words
from tests.engine.mail_out.said import contexts, in_english, office
from tests.engine.toys import HEAD, OWNER, STRANGER, start
from tests.office import Office

__all__ = ["office"]


def test_a_question_back_to_a_deputy_is_in_the_deputy_s_language(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    in_english(office, STRANGER)
    today = office.engine.today(office.clock.now())
    away = Deputy(STRANGER, today, today)
    people = [replace(p, deputies=(away,)) if p.email == HEAD else p for p in office.staff.people.people]
    office.staff.people = Directory(people, office.staff.people.roles)
    office.reply(mail, "嗯", sender=STRANGER)
    (question,) = contexts(office, "unclear")
    assert question["request"]["requester_name"] == "Wang Fang"
    office.reply(question_mail(office), "退回 T-9 旧", sender=STRANGER)
    assert [m.recipient for m in office.mails("refused")] == [STRANGER], "a deputy is no stranger to warn of"


def question_mail(office: Office) -> Any:
    """The question back."""
    (found,) = office.mails("unclear")
    return found


def test_a_question_back_quotes_the_line_that_was_written(office: Office) -> None:
    code = start(office)
    office.reply(office.asking(code), "退回 资料过旧\n\n> 同意")
    assert contexts(office, "unclear")[0]["read"] == "退回 资料过旧"


def test_whoever_answers_twice_is_told_that_they_did(office: Office) -> None:
    code = start(office)
    mail = office.asking(code)
    office.answer(code, "approve")
    office.reply(mail, "驳回 太贵")
    (told,) = contexts(office, "refused", HEAD)
    assert told["reason"] == (
        "您于 2026年3月2日 周一 09:00 答复的“同意”仍然有效，这次的答复已留存但不生效 / "
        "your answer of Mon 2 Mar 2026, 09:00 (approved) stands; this one is kept without effect"
    )


def test_an_answer_to_what_is_over_says_why_in_words(office: Office) -> None:
    code = start(office)
    office.answer(code, "approve")
    note = office.waiting(code, "note")["id"]
    cancel(office.engine, code, by=OWNER, reason="不再需要")
    with office.engine.store.read() as reader:
        request = reader.get(Request, note)
    assert request is not None
    assert why_closed(office.engine, request, [])[0].startswith(f"事项 {note} 已撤销，")


def test_a_refused_answer_can_be_put_right_by_answering_the_refusal(office: Office) -> None:
    code = start(office)
    office.reply(office.asking(code), "退回 T-9 资料过旧")
    (refusal,) = office.mails("refused")
    token = office.token(refusal)
    assert token in office.reply_bytes(refusal, "退回 T-1 资料过旧").decode()
    office.reply(refusal, "退回 T-1 资料过旧")
    assert office.view(code)["decisions"][0]["decision"] == "send_back"


@pytest.mark.parametrize("table", [VERBS, words.DECISIONS, words.DECIDED], ids=["engine", "choose", "decided"])
def test_rejecting_and_being_rejected_have_one_word_each(table: dict[str, str]) -> None:
    assert in_language(table["reject"], "zh").removeprefix("已") == "驳回"
    assert in_language(words.OUTCOMES["rejected"], "zh") == "未通过"
