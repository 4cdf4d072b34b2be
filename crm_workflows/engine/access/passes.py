"""Sessions of browsers and tokens of programs: opened, used, ended. Of their secrets only the SHA-256 is kept.

Each ends by itself: a session after so many hours without use and after so many in all, a token on its day, and every
one with the first look at it once its person has left. It must not know pages or cookies.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from crm_workflows.domain.errors import InvalidInput, NotFound
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Pass
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader, Transaction

Kind = Literal["session", "token"]
SEEN_EVERY_SECONDS: Final = 60.0
"""So often, in real seconds, the use of a pass is written down."""
LONGEST_LABEL: Final = 200
MOST_DAYS: Final = 366
HOUR: Final = 3600.0
LEFT: Final = "left"
"""Who ended the passes of somebody who has left."""


@dataclass(frozen=True)
class Lasting:
    """How many real hours a session lasts without use, and in all."""

    idle_hours: float
    hours: float


@dataclass(frozen=True)
class Speaker:
    """Who speaks, and by which pass."""

    person: Person
    by: Pass


def open_session(engine: Engine, tx: Transaction, person: str, label: str, lasting: Lasting) -> str:
    """A session from now on, in the caller's commit; returns its secret."""
    ends_at = engine.clock.after_real(lasting.hours * HOUR)
    idle_until = min(engine.clock.after_real(lasting.idle_hours * HOUR), ends_at)
    return _open(engine, tx, person, "session", label, ends_at, idle_until)


def open_token(engine: Engine, address: str, label: str, days: int) -> tuple[str, str]:
    """A token for a program that speaks as this person; returns its id and its secret, which is shown once.

    Raises InvalidInput without a name, for more than a year, or where nobody works here by that address.
    """
    person = engine.staff.directory().person(address)
    if person is None or not person.active:
        raise InvalidInput(bilingual(f"{address} 不在人员名册中", f"{address} is not among the staff"))
    if not label.strip() or not 1 <= days <= MOST_DAYS:
        zh = f"请写明令牌的用途，有效期为 1 至 {MOST_DAYS} 天"
        raise InvalidInput(bilingual(zh, f"name what the token is for, and let it last 1 to {MOST_DAYS} days"))
    ends_at = engine.clock.now() + timedelta(days=days)
    with engine.store.write() as tx:
        secret = _open(engine, tx, person.email, "token", label.strip(), ends_at, None)
    return _id(secret), secret


def speaker(engine: Engine, secret: str, kind: Kind, lasting: Lasting) -> Speaker | None:
    """Who speaks by this secret; None where it opens nothing (any more). Notes the use now and then."""
    with engine.store.read() as reader:
        held = next(iter(reader.find(Pass, secret_hash=hash_of_secret(secret))), None)
    now = engine.clock.now()
    if held is None or held.kind != kind or not is_open(held, now):
        return None
    person = engine.staff.directory().person(held.person)
    if person is None or not person.active:
        end(engine, held, LEFT)
        return None
    if now >= held.seen_at + (engine.clock.after_real(SEEN_EVERY_SECONDS) - now):
        _seen(engine, held, now, lasting)
    return Speaker(person, held)


def is_open(held: Pass, now: datetime) -> bool:
    """Whether it still lets anybody speak, as far as the pass itself tells."""
    is_idle = held.idle_until is not None and now >= held.idle_until
    return held.ended_at is None and now < held.ends_at and not is_idle


def of_person(reader: Reader, person: str | None, now: datetime) -> list[Pass]:
    """The open passes of one person, of everybody for None; the latest first."""
    who: dict[str, Any] = {"person": person} if person else {}
    found = reader.find(Pass, ended_at=None, order="opened_at", descending=True, **who)
    return [held for held in found if is_open(held, now)]


def end_one(engine: Engine, identity: str, by: str, of: str | None = None) -> Pass:
    """End a pass by its id, only one of `of` where given; ended twice it stays as it was. Raises NotFound."""
    with engine.store.read() as reader:
        held = reader.get(Pass, identity)
    if held is None or of not in (None, held.person):
        zh = f"没有编号为 {identity} 的登录或令牌"
        raise NotFound(bilingual(zh, f"there is no session or token {identity}; check the id"))
    end(engine, held, by)
    return held


def end(engine: Engine, held: Pass, by: str) -> None:
    """End a pass now."""
    with engine.store.write() as tx:
        tx.update(Pass, (held.id,), {"ended_at": None}, ended_at=engine.clock.now(), ended_by=by)


def end_all(engine: Engine, person: str, by: str) -> int:
    """End every pass of one person; returns how many."""
    with engine.store.write() as tx:
        where: dict[str, object] = {"person": person, "ended_at": None}
        return tx.update_where(Pass, where, ended_at=engine.clock.now(), ended_by=by)


def end_of_leavers(engine: Engine) -> int:
    """End the passes of everybody who is not among the staff in force, so that none of them comes back with its person.

    Returns how many.
    """
    directory = engine.staff.directory()
    with engine.store.read() as reader:
        held = reader.distinct(Pass, "person", ended_at=None)
    gone = [address for address in held if not ((found := directory.person(address)) and found.active)]
    return sum(end_all(engine, address, LEFT) for address in gone)


def _open(
    engine: Engine, tx: Transaction, person: str, kind: Kind, label: str, ends_at: datetime, idle_until: datetime | None
) -> str:
    secret, now = engine.secrets.nonce(), engine.clock.now()
    tx.insert(
        Pass(_id(secret), person, kind, hash_of_secret(secret), label[:LONGEST_LABEL], now, now, ends_at, idle_until)
    )  # fmt: skip
    return secret


def _seen(engine: Engine, held: Pass, now: datetime, lasting: Lasting) -> None:
    values: dict[str, object] = {"seen_at": now}
    if held.idle_until is not None:
        values["idle_until"] = min(engine.clock.after_real(lasting.idle_hours * HOUR), held.ends_at)
    with engine.store.write() as tx:
        tx.update(Pass, (held.id,), {"ended_at": None}, **values)


def _id(secret: str) -> str:
    """Names a pass in lists and commands without telling its secret."""
    return f"P-{hashlib.sha256(b'id of ' + secret.encode()).hexdigest()[:12]}"
