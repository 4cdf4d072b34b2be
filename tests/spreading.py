"""How the tests are spread over the workers of a parallel run, and what becomes of those whose worker died.

It goes by the names of files, and must not know what any test needs.
"""

from typing import Any, Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = {
    "tests/adapters/orchestration/test_prefect_": "prefect",
    "tests/interfaces/test_demo.py": "whole product",
    "tests/interfaces/test_up.py": "whole product",
    "tests/test_readme.py": "whole product",
}
"""Files that share a server or ports of fixed number run on one worker, one after the other."""
LONG: Final = (
    "tests/test_black_box.py",
    "tests/test_restore.py",
    "tests/interfaces/test_demo.py",
    "tests/interfaces/test_up.py",
    "tests/test_readme.py",
    "tests/adapters/orchestration/test_prefect_",
    "tests/test_plain_install.py",
    "tests/engine/whole/test_crash_roles.py",
    "tests/machines/",
    "tests/recorded/",
    "tests/deploy/",
    "tests/test_walk.py",
    "tests/test_own_mailbox.py",
    "tests/benchmarks/",
)
"""What takes minutes begins first, so that no worker is left alone with it at the end."""
EACH_BY_ITSELF: Final = ("tests/test_black_box.py", "tests/engine/")


def place(nodeid: str) -> int:
    """What comes earlier in `LONG` begins earlier; all else keeps the order in which it was collected."""
    return next((n for n, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Spreads files over the workers, the groups above whole, and long files test by test.

    pytest-xdist 3.8 does not see `xdist_group` under pytest 9.2, so the groups stand here. Besides, it gives a worker
    that replaces a dead one a single unit of work, and again the test that killed the other. As a worker begins a test
    only when it has the next or is told that none comes, with a unit of one test such a run waited for ever.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(EACH_BY_ITSELF):
            return nodeid
        group = next((name for start, name in TOGETHER.items() if nodeid.startswith(start)), None)
        return group or nodeid.partition("::")[0]

    def remove_node(self, node: Any) -> str | None:
        """Gives the tests of a worker that died to the others; answers the one at which it died, which is over."""
        units = self.assigned_work.pop(node)
        left = [nodeid for tests in units.values() for nodeid, is_done in tests.items() if not is_done]
        for name, tests in units.items():
            if again := {nodeid: False for nodeid in tests if nodeid in left[1:]}:
                self.workqueue[name] = again
        for other in self.nodes:
            self._reschedule(other)
        return left[0] if left else None

    def _reschedule(self, node: Any) -> None:
        if node not in self.registered_collections or node.shutting_down:
            return
        while self.workqueue and self._pending_of(self.assigned_work[node]) <= 2:
            self._assign_work_unit(node)
        if not self.workqueue:
            node.shutdown()
