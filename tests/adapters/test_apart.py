"""Reading where it can be killed: what takes too long, too much memory or dies is given up, and the next is read."""

import os
import threading
import time
from collections.abc import Iterator

import pytest

from crm_workflows.adapters.apart import SMALL, InAChild
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.mail.incoming import UnreadableMail
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.domain.mail.reply import read_reply
from tests.adapters import apart_work
from tests.domain.mail.mails import plain
from tests.domain.mail.test_limits import HEAVY, REFUSED

LONG = "x" * (SMALL + 1)
A_MAIL = plain("同意\n\n" + "> …\n" * 30_000)


@pytest.fixture
def apart() -> Iterator[InAChild]:
    """A second and 256 MB are enough for what is tried here."""
    made = InAChild(seconds=1.0, megabytes=256)
    yield made
    made.close()


@pytest.mark.parametrize("hostile", [apart_work.for_ever, apart_work.greedy, apart_work.dies])
def test_what_hangs_swells_or_dies_is_given_up_and_the_next_mail_is_read(apart: InAChild, hostile: object) -> None:
    began = time.perf_counter()
    with pytest.raises(UnreadableMail, match="too long or too much memory"):
        apart(hostile, LONG)  # type: ignore[arg-type]
    assert time.perf_counter() - began < 10
    assert apart(read_message, A_MAIL, None).text.startswith("同意")


def test_small_texts_are_read_here_and_all_else_in_one_child(apart: InAChild) -> None:
    assert apart(read_message, plain("同意"), None).text == "同意"
    assert apart._child is None
    assert apart(apart_work.whose_process, "what unpacks is not small at any size") != os.getpid()
    assert len({os.getpid(), apart(apart_work.whose_process, LONG), apart(apart_work.whose_process, LONG)}) == 2


def test_it_comes_to_the_same_there_and_here(apart: InAChild) -> None:
    assert apart(read_message, A_MAIL, "li@example.com") == read_message(A_MAIL, "li@example.com")
    text = "驳回 太贵\n" + "> …\n" * 30_000
    assert apart(read_reply, text, ["Li Lei"]) == read_reply(text, ["Li Lei"])
    with pytest.raises(UnreadableMail, match="more than 200 parts"):
        apart(read_message, REFUSED["200 000 parts"], None)
    with pytest.raises(InvalidInput) as refused:
        apart(apart_work.refuses, LONG)
    assert refused.value.message == "so nicht / not so"


def test_the_child_gets_no_secrets_and_ends_with_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMW_SECRET_KEY", "s3cret")
    owner = InAChild()
    assert "s3cret" not in apart_environment(owner)
    child = owner._child
    assert child is not None
    del owner
    assert child.wait(5) != 0


def apart_environment(owner: InAChild) -> str:
    return " ".join(owner(apart_work.environment, LONG).values())


def test_readers_wait_for_each_other(apart: InAChild) -> None:
    read: list[str] = []
    threads = [threading.Thread(target=lambda: read.append(apart(read_message, A_MAIL, None).text)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(read) == 4
    assert len(set(read)) == 1


@pytest.mark.parametrize("heavy", HEAVY)
def test_whatever_is_small_enough_to_be_read_here_takes_no_time(heavy: str) -> None:
    raw = HEAVY[heavy][:SMALL]
    began = time.perf_counter()
    read_reply(read_message(raw).text)
    assert time.perf_counter() - began < 2, "about 0.05 s is usual"
