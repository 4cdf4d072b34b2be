"""Rids the files of the database of whom was erased: rows are clean at once, free parts of files are not (G-7).

It must not look for anybody, nor touch a row but the note of the erasure.
"""

import json
from typing import Any

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Meta
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.noting import NOTED


def clear(engine: Engine, *, by_night: bool) -> bool:
    """Make the database compact where an erasure wants it; False where that has to wait for the night.

    By night it raises StoreBusy where the database is away, or has no room to be written anew.
    """
    with engine.store.read() as reader:
        due = [note for note in reader.find(Meta) if note.key.startswith(NOTED) and not _said(note).get("cleared_at")]
    if not due:
        return True
    try:
        if not engine.store.compact(by_night=by_night):
            return False
    except StoreBusy:
        if by_night:
            raise
        return False
    now = engine.clock.now().isoformat()
    with engine.store.write() as tx:
        for note in due:
            if tx.get(Meta, note.key) == note:  # else it was erased again since
                tx.put(Meta(note.key, json.dumps(_said(note) | {"cleared_at": now}, ensure_ascii=False)))
    return True


def _said(note: Meta) -> dict[str, Any]:
    return dict(json.loads(note.value))
