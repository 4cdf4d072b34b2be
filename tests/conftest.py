"""What holds for every test: nothing reports home, parts are demanded by marker, hypothesis is repeatable in CI."""

import os

import pytest
from hypothesis import settings

from tests.parts import Part, require

# Before anything imports Prefect, which reads its settings at import.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")

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
