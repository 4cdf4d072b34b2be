"""The words of the engine's mails: in the reader's language, with names as that reader knows them, to the point."""

import re
from dataclasses import replace

import pytest

from crm_workflows.domain.approvers import manager, role
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate, Stage
from crm_workflows.domain.errors import AuthorMistake, Refused
from crm_workflows.domain.people import Deputy, Directory
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import SEPARATOR, bilingual, in_language
from crm_workflows.engine.case import Case
from crm_workflows.engine.mail_out.notices import follows
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import attention
from crm_workflows.testing import MemoryStore
from tests.engine.mail_out.said import contexts, in_english, office
from tests.engine.toys import ADMIN, BOSS, GATE, HEAD, NOTE, OWNER, STRANGER, Matter, office_of, start, toy
from tests.office import Office

__all__ = ["office"]
QIAN, HE = "qian.zhiyuan@yongchang.example", "he.jing@yongchang.example"


@pytest.mark.parametrize(("language", "said"), [("zh", "没有可以询问的人"), ("en", "nobody to ask")])
def test_a_needs_attention_mail_gives_the_details_in_the_reader_s_language_only(
    office: Office, language: str, said: str
) -> None:
    if language == "en":
        in_english(office, ADMIN)
    people = [replace(p, active=p.email != HEAD) for p in office.staff.people.people]
    office.staff.people = Directory(people, office.staff.people.roles)
    start(office)
    (told,) = contexts(office, "needs_attention", ADMIN)
    assert said in told["detail"]
    assert SEPARATOR not in told["detail"]
    assert any("\u4e00" <= char <= "\u9fff" for char in told["detail"].split("：")[0]) is (language == "zh")


def test_what_has_only_one_language_is_shown_whole() -> None:
    label = bilingual("没有人", "nobody is there")
    assert [attention.said_in(Refused(label), language) for language in ("zh", "en")] == ["没有人", "nobody is there"]
    mistake = AuthorMistake("procedure toy has no element 审批 / Approval")
    assert attention.said_in(mistake, "zh") == str(mistake)
    assert attention.said_in(ValueError("坏了 / broken"), "zh") == "ValueError: 坏了 / broken"


def test_what_follows_names_people_as_each_reader_knows_them(office: Office) -> None:
    code = start(office)
    office.reply(office.asking(code), "同意")
    (receipt,) = contexts(office, "receipt")
    assert in_language(receipt["follows"], "zh").startswith("等待 李卫民（")
    assert in_language(receipt["follows"], "en").startswith("waiting for Li Weimin (")


def test_a_date_in_a_sentence_is_written_as_on_every_page(office: Office) -> None:
    code = start(office)
    with office.engine.store.read() as reader:
        row = reader.get(CaseRow, code)
        assert row is not None
        said = follows(office.engine, reader, row)
    assert "，截止 2026年3月" in in_language(said, "zh")
    assert re.search(r"until \w{3} \d+ Mar 2026, \d\d:\d\d\)", in_language(said, "en"))


def test_what_was_recorded_names_the_person_not_the_address(office: Office) -> None:
    done = office.answer(start(office), "approve")
    assert done.sentence == "已记录：同意（郑晓东） / recorded: approved (Zheng Xiaodong)"


def test_a_rejection_is_called_the_same_everywhere(office: Office) -> None:
    assert office.answer(start(office), "reject", comment="太贵").sentence.startswith("已记录：驳回（")


def why(office: Office, code: str) -> str:
    """What the mail that asks says of the reason; the page and the lists say the same."""
    reason: str = office.asking(code).context["request"]["why_you"]
    assert office.waiting(code)["why_you"] == reason
    return reason


def test_whoever_holds_the_role_is_asked_for_it(office: Office) -> None:
    assert why(office, start(office)) == "您担任市场主管（T-5） / you hold the role of Head of marketing (T-5)"


def test_a_manager_asked_in_place_of_the_requester_is_told_so_and_does_not_hold_the_role(office: Office) -> None:
    assert why(office, start(office, owner=HEAD)) == (
        "申请人正是市场主管郑晓东，由其上级您代为决定（T-5） / "
        "you are asked in place of Zheng Xiaodong (Head of marketing), who requested the case (T-5)"
    )


def test_a_deputy_is_told_who_holds_the_role(office: Office) -> None:
    standing_in(office, HEAD, STRANGER)
    assert why(office, start(office)) == (
        "郑晓东担任市场主管（T-5） / Zheng Xiaodong holds the role of Head of marketing (T-5)"
    )


def test_a_deputy_of_the_manager_asked_in_place_of_the_requester_is_told_of_both(office: Office) -> None:
    standing_in(office, BOSS, STRANGER)
    code = start(office, owner=HEAD)
    assert office.waiting(code)["assignee"]["deputy_for"] == BOSS
    assert why(office, code) == (
        "申请人正是市场主管郑晓东，由其上级代为决定（T-5） / "
        "their manager is asked in place of Zheng Xiaodong (Head of marketing), who requested the case (T-5)"
    )


STAGED = replace(GATE, then=(Stage("second", role("finance")),))


def staged(case: Case[Matter]) -> Outcome:
    """A gate of two stages."""
    case.approval(STAGED)
    return case.approve()


