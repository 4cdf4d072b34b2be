"""The mail reader on mails that other projects published; they stay outside the project and may be absent."""

from collections.abc import Callable

import pytest

from benchmarks.mail_corpus import CORPUS, Result, main, measure


@pytest.fixture(scope="module")
def results() -> list[Result]:
    if not (CORPUS / "manifest.csv").exists():
        pytest.skip("the published mails are not beside this checkout (../shared/mail-corpus)")
    return list(measure())


def share_right(results: list[Result], of: Callable[[Result], bool | None]) -> float:
    stated = [of(result) for result in results if of(result) is not None]
    assert len(stated) > 50, "the manifest must state something to compare with"
    return sum(map(bool, stated)) / len(stated)


def test_every_file_is_read(results: list[Result]) -> None:
    assert len(results) >= 300


def test_no_published_mail_is_taken_for_an_answer(results: list[Result]) -> None:
    assert [(result.file, result.decision) for result in results if result.decision] == []


def test_first_lines(results: list[Result]) -> None:
    assert share_right(results, lambda result: result.first_line_right) >= 0.97


def test_exact_texts(results: list[Result]) -> None:
    assert share_right(results, lambda result: result.exact_right) >= 0.80


def test_automatic_mail(results: list[Result]) -> None:
    assert share_right(results, lambda result: result.automatic_right) >= 0.99


def test_no_file_takes_long(results: list[Result]) -> None:
    assert max(result.seconds for result in results) < 2


def test_the_table_is_printed(results: list[Result], capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    printed = capsys.readouterr().out
    assert "false answers" in printed
    assert {"source", "language", "zh", "en", "all"} <= {line.split()[0] for line in printed.splitlines() if line}
