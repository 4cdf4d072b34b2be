"""What holds for every test: nothing reports home, parts are demanded by marker, hypothesis is repeatable in CI."""

import atexit
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.dovecot import Dovecot, running_dovecot
from tests.invariants import suite
from tests.one_database import is_left_to_soak
from tests.parts import Part, require
from tests.spreading import ByFile, place

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


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One server for all whose users nobody else has; who needs it in a certain state has one of their own."""
    with running_dovecot() as server:
        yield server


suite.watch()


@pytest.fixture(autouse=True)
def _invariants(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does, the invariants of every store that it wrote to hold at its end."""
    yield from suite.asked(request.node)


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
    """Long files first, all else as it was collected."""
    for item in items:
        if is_left_to_soak(item.nodeid, getattr(item, "callspec", None)):
            item.add_marker(pytest.mark.soak)
    items.sort(key=lambda item: place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """The scheduler of every parallel run, whatever `--dist` says."""
    return ByFile(config, log)
