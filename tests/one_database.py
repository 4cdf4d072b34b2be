"""Stories of flows are told in memory and on one database, by their name; `make soak` tells them on the other too.

What differs between the databases lies below the flows, and is tested there on each. It must not hold for other tests.
"""

import zlib
from typing import Any

DATABASES = ("sqlite", "postgres")
FIXTURE = "open_again"
"""Its parameter says which store a story is told on."""


def is_left_to_soak(nodeid: str, callspec: Any) -> bool:
    """Whether a test, as pytest names it and with its parameters, is a story on the other database."""
    story, _, _ = nodeid.partition("[")
    if callspec is None or not story.startswith("tests/flows/"):
        return False
    return bool(callspec.params.get(FIXTURE) == DATABASES[zlib.crc32(story.encode()) % 2])
