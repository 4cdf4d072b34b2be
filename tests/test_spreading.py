"""Whatever becomes of workers, each test of a parallel run is run once and none is waited for."""

from types import SimpleNamespace
from typing import Any, Final

import pytest

from tests.spreading import TOGETHER, ByFile

TESTS: Final = [
    *(f"tests/engine/test_a.py::test_{n}" for n in range(5)),
    *(f"tests/flows/test_b.py::test_{n}" for n in range(4)),
    *(f"{start}x.py::test_it" for start in TOGETHER),
    "tests/flows/test_c.py::test_alone",
]


class Worker:
    """Does as a worker of pytest-xdist: begins a test only when it knows the next, or that none comes."""

    def __init__(self) -> None:
        self.gateway = SimpleNamespace(id="a worker")
        self.queue: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.queue += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def can_begin(self) -> bool:
        return len(self.queue) >= (1 if self.shutting_down else 2)


class Run:
    """A parallel run in which a worker dies at each of the named tests."""

    def __init__(self, workers: int, deadly: set[str]) -> None:
        config: Any = SimpleNamespace(
            getvalue=lambda name: [f"{workers}*popen"], option=SimpleNamespace(loadscopereorder=False)
        )
        self.scheduler = ByFile(config, SimpleNamespace(loadscopesched=lambda *said: None))
        self.deadly, self.begun = deadly, list[str]()
        self.workers = [self._joins() for _ in range(workers)]
        self._collects(*self.workers)

    def _joins(self) -> Worker:
        worker = Worker()
        self.scheduler.add_node(worker)
        return worker

    def _collects(self, *workers: Worker) -> None:
        for worker in workers:
            self.scheduler.add_node_collection(worker, TESTS)
        self.scheduler.schedule()

    def to_its_end(self) -> list[str]:
        """The tests in the order in which they were begun, until nobody begins any."""
        while able := [worker for worker in self.workers if worker.can_begin]:
            for worker in able:
                self._one_test(worker)
        return self.begun

    def _one_test(self, worker: Worker) -> None:
        n = worker.queue.pop(0)
        self.begun.append(TESTS[n])
        if TESTS[n] not in self.deadly:
            self.scheduler.mark_test_complete(worker, n)
            return
        self.workers.remove(worker)
        assert self.scheduler.remove_node(worker) == TESTS[n]
        self.workers.append(self._joins())
        self._collects(self.workers[-1])


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("deadly", [set(), *({test} for test in TESTS), set(TESTS[3:6]), set(TESTS)])
def test_every_test_is_begun_once_whoever_dies(workers: int, deadly: set[str]) -> None:
    run = Run(workers, deadly)
    assert sorted(run.to_its_end()) == sorted(TESTS)
    assert run.scheduler.tests_finished
    assert all(worker.shutting_down for worker in run.workers)


def test_a_worker_that_still_collects_is_given_nothing() -> None:
    run = Run(2, set())
    late = run._joins()
    assert run.scheduler.remove_node(run.workers[0]) == TESTS[run.workers[0].queue[0]]
    assert late.queue == []
