"""What is kept of an erasure itself: who asked for whom, and how far it is (docs/erasure.md). It erases nobody."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from crm_workflows.domain.records import Meta
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.finding import Found

NOTED: Final = "erasure/"
"""Before the id of the person: what stands in `meta` of each erasure."""


@dataclass(frozen=True)
class Order:
    """What was asked for: by whom, why, and whether the files that the person handed in are kept (a law may say so)."""

    by: str
    reason: str
    address: str
    also: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    keeps_files: bool = False
    files: tuple[str, ...] = ()
    """Files of others that are to go, too, by hash."""
    cases: tuple[str, ...] = ()
    """Cases to look at although their address is nowhere in them: what was still to be done of an earlier run."""


def noted(engine: Engine) -> list[dict[str, Any]]:
    """Every erasure: `people` as they stand on record, when it was asked for, `done_at` and more.

    `order` stands till it is done. `cleared_at`: since when no free part of a file says of them what rows do no more.
    """
    with engine.store.read() as reader:
        found = [json.loads(one.value) for one in reader.find(Meta) if one.key.startswith(NOTED)]
    return sorted(found, key=lambda one: str(one["at"]))


def note(engine: Engine, found: Found, order: Order, *, is_done: bool) -> None:
    """Whom somebody wanted erased, and how far it is; once it is done, by the id on record alone.

    Till then the addresses are noted themselves: by its id alone an address is found no more once its rows are clean.
    """
    now, key = engine.clock.now().isoformat(), NOTED + found.people[0]
    with engine.store.write() as tx:
        before = tx.get(Meta, key)
        old = json.loads(before.value) if before else {"at": now, "cases": []}
        at = now if old.get("done_at") and not is_done else old["at"]  # who is known anew is erased anew
        said = old | {
            "people": found.people, "at": at, "by": order.by, "reason": order.reason, "held": found.held,
            "keeps_files": order.keeps_files,
            "cases": sorted({*old["cases"], *found.cases}), "done_at": now if is_done else None,
            "order": None if is_done else asdict(_to_do(found, order)),
            "cleared_at": None if is_done or found.cases else old.get("cleared_at"),
        }  # fmt: skip
        tx.put(Meta(key, json.dumps(said, ensure_ascii=False)))


def _to_do(found: Found, order: Order) -> Order:
    known = found.traces
    first, *also = sorted(known.addresses)
    names = tuple(sorted((known.names - known.shared) | known.phones))
    return replace(order, address=first, also=tuple(also), names=names, cases=(*found.cases, *found.held))
