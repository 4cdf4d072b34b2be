"""Our own product under the peers' stop-watch. Run in our environment."""

import sys

from lab import measure

from benchmarks.ours import at_work

with at_work(sys.argv[1]) as ours:
    measure(
        "crm-workflows", "crm-workflows", ours.until_decision, ours.decide, "journal, audit, assignee, token, mails"
    )
