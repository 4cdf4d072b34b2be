"""Erases once more whoever came back with an older backup, by a list that is kept beside the database (G-7).

The list names nobody outside: by the ids on record alone. It must not know where the list is kept.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, StringConstraints, TypeAdapter, ValidationError

from crm_workflows.domain.errors import InvalidInput, Refused
from crm_workflows.domain.records import Meta
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.erasure import erase
from crm_workflows.engine.erasing.finding import Found
from crm_workflows.engine.erasing.noting import Order, noted
from crm_workflows.engine.record.auditing import RESTORED

FOLLOWED: Final = "erasures_followed"
"""The key in `meta` with the instant of the last erasure of a list that was followed; a restore begins without it."""


class Erasure(BaseModel, frozen=True):
    """One line of the list: who was erased (`sha256:…`, a colleague by address), when that was asked for, and how."""

    people: tuple[Annotated[str, StringConstraints(min_length=1)], ...]
    at: AwareDatetime
    by: str
    reason: str
    keeps_files: bool = False


_LIST: Final = TypeAdapter(tuple[Erasure, ...])


def read(raw: bytes, name: str) -> tuple[Erasure, ...]:
    """The list as `crmw erasures --json` prints it; InvalidInput where the file of that name is none."""
    try:
        return _LIST.validate_json(raw)
    except ValidationError as error:
        zh, en = f"{name} 不是 crmw erasures --json 输出的名单", f"{name} is no list as crmw erasures --json prints it"
        raise InvalidInput(bilingual(zh, en)) from error


def listed(engine: Engine, before: Sequence[Erasure] = ()) -> list[dict[str, Any]]:
    """The list to keep: every erasure here, and those of `before` that this database does not know of."""
    latest = _known(engine)
    for one in before:
        if one.people not in latest or latest[one.people].at < one.at:
            latest[one.people] = one
    return [one.model_dump(mode="json") for one in sorted(latest.values(), key=lambda one: one.at)]


def repeat(engine: Engine, kept: Sequence[Erasure]) -> Iterator[Found | Refused]:
    """Erase whoever was erased after the backup from which this database was restored; who is not in it is left out.

    What could not be done comes as the reason. InvalidInput where nothing was restored: whoever is back has come again.
    """
    is_done = True
    for one in _unknown(engine, kept, _restored_as_of(engine)):
        first, *also = one.people
        try:
            found = erase(engine, Order(one.by, one.reason, first, tuple(also), keeps_files=one.keeps_files))
        except Refused as refused:
            is_done = False
            yield refused
            continue
        if not found.is_nothing:
            yield found
    if kept and is_done:
        with engine.store.write() as tx:
            tx.put(Meta(FOLLOWED, max(one.at for one in kept).isoformat()))


def left(engine: Engine, kept: Sequence[Erasure]) -> list[Erasure]:
    """Those of the list who were erased after the backup from which this was restored, while nobody has followed it."""
    with engine.store.read() as reader:
        restores, followed = reader.get(Meta, RESTORED), reader.get(Meta, FOLLOWED)
    if restores is None:
        return []
    since = max([_as_of(restores), *([datetime.fromisoformat(followed.value)] if followed else [])])
    return list(_unknown(engine, kept, since))


def _unknown(engine: Engine, kept: Sequence[Erasure], since: datetime) -> Iterator[Erasure]:
    """Those later than that of which this database has not been told."""
    known = _known(engine)
    return (one for one in kept if one.at > since and (one.people not in known or known[one.people].at < one.at))


def _known(engine: Engine) -> dict[tuple[str, ...], Erasure]:
    """By whom: the last erasure that this database has been told of."""
    return {one.people: one for one in _LIST.validate_python([one for one in noted(engine) if one["people"]])}


def _restored_as_of(engine: Engine) -> datetime:
    """The oldest of the backups, where one was made of a restored database: what it lost is lost to all later ones."""
    with engine.store.read() as reader:
        restores = reader.get(Meta, RESTORED)
    if restores is None:
        zh, en = (
            "本库不是由备份恢复的，没有需要重做的删除",
            "this database was not restored: no erasure has to be repeated",
        )
        raise InvalidInput(bilingual(zh, en))
    return _as_of(restores)


def _as_of(restores: Meta) -> datetime:
    return min(datetime.fromisoformat(one["made_at"]) for one in json.loads(restores.value))
