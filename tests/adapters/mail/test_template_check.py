"""A mistake in a template is found before anything starts, with its file and line, and by nobody but its author."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.mail import template_check
from crm_workflows.adapters.mail.template_check import check_templates
from crm_workflows.adapters.mail.template_examples import EXAMPLES, example_message
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.errors import AuthorMistake, CrmError, OfNewerRelease
from crm_workflows.domain.messages import MESSAGES
from crm_workflows.shipped import shipped
from tests.outbox_world import revised

FOLDER = shipped("templates") / "emails"


def test_the_shipped_templates_have_no_findings() -> None:
    assert check_templates() == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the templates to spoil; receipts stand for all, as rendering every kind takes seconds."""
    monkeypatch.setattr(template_check, "EXAMPLES", {"receipt": EXAMPLES["receipt"]})
    return Path(shutil.copytree(FOLDER, tmp_path / "emails"))


def spoil(file: Path, line: int, text: str) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[: line - 1], text, *lines[line - 1 :]]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("receipt/body.zh.txt", "{{ nothing_of_this_name }}", "nothing_of_this_name"),
        ("receipt/body.en.html", "{% block content %}{% if %}{% endblock %}", "Expected an expression"),
        ("receipt/body.en.txt", "{{ on_behalf_of }}", "not there"),
        ("shared/parts.zh.txt", "{{ oops }}", "oops"),
        ("receipt/body.zh.txt", "{{ case.__class__ }}", "__class__"),
    ],
)
def test_a_mistake_in_a_template_is_found_with_file_and_line(folder: Path, file: str, text: str, says: str) -> None:
    spoil(folder / file, 2, text)
    findings = check_templates(folder)
    assert findings
    assert all(finding.startswith(f"templates/emails/{file}:2: ") for finding in findings)
    assert says in findings[0]


def test_missing_and_unknown_files_are_found(folder: Path) -> None:
    (folder / "receipt" / "body.en.html").unlink()
    (folder / "old_message").mkdir()
    findings = check_templates(folder)
    assert [finding.partition(": ")[0] for finding in findings] == [
        "templates/emails/receipt/body.en.html:1",
        "templates/emails/old_message:1",
    ]


@pytest.mark.parametrize(
    "text", ['<img src="http://x.example/a.png">', '<p style="background: url(http://x.example)">x</p>']
)
def test_a_page_that_loads_something_is_found(folder: Path, text: str) -> None:
    file = folder / "receipt" / "body.en.html"
    file.write_text(file.read_text().replace("{% block content %}", "{% block content %}" + text), encoding="utf-8")
    [finding] = check_templates(folder)
    assert finding.startswith("templates/emails/receipt/body.en.html:1: ")


def test_a_mail_that_cannot_be_rendered_says_which_file_and_what_to_do(folder: Path) -> None:
    spoil(folder / "receipt" / "body.zh.txt", 2, "{{ oops }}")
    broken = Renderer(folder, "http://x.example", lambda _: "Asia/Shanghai")
    with pytest.raises(AuthorMistake, match=r"receipt/body\.zh\.txt:2") as caught:
        broken.render(example_message("receipt", EXAMPLES["receipt"][0], "zh"), token=None, links=True)
    assert "crmw mail resend m-example" in caught.value.message


@pytest.mark.parametrize(
    ("differs", "error"), [({"context": {"case": 1}}, AuthorMistake), ({"template": "unheard_of"}, OfNewerRelease)]
)
def test_a_wrong_context_is_the_authors_mistake_and_an_unknown_mail_one_of_a_newer_release(
    differs: dict[str, Any], error: type[CrmError]
) -> None:
    row = revised(example_message("receipt", EXAMPLES["receipt"][0], "zh"), **differs)
    with pytest.raises(error, match="crmw mail resend"):
        Renderer(FOLDER, "http://x.example", lambda _: "UTC").render(row, token=None, links=True)


def test_the_hash_of_a_message_follows_its_wording(folder: Path) -> None:
    def hashes() -> dict[str, str]:
        renderer = Renderer(folder, "http://x.example", lambda _: "UTC")
        return {name: renderer.template_hash(name) for name in MESSAGES}

    before = hashes()
    spoil(folder / "receipt" / "body.zh.txt", 2, "x")
    assert {name for name, value in hashes().items() if value != before[name]} == {"receipt"}
    spoil(folder / "shared" / "words.txt", 2, "x")
    assert all(value != before[name] for name, value in hashes().items())
