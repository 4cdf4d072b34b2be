"""The ceiling under the peers' stop-watch. Run in our environment."""

import sys

from lab import measure

from benchmarks.ceiling import by_hand

with by_hand(sys.argv[1]) as ceiling:
    measure("ceiling", "sqlalchemy", ceiling.until_decision, ceiling.decide, "by hand, one connection", at_once=False)
