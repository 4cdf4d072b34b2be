"""Makes the digest of each morning: one a person and working day, at the policy's time on their own wall clock (G-10).

What was missed is made up for once, as long as it is the same day there. Row and mail are one commit, and the row's key
is person and day, so that two processes make one. It must not read answers (see `digest_answers`).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from crm_workflows.domain.errors import NotFound, Refused
from crm_workflows.domain.messages import CasePart, DigestPart
from crm_workflows.domain.messages import Digest as DigestMail
from crm_workflows.domain.people import Person
from crm_workflows.domain.policy import DIGEST_MODES
from crm_workflows.domain.records import Assignee, CaseRow, Digest, Meta, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.shown import Attachment
from crm_workflows.domain.text import Language, bilingual, day_in
from crm_workflows.engine.context import Engine
from crm_workflows.engine.digests import after_round, digest_sheet
from crm_workflows.engine.digests.digest_items import (
    A_FORM,
    Waiting,
    held_out,
    part_of,
    policy_says,
    waiting_for,
)
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.mail_out.outbox_secrets import digest_token
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.procedure import QUESTION
from crm_workflows.engine.requests.files import sha256_of

MODE: Final = "digest"
AT: Final = "digest_at"
OFF, INSTEAD = DIGEST_MODES[0], DIGEST_MODES[2]
LOOKED_AHEAD: Final = 30
"""Days; who does not work for longer is asked by single mails."""
MOST: Final = 40
"""Items that one digest lists, fewer where they say much: a mail of more could not be read, nor stay below 100 KB."""
MOST_TEXT: Final = 9000
"""Characters of facts in one digest."""
PROCESS: Final = "每日待办 / What waits for you"
_STOPPED: Final = "digest_off/"


def id_of(person: str, day: date) -> str:
    """The one digest of a person and day."""
    return f"DG-{day:%Y%m%d}-{sha256_of(person.encode())[:12]}"


@carries_out("G-10")
def make_due(engine: Engine) -> int:
    """Make every digest that is due and not made yet; returns how many mails. Safe in several processes.

    While the callbacks of a morning are being handed out none is made: they belong into it (CB-3).
    """
    now = engine.clock.now()
    due = {id_of(person.email, day): (person, day) for person, day in _due(engine, now)}
    if not due:
        return 0
    with engine.store.read() as reader:
        made = {row[0] for row in reader.columns(Digest, "id", id=sorted(due))}
        if len(made) < len(due) and after_round.is_under_way(engine, reader, now):
            return 0
        wanted = [due[key] for key in due if key not in made and mode_of(engine, reader, due[key][0]) != OFF]
    sent = sum(_make(engine, person, day, now) for person, day in wanted)
    if sent:
        engine.store.wake()
    return sent


def mode_of(engine: Engine, reader: Reader, person: Person) -> str:
    """`off`, `also` or `instead`: the person's own stop, what the people file says of them, or the policy."""
    return OFF if has_stopped(reader, person.email) else given_mode(engine, person)


def given_mode(engine: Engine, person: Person) -> str:
    """The same as the company gives it, whether or not that person has stopped it."""
    return person.digest or policy_says(engine.staff.policy(), MODE) or OFF


def has_stopped(reader: Reader, person: str) -> bool:
    """Whether that person wants none, whatever policy and people file say."""
    return reader.get(Meta, f"{_STOPPED}{person}") is not None


@carries_out("G-10")
def will_do(engine: Engine, row: CaseRow, request: Request, assignee: Assignee, now: datetime) -> bool:
    """Whether the next digest asks that person well enough: they want it instead of single mails, a word decides it
    there or it is a form, no file goes with it, and it comes before the request is due. A question is answered by
    replying to its own mail."""
    person = engine.staff.directory().person(assignee.person)
    wanted = (person.digest or policy_says(engine.staff.policy(), MODE)) if person else OFF
    if person is None or wanted != INSTEAD or assignee.is_outside or request.shows.get("attachments"):
        return False
    if held_out(engine, row, request) not in ("", A_FORM) or request.name == QUESTION.name:
        return False
    with engine.store.read() as reader:
        if mode_of(engine, reader, person) != INSTEAD:
            return False
    following = next_morning(engine, person, now)
    return following is not None and (request.due_at is None or following < request.due_at)


@carries_out("CB-3", "G-10")
def lists_today(engine: Engine, row: CaseRow, person: Person, now: datetime) -> bool:
    """Whether a callback that a round has opened is told to that person by the digest of today, which is still to come.

    Then no mails of its own are sent: a morning of twenty would bring sixty.
    """
    at, calendar = policy_says(engine.staff.policy(), AT), engine.staff.calendar()
    zone = person.zone or calendar.zone
    day = now.astimezone(ZoneInfo(zone)).date()
    if row.origin != after_round.ROUND or not at or not calendar.in_zone(zone).hours_on(day):
        return False
    with engine.store.read() as reader:
        return mode_of(engine, reader, person) != OFF and reader.get(Digest, id_of(person.email, day)) is None


