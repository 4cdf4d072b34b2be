"""Seals what has changed in the record under a checkpoint, every few minutes (G-7). It must not check anything.

Costs nothing while nothing happens, and the same however many cases there are: only those that have changed are read.
"""

from crm_workflows.domain.checkpoints import made
from crm_workflows.domain.records import CaseRow, Checkpoint
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Duplicate

MOST = 10_000
"""Cases of one checkpoint; what is left over goes into the next."""


def seal(engine: Engine) -> Checkpoint | None:
    """Make a checkpoint over all that has changed since the last; None when nothing has.

    Safe in several processes at once: of two that try, one makes it, and the other finds what is left.
    """
    try:
        with engine.store.write() as tx:
            now = engine.clock.now()
            changed = tx.due(CaseRow, "unsealed_at", now, limit=MOST)
            if not changed:
                return None
            last = tx.find(Checkpoint, order="n", descending=True, limit=1)
            n, previous = (last[0].n + 1, last[0].hash) if last else (1, "")
            heads = [(row.code, row.audit_length, row.audit_head) for row in changed]
            checkpoint = made(n, now, heads, previous, engine.secrets.public_key(), engine.secrets.seal)
            tx.insert(checkpoint)
            # A case that went on meanwhile stays unsealed: its later links belong into the next checkpoint.
            tx.update_each(
                CaseRow,
                [({"code": row.code, "audit_length": row.audit_length}, {"unsealed_at": None}) for row in changed],
            )
    except Duplicate:
        return None
    return checkpoint
