"""What holds for every test: nothing reports home, parts are demanded by marker, hypothesis is repeatable in CI."""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.invariants import suite
from tests.one_database import is_left_to_soak
from tests.parts import Part, require

# Before anything imports Prefect, which reads its settings at import.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
# No test may start a hidden Prefect server, nor write where the developer's own Prefect keeps its profile and database.
os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "false"
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="crmw-prefect-")
    atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)

# A shell that runs us in the background has Ctrl-C ignored, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine makes single examples slow; that is not a fault of the code under test.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

NEEDS: dict[str, Part] = {
    "needs_chromium": "chromium",
    "needs_dovecot": "dovecot",
    "needs_cjk_font": "cjk-font",
}


@pytest.fixture(autouse=True)
def _parts_of_the_markers(request: pytest.FixtureRequest) -> None:
    """A test marked `needs_…` skips, or fails in CI, when its part is absent; it need not call `require` itself."""
    for marker, part in NEEDS.items():
        if request.node.get_closest_marker(marker):
            require(part)


suite.watch()


@pytest.fixture(autouse=True)
def _invariants(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does, the invariants of every store that it wrote to hold at its end."""
    yield from suite.asked(request.node)


TOGETHER = {
    "tests/adapters/orchestration/test_prefect_": "prefect",
    "tests/interfaces/test_demo.py": "whole product",
    "tests/interfaces/test_up.py": "whole product",
    "tests/test_readme.py": "whole product",
}
"""Files that share a server or ports of fixed number run on one worker, one after the other."""
LONG = (
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
EACH_BY_ITSELF = ("tests/test_black_box.py", "tests/engine/")


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Spreads files over the workers, the groups above whole, and long files test by test.

    pytest-xdist 3.8 does not see `xdist_group` under pytest 9.2, so the groups stand here.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(EACH_BY_ITSELF):
            return nodeid
        group = next((name for start, name in TOGETHER.items() if nodeid.startswith(start)), None)
        return group or nodeid.partition("::")[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the long suites take: `make soak ARGS="--seed=7 --kills=500"`."""
    parser.addoption("--seed", type=int, help="the seed of a soak that is to be repeated")
    parser.addoption("--kills", type=int, help="how many processes a soak kills on each database")
    parser.addoption("--pictures", help="folder for pictures of every mail (test_mails_looked_at.py)")


def pytest_configure(config: pytest.Config) -> None:
    """Keep our own order: xdist would put files of many tests first, which are the quick ones."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first in the order above, all else as it was collected."""
    for item in items:
        if is_left_to_soak(item.nodeid, getattr(item, "callspec", None)):
            item.add_marker(pytest.mark.soak)
    items.sort(key=lambda item: next((n for n, start in enumerate(LONG) if item.nodeid.startswith(start)), len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """The scheduler of every parallel run, whatever `--dist` says."""
    return ByFile(config, log)
