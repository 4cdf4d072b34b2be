"""The supervisor of a process: roles that fail, end or hang, and a home that is held by one process."""

import threading
from pathlib import Path

import pytest

from crm_workflows.domain.errors import Refused, StoreBusy
from crm_workflows.interfaces.up import roles
from crm_workflows.interfaces.up.lock import is_held, only_one
from crm_workflows.interfaces.up.roles import Supervisor


class Stumbling:
    """Fails so often, then works until told to stop."""

    name = "stumbling"

    def __init__(self, times: int) -> None:
        self.left = times
        self.works = threading.Event()

    def run(self, stop: threading.Event) -> None:
        if self.left:
            self.left -= 1
            raise OSError("no luck")
        self.works.set()
        stop.wait()


def test_a_role_that_fails_is_started_again_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(roles, "FIRST_PAUSE", 0.001)
    role, supervisor = Stumbling(4), Supervisor()
    supervisor.start([role])
    assert role.works.wait(10)
    assert supervisor.stop(10) == []
    assert [r.message for r in caplog.records].count("a role failed and is started again") == 4


def test_a_database_that_is_back_finds_its_roles_within_seconds_however_long_it_was_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And what is no fault of ours fills the log with no traceback."""
    pauses: list[float] = []

    class Away(Stumbling):
        def run(self, stop: threading.Event) -> None:
            if len(pauses) == 10:
                self.works.set()
                stop.wait(20)
            raise StoreBusy("无法连接 / away")

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is not None and not isinstance(timeout, int):
                pauses.append(timeout)
                return self.is_set()
            return super().wait(timeout)

    role, supervisor = Away(0), Supervisor()
    supervisor._stop = Stop()
    supervisor.start([role])
    assert role.works.wait(10)
    assert supervisor.stop(10) == []
    assert max(pauses) <= roles.LONGEST_BUSY_PAUSE
    assert not any(record.exc_info for record in caplog.records)


def test_a_role_that_ends_by_itself_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "FIRST_PAUSE", 0.001)
    twice = threading.Barrier(2, timeout=10)

    class Ending:
        name = "ending"

        def run(self, stop: threading.Event) -> None:
            if not stop.is_set():
                twice.wait()

    supervisor = Supervisor()
    supervisor.start([Ending()])
    twice.wait()
    twice.wait()
    twice.abort()
    assert supervisor.stop(10) == []


def test_a_role_that_does_not_end_is_named_and_left_behind() -> None:
    released = threading.Event()

    class Stubborn:
        name = "stubborn"

        def run(self, stop: threading.Event) -> None:
            released.wait(20)

    supervisor = Supervisor()
    supervisor.start([Stubborn()])
    assert supervisor.stop(0.1) == ["stubborn"]
    released.set()


def test_roles_that_wait_for_work_are_woken_to_stop() -> None:
    bell = threading.Event()

    class Waiting:
        name = "waiting"

        def run(self, stop: threading.Event) -> None:
            bell.wait(20)

    supervisor = Supervisor(bell.set)
    supervisor.start([Waiting()])
    assert supervisor.stop(10) == []


def test_a_home_is_held_by_one_and_free_again_afterwards(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with only_one(tmp_path):
        assert is_held(tmp_path)
        with pytest.raises(Refused, match="crmw up runs on"), only_one(tmp_path):
            pass
    assert not is_held(tmp_path)
