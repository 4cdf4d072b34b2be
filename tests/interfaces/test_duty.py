"""A role on duty: carried out by one process of all, given up when told to, lost or unable to say that it is alive."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Duty
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.running import duties
from crm_workflows.interfaces.up import duty
from crm_workflows.interfaces.up.duty import OnDuty
from crm_workflows.interfaces.up.roles import Supervisor
from crm_workflows.testing import MemoryStore

PATIENCE = 20.0
BEAT = duties.BEAT_SECONDS / 40


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proportions of the product, forty times as fast."""
    monkeypatch.setattr(duty, "BEAT_SECONDS", BEAT)
    monkeypatch.setattr(duties, "STEP_DOWN_SECONDS", duties.STEP_DOWN_SECONDS / 40)
    monkeypatch.setattr(duties, "SILENT_SECONDS", duties.SILENT_SECONDS / 40)


class Polling:
    """A role that says when it works, and when it has stopped."""

    name = "polling"

    def __init__(self) -> None:
        self.works, self.ended = threading.Event(), threading.Event()

    def run(self, stop: threading.Event) -> None:
        self.works.set()
        stop.wait(PATIENCE)
        self.ended.set()


@contextmanager
def on_duty(store: MemoryStore, role: Polling) -> Iterator[Supervisor]:
    """The role under a supervisor, as in a process of its own."""
    supervisor = Supervisor()
    supervisor.start([OnDuty(store, role)])
    yield supervisor
    assert supervisor.stop(PATIENCE) == []


def test_the_second_waits_and_takes_over_when_the_first_stops() -> None:
    store, first, second = MemoryStore(), Polling(), Polling()
    with on_duty(store, first) as running:
        assert first.works.wait(PATIENCE)
        with on_duty(store, second):
            assert not second.works.wait(10 * BEAT), "two carry the role out at once"
            assert running.stop(PATIENCE) == []
            assert second.works.wait(PATIENCE)


def test_whoever_has_lost_the_duty_stops_and_waits_for_it_again() -> None:
    store, role = MemoryStore(), Polling()
    with on_duty(store, role):
        assert role.works.wait(PATIENCE)
        with store.write() as tx:  # as another process does once it finds this one silent
            tx.update(Duty, ("polling",), holder="another", beat=1_000)
        assert role.ended.wait(PATIENCE)
        role.works.clear()
        assert role.works.wait(PATIENCE), "the other one is silent; this one takes the duty back"


class Away(MemoryStore):
    """A store that takes no write while it is away."""

    is_away = False

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        if self.is_away:
            raise StoreBusy("away / away")
        with super().write() as tx:
            yield tx


def test_whoever_cannot_say_that_it_is_alive_stops_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    store, role = Away(), Polling()
    with on_duty(store, role):
        assert role.works.wait(PATIENCE)
        store.is_away = True
        assert role.ended.wait(PATIENCE)
        assert "off duty: no sign of life can be given" in caplog.messages
        role.works.clear()
        store.is_away = False
        assert role.works.wait(PATIENCE), "the database is back"


def test_a_role_that_fails_leaves_its_duty_to_others_at_once() -> None:
    store = MemoryStore()

    class Failing(Polling):
        def run(self, stop: threading.Event) -> None:
            raise OSError("no way to the mailbox from here")

    with pytest.raises(OSError, match="no way"):
        OnDuty(store, Failing()).run(threading.Event())
    with store.read() as reader:
        held = reader.get(Duty, "polling")
    assert held is not None
    assert held.holder == duties.NOBODY