def next_morning(engine: Engine, person: Person, now: datetime) -> datetime | None:
    """When the next digest of that person goes, if anything waits then; None where no time is set, or none is near."""
    at = policy_says(engine.staff.policy(), AT)
    if not at:
        return None
    calendar = engine.staff.calendar()
    zone = person.zone or calendar.zone
    local = now.astimezone(ZoneInfo(zone))
    for days in range(LOOKED_AHEAD):
        day = local.date() + timedelta(days=days)
        instant = datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone))
        if instant > now and calendar.in_zone(zone).hours_on(day):
            return instant
    return None


def stop(tx: Transaction, person: str, at: datetime) -> None:
    """No more digests for that person, who is asked by single mails again."""
    tx.insert_new(Meta(f"{_STOPPED}{person}", at.isoformat()))


def resume(engine: Engine, address: str) -> None:
    """Digests again for somebody who had stopped them; raises NotFound, and Refused where nobody has."""
    person = engine.staff.directory().person(address)
    if person is None:
        zh = f"{address} 不在人员名册中，请核对地址"
        raise NotFound(bilingual(zh, f"{address} is not among the staff; check the address"))
    with engine.store.write() as tx:
        if not has_stopped(tx, person.email):
            zh = f"{person.email} 没有退订每日待办；发不发由政策和人员文件中的 digest 决定"
            en = f"{person.email} has not stopped digests; digest in the policy and the people file says who gets one"
            raise Refused(bilingual(zh, en))
        tx.remove(Meta, f"{_STOPPED}{person.email}")


def head(day: str, language: Language) -> CasePart:
    """What stands in a digest where other mails name their case."""
    return CasePart(case="", title=day_in(date.fromisoformat(day), language), process=PROCESS)


def _due(engine: Engine, now: datetime) -> Iterator[tuple[Person, date]]:
    """Who works today and for whom it is morning already, with the date where they are."""
    policy, calendar = engine.staff.policy(), engine.staff.calendar()
    at = policy_says(policy, AT)
    if not at:
        return
    for person in engine.staff.directory():
        zone = person.zone or calendar.zone
        local = now.astimezone(ZoneInfo(zone))
        if person.active and local.time() >= time.fromisoformat(at) and calendar.in_zone(zone).hours_on(local.date()):
            yield person, local.date()


def _make(engine: Engine, person: Person, day: date, now: datetime) -> bool:
    """The row, and the mail where anything waits; False where there is none, or another process was first."""
    with engine.store.write() as tx:
        waiting = waiting_for(engine, tx, person)
        listed = _that_fit(waiting)
        digest = _row(engine, person, day, now, listed)
        if not tx.insert_new(digest) or not waiting:
            return False
        parts = parts_of(engine, listed, person.language, now)
        files = digest_sheet.attached(engine, tx, digest.day, listed, parts, person.language)
        tx.insert(_mail(engine, digest, person, parts, len(waiting) - len(listed), files))
    return True


def _row(engine: Engine, person: Person, day: date, now: datetime, waiting: list[Waiting]) -> Digest:
    row = Digest(id_of(person.email, day), person.email, day.isoformat(), now, [one.kept for one in waiting])
    if not waiting:
        return row
    row = replace(row, nonce=engine.secrets.nonce())
    return replace(row, token_hash=hash_of_secret(digest_token(engine.secrets, row)))


def _that_fit(waiting: list[Waiting]) -> list[Waiting]:
    """As many as one mail takes, in order."""
    length = 0
    for index, one in enumerate(waiting[:MOST]):
        length += one.length
        if length > MOST_TEXT:
            return waiting[:index]
    return waiting[:MOST]


def _mail(
    engine: Engine,
    digest: Digest,
    person: Person,
    parts: tuple[DigestPart, ...],
    more: int,
    files: list[Attachment],
) -> object:
    context = DigestMail(
        case=head(digest.day, person.language), to_name=person.shown_name(person.language), person=person.email,
        items=parts, made_at=digest.made_at, more=more,
    )  # fmt: skip
    return mails.mail_of(
        digest.id, person.email, person.language, context, digest.made_at, mail_domain=engine.mail_domain,
        key="", attachments=files,
    )  # fmt: skip


def parts_of(engine: Engine, waiting: list[Waiting], language: str, now: datetime) -> tuple[DigestPart, ...]:
    """The items with their numbers, which count from 1."""
    return tuple(part_of(engine, number, one, language, now) for number, one in enumerate(waiting, start=1))
