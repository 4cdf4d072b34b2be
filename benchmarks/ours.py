"""The product at work on one database: the real engine, store, staff and clock. It must not measure."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from benchmarks.approval import APPROVER, PROCESS, application, purchase_approval
from crm_workflows.adapters.clock import SystemClock
from crm_workflows.adapters.configuration.staff import KINDS, StoredStaff, put_in_force, version_in_force
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.adapters.keys import ServerKey
from crm_workflows.engine.context import CommitListener, Engine, NoListener, at_once
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer, Answered
from crm_workflows.engine.running import opening, worker
from crm_workflows.shipped import shipped

GROUP: Final = worker.GROUP
APPROVE: Final = Answer("approve", APPROVER, "link")


class Ours:
    """An engine with the one process of `approval`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._clients = ThreadPoolExecutor(GROUP)

    def open(self) -> str:
        """Open one case; returns its code."""
        return opening.start(self.engine, PROCESS, application(), requester=None, origin="cli").code

    def until_decision(self) -> str:
        """A case that waits at its gate; returns its code."""
        return self.open()

    def decide(self, code: str) -> Answered:
        """Approve; the stretch that this releases ends the case, in the same commit."""
        return answers.answer(self.engine, f"{code}-R1", APPROVE)

    def singly(self) -> int:
        """One case from beginning to end."""
        self.decide(self.until_decision())
        return 1

    def grouped(self) -> int:
        """Twenty cases from beginning to end, by as many clients at once: whose work meets shares a commit."""
        list(self._clients.map(lambda _n: self.singly(), range(GROUP)))
        return GROUP

    def ready(self) -> None:
        """A group of new cases for a worker; only where they do not begin at once."""
        for _ in range(GROUP):
            self.open()

    def begin_together(self) -> None:
        """Their first stretches, to the mails that ask, as a worker's group: in one commit."""
        if worker.run_ready(self.engine) != GROUP:
            raise SystemExit("not every ready case was taken into the group")

    def begin_singly(self) -> None:
        """The same one after the other, each under a lease."""
        for row in worker.ready_codes(self.engine):
            worker.run_one(self.engine, row)

    def close(self) -> None:
        """Let the clients go."""
        self._clients.shutdown()

    def pass_over(self) -> None:
        """One pass of a worker: sweeps what time brought and runs what is ready."""
        worker.one_pass(self.engine)


@contextmanager
def at_work(
    url: str, listener: CommitListener | None = None, begins_at_once: Callable[[], bool] = at_once
) -> Iterator[Ours]:
    """The product on the database at this address, with the shipped company in force; untracked without a listener."""
    migrate(url)
    store = open_store(url)
    clock = SystemClock()
    with store.read() as reader:
        new = [kind for kind in KINDS if version_in_force(reader, kind) is None]
    for kind in new:
        text = (shipped("config") / f"{kind}.yaml").read_text(encoding="utf-8")
        put_in_force(store, kind, text, [], "benchmark", clock.now())
    made = purchase_approval.crm_procedure
    staff, key = StoredStaff(store), ServerKey(b"benchmark" * 4)
    versions = {(made.name, made.version): made}
    domain, listener = "benchmark.example", listener or NoListener()
    ours = Ours(Engine(store, clock, staff, key, versions, domain, listener, begins_at_once=begins_at_once))
    yield ours
    ours.close()
    store.close()
