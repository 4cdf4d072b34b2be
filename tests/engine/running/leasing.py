"""Workers that are held up in the middle of a step, until a test lets them go on."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

import pytest

from crm_workflows.domain.records import AuditEntry, CaseRow, JournalEntry
from crm_workflows.engine.case import Case
from crm_workflows.engine.results import Outcome
from crm_workflows.engine.running import leases, worker
from tests.engine.toys import NOTE, Matter, row, step
from tests.office import Office

ran: Counter[str] = Counter()
PATIENCE = 20.0


@dataclass
class Barrier:
    """Where a test holds a worker up."""

    armed: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        if self.armed:
            self.armed = False
            self.reached.set()
            assert self.released.wait(PATIENCE)


@pytest.fixture(autouse=True)
def barrier() -> Iterator[Barrier]:
    """A new one for each test; toys find it in `here`."""
    ran.clear()
    here.clear()
    made = Barrier()
    here.append(made)
    yield made
    made.released.set()


here: list[Barrier] = []


@contextmanager
def held_up(office: Office, code: str, barrier: Barrier, run: worker.RunStretch | None = None) -> Iterator[None]:
    """Inside, another worker has the case and is held up; it goes on and ends when the block does."""
    done: list[object] = []

    def work() -> None:
        done.append(worker.run_one(office.engine, row(office, code), run))

    barrier.armed = True
    thread = threading.Thread(target=work)
    thread.start()
    assert barrier.reached.wait(PATIENCE)
    try:
        yield
    finally:
        barrier.released.set()
        thread.join(PATIENCE)
    assert len(done) == 1, "the held-up worker did not end in good order"


def run_out(office: Office) -> None:
    """Let the time of a lease pass, whose worker renews nothing."""
    office.clock.move_to(office.clock.after_real(leases.LEASE_SECONDS))


@pytest.fixture
def unrenewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are as good as dead: nobody renews their leases."""
    monkeypatch.setattr(leases, "keep_lease", lambda engine, row: nullcontext())


@step("T-1")
def before() -> int:
    ran["before"] += 1
    return 1


@step("T-2", outside=True)
def ring(*, idempotency_key: str) -> str:
    ran[idempotency_key] += 1
    here[0]()
    return idempotency_key


@step("T-2")
def after() -> int:
    ran["after"] += 1
    return 2


def rings(case: Case[Matter]) -> Outcome:
    """A call to the outside between two steps, then a form."""
    before()
    ring()
    after()
    case.task(NOTE)
    return case.approve()


def everything_of(office: Office, code: str) -> tuple[object, ...]:
    with office.engine.store.read() as reader:
        case = reader.get(CaseRow, code)
        return case, reader.find(JournalEntry, case=code), reader.find(AuditEntry, case=code), office.mails()
