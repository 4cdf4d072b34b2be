"""The mail reader on mails that other projects published; they stay outside the project and may be absent."""

import re
from collections.abc import Callable
from typing import Final

import pytest

from benchmarks.mail_corpus import CORPUS, Result, main, measure
from crm_workflows.domain.records import InboundMail
from crm_workflows.engine.mail_in import intake
from crm_workflows.testing import MemoryStore
from tests.engine.toy_bodies import gated
from tests.engine.toys import HEAD, office_of, start, toy

THEIRS: Final = re.compile(rb"^(?:from|to|message-id):.*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE)
"""Headers that are ours in the place of those of the mail."""


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


def test_intake_takes_every_file_in_as_an_answer_with_its_secret_and_decides_by_none(results: list[Result]) -> None:
    office = office_of(MemoryStore(), toy(gated))
    code = start(office)
    asking = office.asking(code)
    to = f"approvals+{office.token(asking)}@yongchang.example"
    for n, result in enumerate(results):
        intake.take_in(office.engine, as_an_answer(result.file, to, f"<{n}@corpus.example>"), "test", asking.recipient)
    office.work()
    with office.engine.store.read() as reader:
        taken = reader.find(InboundMail)
    assert len(taken) == len(results), "each is kept"
    assert {mail.status for mail in taken} <= {"unclear", "automatic", "refused"}
    assert office.view(code)["decisions"] == []


def as_an_answer(file: str, to: str, message_id: str) -> bytes:
    """The mail as it was published, but from whoever is asked and to the address with the secret."""
    raw = (CORPUS / file).read_bytes()
    ours = f"From: {HEAD}\r\nTo: {to}\r\nMessage-ID: {message_id}\r\n".encode()
    if not file.endswith(".eml"):
        kind = "html" if file.endswith(".html") else "plain"
        return ours + f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n".encode() + raw
    head, gap, body = raw.partition(b"\n\r\n" if b"\n\r\n" in raw else b"\n\n")
    return ours + THEIRS.sub(b"", head + b"\n") + gap[1:] + body
