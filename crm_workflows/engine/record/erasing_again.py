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
from crm_workflows.engine.record.auditing import RESTORED
from crm_workflows.engine.record.erasing import erase
from crm_workflows.engine.record.erasing_found import Found
from crm_workflows.engine.record.erasing_notes import Order, noted


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
    made_at, known = _restored_as_of(engine), _known(engine)
    for one in kept:
        if one.at <= made_at or (one.people in known and known[one.people].at >= one.at):
            continue
        first, *also = one.people
        try:
            found = erase(engine, Order(one.by, one.reason, first, tuple(also), keeps_files=one.keeps_files))
        except Refused as refused:
            yield refused
            continue
        if not found.is_nothing:
            yield found


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
    return min(datetime.fromisoformat(one["made_at"]) for one in json.loads(restores.value))
