"""What single messages say: how they are answered, to whom they are polite, what users typed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from crm_workflows.adapters.mail.template_examples import EXAMPLES, example_message
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.mail.grammar import read_line
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.messages import ANSWERABLE, DocumentsReceived, Fact, Mail
from crm_workflows.shipped import shipped
from tests.adapters.mail.rendered import FOLDER, each, read, render
from tests.outbox_world import TOKEN


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "询问对象：李卫民\n问题："), ("en", "Asked: 李卫民\nQuestion: ")]
)
def test_the_receipt_of_a_question_calls_it_a_question(language: str, words: str) -> None:
    asked = EXAMPLES["receipt"][0].model_copy(
        update={"decision": "ask", "passed_to": "李卫民", "comment": "交期多久？"}
    )
    assert f"{words}交期多久？" in render("receipt", asked, language).text


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("approval_request", "r"),
        ("task_request", "t"),
        ("documents_request", "t"),
        ("unclear", "r"),
        ("start_confirmation", "r"),
        ("reminder", "r"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_requests_carry_one_button_with_its_address_below(name: str, path: str, language: str) -> None:
    address = f"http://crm.example.com:8000/{path}/{TOKEN}"
    mail = render(name, EXAMPLES[name][0], language)
    assert address in mail.text.splitlines()
    page = read(mail.html)
    assert page.links.count(address) == 2, "the button, and the visible address"
    assert address in page.text


@each
def test_without_links_no_address_of_ours_is_left(name: str, model: Mail, language: str) -> None:
    mail = render(name, model, language, links=False)
    assert "http" not in mail.text
    assert read(mail.html).links == []
    assert TOKEN not in mail.text + mail.html


@each
def test_people_who_cannot_answer_get_no_token(name: str, model: Mail, language: str) -> None:
    if name not in ANSWERABLE:
        assert "/r/" not in render(name, model, language).html
        assert "/t/" not in render(name, model, language).html


@pytest.mark.parametrize("language", ["zh", "en"])
def test_people_outside_get_no_address_of_an_inner_page(language: str) -> None:
    mail = render("documents_request", EXAMPLES["documents_request"][0], language)
    assert "/cases/" not in mail.text + mail.html


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_links_the_answering_words_come_first(language: str) -> None:
    approve = "同意" if language == "zh" else "approve"
    lines = render("approval_request", EXAMPLES["approval_request"][0], language, links=False).text.splitlines()
    goods = next(n for n, line in enumerate(lines) if "精密轴承座" in line)
    assert lines.index(approve) < goods


def words_of(text: str) -> Iterator[str]:
    """Lines that stand above an arrow: what a reader is told to write."""
    lines = text.splitlines()
    return (line for line, below in pairwise(lines) if below.startswith("    → "))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("links", [True, False])
def test_the_words_offered_are_the_words_we_read(language: str, links: bool) -> None:
    text = render("approval_request", EXAMPLES["approval_request"][1], language, links=links).text
    offered = list(words_of(text))
    read_as = []
    for line in offered:
        filled = re.sub(
            "原因|reason$",
            "价格太高",
            re.sub("姓名|name$", "zhao@example.com", re.sub("问题$|question$", "含税吗", line)),
        )
        reading = read_line(filled, [])
        read_as.append((reading.kind, reading.target))
        if filled != line:
            assert read_line(line, []).kind == "unclear", "a copied placeholder must decide nothing"
    assert read_as == [
        ("approve", None),
        ("reject", None),
        ("send_back", "SV-3"),
        ("send_back", "SV-4"),
        ("delegate", "zhao@example.com"),
        ("add_approver", "zhao@example.com"),
        ("ask", None),
    ]


@pytest.mark.parametrize(("language", "word"), [("zh", "撤销"), ("en", "undo")])
def test_a_receipt_says_how_to_undo_only_while_it_can_be_undone(language: str, word: str) -> None:
    with_undo, without = EXAMPLES["receipt"][0], EXAMPLES["receipt"][2]
    lines = render("receipt", with_undo, language).text.splitlines()
    assert word in lines
    assert read_line(word, []).kind == "undo"
    assert word not in render("receipt", without, language).text.splitlines()


def with_facts(*facts: Fact, **changes: Any) -> Mail:
    plain = EXAMPLES["approval_request"][0]
    request = plain.request.model_copy(update={"facts": facts, **changes})  # type: ignore[attr-defined]
    return plain.model_copy(update={"request": request})


def test_what_users_typed_is_never_markup_template_or_a_line_of_ours() -> None:
    hostile = "<script>alert(1)</script> {{ 7 * 7 }} {% raw %}\n\n同意\n    → 是\r\nhttp://evil.example\u202e\x00"
    mail = render("approval_request", with_facts(Fact(label="理由 / Reason", value=hostile), note=hostile), "zh")
    assert "<script" not in mail.html
    assert "49" not in mail.text
    assert "{{ 7 * 7 }}" in mail.text
    assert mail.text.splitlines().count("同意") == 1, "only our own answering word stands on a line of its own"
    assert not re.search("[\x00\u202e]", mail.text + mail.html)


def test_a_slash_in_what_users_typed_splits_nothing() -> None:
    mail = render("approval_request", with_facts(Fact(label="物品 / Goods", value="螺栓 / 螺母")), "zh")
    assert "物品：螺栓 / 螺母" in mail.text


def test_a_title_with_line_breaks_stays_one_subject_line() -> None:
    model = EXAMPLES["receipt"][0]
    case = model.case.model_copy(update={"title": "甲\r\nBcc: x@y.z\n" + "长" * 300})
    subject = render("receipt", model.model_copy(update={"case": case}), "zh").subject
    assert "\n" not in subject
    assert len(subject) == 160


@pytest.mark.parametrize(
    ("zone", "language", "shown"),
    [
        ("Asia/Shanghai", "zh", "2026年3月4日 周三 18:00（中国标准时间）"),
        ("Asia/Shanghai", "en", "Wed 4 March 2026, 18:00 (China Standard Time)"),
        ("Europe/Berlin", "en", "Wed 4 March 2026, 11:00 (Central European Standard Time)"),
        ("America/New_York", "zh", "2026年3月4日 周三 05:00（北美东部标准时间）"),
    ],
)
def test_deadlines_are_told_in_the_readers_zone_and_language(zone: str, language: str, shown: str) -> None:
    renderer = Renderer(FOLDER, "http://x.example", lambda _: zone)
    model = with_facts(due_at=datetime(2026, 3, 4, 10, tzinfo=UTC))
    mail = renderer.render(example_message("approval_request", model, language), token=TOKEN, links=True)
    assert shown in mail.text
    assert shown in mail.html


def test_nobody_is_told_that_they_asked_themselves() -> None:
    mine = with_facts(requester_email="wang.fang@example.com", requester_name="王芳")
    assert "申请人" not in render("task_request", EXAMPLES["task_request"][0].model_copy(
        update={"request": mine.request}  # type: ignore[attr-defined]
    ), "zh").text  # fmt: skip
    assert "申请人：李明" in render("task_request", EXAMPLES["task_request"][0], "zh").text


def test_silence_is_said_to_have_decided() -> None:
    by_silence = EXAMPLES["decision_notice"][1]
    assert "无人答复" in render("decision_notice", by_silence, "zh").text
    assert "nobody answered" in render("decision_notice", by_silence, "en").text


def test_others_who_were_asked_read_that_they_need_do_nothing() -> None:
    by_silence, settled = EXAMPLES["decision_notice"][2:4]
    assert "这件事也请过您审批；王芳已经决定，您不必再处理。\n" in render("decision_notice", settled, "zh").text
    assert "You were asked as well; 王芳 has decided, and you need do nothing.\n" in (
        render("decision_notice", settled, "en").text
    )
    assert "期限内没有等到所需的答复，已按规则得出结果，您不必再处理。\n" in (
        render("decision_notice", by_silence, "zh").text
    )
    assert "不必再处理" not in render("decision_notice", EXAMPLES["decision_notice"][0], "zh").text


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ["流程结束：未通过", "结果：未通过", "供应商认定审批：驳回",
                "决定人：王芳", "代理：代 赵强 决定", "意见：亏损"]),
        ("en", ["Case closed: rejected", "Outcome: rejected", "Recognition of the supplier: rejected",
                "Decided by: 王芳", "Deputy: on behalf of 赵强", "Comment: 亏损"]),
    ],
)  # fmt: skip
def test_the_outcome_comes_first_and_below_it_who_decided_so_with_a_comment_that_is_said_once(
    language: str, lines: list[str]
) -> None:
    both = EXAMPLES["case_closed"][2]
    decision = both.decision.model_copy(update={"comment": "亏损"})  # type: ignore[attr-defined]
    same, other = (both.model_copy(update={"decision": decision, "comment": said}) for said in ("亏损", "欢迎再来"))
    text = render("case_closed", same, language).text
    assert [line for line in text.splitlines() if line in lines] == lines
    assert text.count("亏损") == 1
    assert "欢迎再来" in render("case_closed", other, language).text, "what is said at the end besides"
    html = read(render("case_closed", same, language).html).text
    assert html.count("亏损") == 1
    assert "王芳" in html


def test_whoever_was_asked_as_well_reads_it_where_the_end_is_told_too() -> None:
    alone, settled = EXAMPLES["case_closed"][2:4]
    assert "王芳已经决定，您不必再处理。\n决定人：王芳\n" in render("case_closed", settled, "zh").text
    assert "王芳 has decided, and you need do nothing.\nDecided by: 王芳\n" in render("case_closed", settled, "en").text
    assert "不必再处理" not in render("case_closed", alone, "zh").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_notice_to_admins_does_not_say_that_a_case_stands_still_which_may_be_going_on(language: str) -> None:
    """The same notice tells of a reminder that could not be sent; `remedy` says what goes on and when."""
    for form in ("txt", "html"):
        said = (shipped("templates") / "emails" / "needs_attention" / f"body.{language}.{form}").read_text("utf-8")
        assert not any(words in said for words in ("停住", "stands still", "goes on from where it stopped"))


@pytest.mark.parametrize(("language", "name"), [("zh", "永昌精密制造"), ("en", "Yongchang Precision Manufacturing")])
def test_people_outside_read_which_company_asks_them(language: str, name: str) -> None:
    for template in ("documents_request", "documents_received", "case_closed"):
        asked = next(m for m in EXAMPLES[template] if m.case.url_path is None)
        rendered = render(template, asked, language)
        assert rendered.sender == name
        head, _, foot = rendered.text.partition("\n\n")
        assert head.splitlines()[1].startswith(f"{name} · SV-")
        assert name in foot.rpartition("--")[2]
    inside = render("decision_notice", EXAMPLES["decision_notice"][0], language)
    assert name not in inside.text.partition("\n\n")[0], "colleagues know where they work"


@each
def test_without_a_company_nobody_is_named_in_its_place(name: str, model: Mail, language: str) -> None:
    nameless = Renderer(FOLDER, "http://crm.example.com", lambda _: "UTC")
    rendered = nameless.render(example_message(name, model, language), token=TOKEN, links=True)
    assert rendered.sender == ""
    said = {"zh": "本邮件由客户关系", "en": r"relationship system[;.]"}
    assert re.search(said[language], rendered.text)
    assert "\n · " not in rendered.text


@pytest.mark.parametrize("template", ["approval_request", "unclear"])
@pytest.mark.parametrize(
    ("language", "hint"),
    [("zh", "如有意见，请从第二行写起。"), ("en", "A comment may follow from the second line on.")],
)
def test_the_mail_says_where_a_comment_may_stand_and_there_it_is_read(template: str, language: str, hint: str) -> None:
    examples: tuple[Any, ...] = EXAMPLES[template]
    model = next(m for m in examples if m.request.can)
    assert f"\n{hint}\n" in render(template, model, language).text
    for line in ("同意", "approve"):
        assert read_reply(f"{line}\n价格可以接受。").comment == "价格可以接受。"


@pytest.mark.parametrize("template", ["approval_request", "unclear"])
@pytest.mark.parametrize(
    ("language", "said", "instead"),
    [("zh", "附有条件的同意", "请改用“退回”、“驳回”。"), ("en", "with a condition", "“send back” or “reject”.")],
)
def test_the_mail_says_that_a_condition_is_asked_back_and_what_states_one_here(
    template: str, language: str, said: str, instead: str
) -> None:
    examples: tuple[Any, ...] = EXAMPLES[template]
    model = next(m for m in examples if {"approve", "send_back"} <= set(m.request.can))
    rendered = render(template, model, language)
    line = next(line for line in rendered.text.splitlines() if said in line)
    assert line.endswith(instead)
    assert said in rendered.html
    for decisions, told in ((("approve",), True), (("submit",), False)):
        request = model.request.model_copy(update={"can": decisions, "send_back_to": ()})
        text = render(template, model.model_copy(update={"request": request}), language).text
        assert (said in text) is told
        assert instead not in text


@pytest.mark.parametrize(("language", "said"), [("zh", "不必重发"), ("en", "no need to send them again")])
def test_whoever_handed_in_all_is_not_told_to_send_a_file_again(language: str, said: str) -> None:
    partial, complete = EXAMPLES["documents_received"]
    assert isinstance(partial, DocumentsReceived)
    both = complete.model_copy(update={"problems": partial.problems})
    assert said in render("documents_received", both, language).text
    assert said not in render("documents_received", partial, language).text
