"""What of a file can be read as words, and what cannot is said to be so."""

import io
import zipfile

import pytest

from crm_workflows.domain import file_words
from crm_workflows.domain.file_words import words_in


def packed(**parts: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(f"{name}.xml", text)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "与陈洁谈过".encode(),
        "与陈洁谈过".encode("gb18030"),
        "与陈洁谈过".encode("utf-16"),
        "<p>与<b>陈</b>洁谈过</p>".encode(),
        packed(document="<w:p><w:r><w:t>与陈</w:t></w:r><w:r><w:t>洁谈过</w:t></w:r></w:p>"),
        packed(styles="<x/>", sharedStrings="<si><t>与&#38472;洁谈过</t></si>"),
    ],
)
def test_words_are_found_in_texts_pages_and_documents(content: bytes) -> None:
    assert "陈洁谈过" in (words_in(content) or "")


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 x", b"\xff\xd8\xff\xe0", b"PK\x03\x04 cut short", packed(), b"a\0b", b"\xd0\xcf\x11\xe0"]
)
def test_what_cannot_be_looked_into_is_not_taken_for_empty(content: bytes) -> None:
    assert words_in(content) is None


def test_what_unpacks_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_words, "MOST", 1000)
    assert words_in(packed(document="x" * 100_000)) is None
    assert words_in(packed(document="x" * 900)) == "x" * 900


def test_signs_that_open_and_never_close_are_looked_through_at_once() -> None:
    assert words_in(b"<" * 200_000 + b"<br " * 50_000)
