"""Every message in both languages: complete, equal as text and as HTML, safe, answered in words that we can read."""

import re

import pytest

from crm_workflows.adapters.mail.template_examples import EXAMPLES, example_message
from crm_workflows.domain.messages import ANSWERABLE, MESSAGES, NAMES, TITLES, Mail, context_of
from tests.adapters.mail.rendered import FOLDER, each, read, render


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_message_has_its_folder_its_title_and_an_example() -> None:
    folders = {folder.name for folder in FOLDER.iterdir()} - {"shared"}
    assert folders == set(MESSAGES) == set(TITLES) == set(EXAMPLES)
    assert set(MESSAGES) >= ANSWERABLE


def test_what_a_mail_knows_says_which_mail_it_is() -> None:
    for name, models in EXAMPLES.items():
        assert {NAMES[type(model)] for model in models} == {name}


@each
def test_contexts_survive_the_outbox(name: str, model: Mail, language: str) -> None:
    assert context_of(name, example_message(name, model, language).context) == model


@each
@pytest.mark.parametrize("links", [True, False])
def test_text_and_html_say_the_same(name: str, model: Mail, language: str, links: bool) -> None:
    mail = render(name, model, language, links=links)
    shown = read(mail.html)
    page = squeezed("".join([*shown.text, *shown.links]))
    assert set(re.findall(r"https?://\S+", mail.text)) == set(shown.links)
    for line in mail.text.splitlines():
        said = re.sub(r"^(\s*→ |- |--$)", "", line)
        # A row is "name: value" in the text and two cells on the page.
        pieces = [said] if squeezed(said) in page else re.split(r"：|:(?: |$)", said, maxsplit=1)
        for piece in pieces:
            assert squeezed(piece) in page, f"only the text says {piece!r}"
    for number in re.findall(r"\d{3,}", page):
        assert number in squeezed(mail.text), f"only the page says {number}"


@each
def test_the_page_says_nothing_that_the_text_does_not(name: str, model: Mail, language: str) -> None:
    mail = render(name, model, language)
    text = squeezed(mail.text)
    for said in read(mail.html).text:
        assert squeezed(said) in text, f"only the page says {said!r}"


@each
def test_nothing_is_left_over_from_a_template_or_the_other_language(name: str, model: Mail, language: str) -> None:
    mail = render(name, model, language)
    for part in (mail.subject, mail.text, mail.html):
        assert not re.search(r"\{[{%#]|None|Undefined", part)
    assert not re.search(r"(?:。\.|\.\.|。。|：：|: :|，，)", mail.text)
    assert not re.search(r"\n\n\n", mail.text)
    if language == "zh":
        assert " / " not in mail.text


def test_the_subject_of_a_case_is_the_same_in_every_mail() -> None:
    subjects = {
        render(name, model, "zh").subject
        for name, models in EXAMPLES.items()
        for model in models
        if model.case.case  # others are about many cases, or none
    }
    assert subjects == {"[SV-2026-00001] 供应商认定：青岛海纳精密机械有限公司"}
    english = render("receipt", EXAMPLES["receipt"][0], "en").subject
    assert english == "[SV-2026-00001] Supplier vetting: 青岛海纳精密机械有限公司"


@each
def test_people_outside_are_told_what_happens_to_their_data_and_staff_are_not(
    name: str, model: Mail, language: str
) -> None:
    is_outside = bool(model.case.case) and model.case.url_path is None
    told = "个人信息：" if language == "zh" else "Your data: "
    assert (told in render(name, model, language).text) == is_outside


@each
def test_a_mail_about_no_single_case_has_no_word_in_its_place(name: str, model: Mail, language: str) -> None:
    mail = render(name, model, language)
    assert mail.subject.startswith("[SV-") == bool(model.case.case)
    assert not re.search(r"\[\]|^ · | ·  · |^· ", f"{mail.subject}\n{mail.text}", re.MULTILINE)


@each
def test_pages_are_light_local_and_made_for_every_screen(name: str, model: Mail, language: str) -> None:
    html = render(name, model, language).html
    page = read(html)
    assert len(html.encode()) < 100_000
    assert {"script", "link", "iframe", "object", "form"}.isdisjoint(tag for tag, _ in page.tags)
    pictures = [attrs for tag, attrs in page.tags if tag == "img"]
    assert all((attrs["src"] or "").startswith("cid:") and attrs["alt"] for attrs in pictures)
    assert page.tags[0] == ("html", {"lang": "zh-CN" if language == "zh" else "en"})
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport"' in html
    assert all(attrs.get("role") == "presentation" for tag, attrs in page.tags if tag == "table")
    assert all(link.startswith("http://crm.example.com:8000/") for link in page.links)