def test_the_next_approver_reads_in_whose_place_was_decided_before() -> None:
    office = office_of(MemoryStore(), toy(staged, STAGED))
    code = start(office, owner=HEAD)
    office.answer(code, "approve")
    (before_,) = office.asking(code).context["request"]["approved_before"]
    assert (before_["name"], before_["role"]) == ("Chen Guodong", "代行市场主管 / in place of Head of marketing")


def asked_two(office: Office) -> str:
    """A case that waits for either of two people of the finance department."""
    code = start(office)
    office.answer(code, "approve")
    return code


def test_each_of_several_people_asked_reads_who_else_is_in_mail_and_reminder() -> None:
    office = office_of(MemoryStore(), toy(staged, STAGED))
    asked_two(office)
    office.advance(working_days(1))
    for template in ("approval_request", "reminder"):
        (to_qian,), (to_he,) = (contexts(office, template, who) for who in (QIAN, HE))
        assert to_qian["request"]["asked_as_well"] == ["何静"]
        assert to_he["request"]["asked_as_well"] == ["Qian Zhiyuan"], "as that reader knows them"
    assert contexts(office, "approval_request", HEAD)[0]["request"]["asked_as_well"] == [], "asked alone"


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_the_others_hear_once_that_it_is_settled_and_whoever_decided_does_not(decision: str) -> None:
    office = office_of(MemoryStore(), toy(staged, STAGED))
    office.answer(asked_two(office), decision, by=QIAN, comment="见附件")
    (told,) = contexts(office, "decision_notice", HE)
    assert (told["asked_as_well"], told["decided_by"], told["decision"]) == (True, "Qian Zhiyuan", decision)
    assert [m.template for m in office.mails(to=HE) if m.request] == ["approval_request"], "what is answered late"
    assert contexts(office, "decision_notice", QIAN) == []
    assert contexts(office, "decision_notice", HEAD) == [], "whoever was asked alone decided themselves"
    assert {told["asked_as_well"] for told in contexts(office, "decision_notice", OWNER)} == {False}


def test_whose_deputy_has_decided_hears_it_too() -> None:
    office = office_of(MemoryStore(), toy(staged, STAGED))
    code = start(office)
    standing_in(office, HEAD, STRANGER)
    office.answer(code, "approve", by=STRANGER)
    (told,) = contexts(office, "decision_notice", HEAD)
    assert (told["asked_as_well"], told["decided_by"], told["on_behalf_of"]) == (True, "冯雪", "郑晓东")


SECOND = replace(NOTE, name="second", rule="T-6", other_than="note")


def looked_at_twice(case: Case[Matter]) -> Outcome:
    """A form that a second person checks, where one alone holds the role."""
    case.task(NOTE)
    case.task(SECOND)
    return case.approve()


def test_whoever_checks_as_second_person_is_told_whose_work_it_is() -> None:
    office = office_of(MemoryStore(), toy(looked_at_twice, NOTE, SECOND))
    code = start(office)
    office.submit(code)
    assert why(office, code) == (
        "资材部长李卫民填写了前一步，须由另一人核对，由其上级您办理（T-6） / "
        "you are asked in place of Li Weimin (Head of materials), who filled in what is checked here (T-6)"
    )


def standing_in(office: Office, holder: str, deputy: str) -> None:
    """From today on, what the holder is asked goes to the deputy."""
    away = Deputy(deputy, office.engine.today(office.clock.now()))
    people = [replace(p, deputies=(away,)) if p.email == holder else p for p in office.staff.people.people]
    office.staff.people = Directory(people, office.staff.people.roles)


LATE = Gate(
    "gate", "审批 / Approval", rule="T-5", approver=role("head_of_marketing"), due=working_days(1), escalate_to=manager
)


def overdue(case: Case[Matter]) -> Outcome:
    """A gate that is taken to the manager."""
    case.approval(LATE)
    return case.approve()


@pytest.mark.parametrize(("owner", "said"), [(OWNER, "并提醒您和您的上级"), (HEAD, "并提醒您")])
def test_a_manager_to_be_reminded_is_named_only_to_those_who_have_one(owner: str, said: str) -> None:
    office = office_of(MemoryStore(), toy(overdue, LATE))
    code = start(office, owner=owner)
    assert (office.waiting(code)["assignee"]["email"] == BOSS) is (owner == HEAD)
    silence = office.asking(code).context["request"]["on_silence"]
    assert in_language(silence, "zh") == f"继续等待您的答复，{said}"


def test_where_nothing_is_taken_to_the_manager_none_is_named(office: Office) -> None:
    silence = office.asking(start(office)).context["request"]["on_silence"]
    assert silence == "继续等待您的答复，并提醒您 / we keep waiting, and remind you"


def test_an_escalation_names_whoever_is_late_in_the_manager_s_language() -> None:
    office = office_of(MemoryStore(), toy(overdue, LATE))
    in_english(office, BOSS)
    start(office)
    office.advance(working_days(2))
    (told,) = contexts(office, "escalation", BOSS)
    assert (told["assignee_name"], told["request"]["requester_name"]) == ("Zheng Xiaodong", "Wang Fang")
