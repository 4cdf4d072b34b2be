"""Keeps the source of every procedure that cases may begin on, sealed, so that it outlives a change of its files (G-8).

It must not load any (see `KeptCode`).
"""

import json

from crm_workflows.domain.records import ProcedureSource
from crm_workflows.domain.rules import carries_out
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Secrets
from crm_workflows.engine.record.sources import Source


@carries_out("G-8")
def keep(engine: Engine) -> int:
    """Keep what is not kept yet, before any case begins on it; returns how many sources were added."""
    made = {one.source_hash: one.source for one in engine.versions.values() if one.source}
    with engine.store.read() as reader:
        held = {row[0] for row in reader.columns(ProcedureSource, "source_hash")}
    new = {known_by: source for known_by, source in made.items() if known_by not in held}
    if not new:
        return 0
    at = engine.clock.now()
    with engine.store.write() as tx:
        for known_by, source in new.items():
            tx.insert_new(ProcedureSource(known_by, dict(source), seal(engine.secrets, source), at))
    return len(new)


def seal(secrets: Secrets, source: Source) -> str:
    """What only the holder of the server key can make: whoever writes into the database does not run code by it."""
    return secrets.sign("procedure-source", json.dumps(dict(source), sort_keys=True, ensure_ascii=False))
