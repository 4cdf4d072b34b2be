"""Finds where somebody stands in what is kept: in which cases, under which names, by which mails and files (G-7).

It must not change anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from crm_workflows.domain.audit import BY_LAW, person_id
from crm_workflows.domain.erasing import Traces, place_of, traces
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import (
    KEYS,
    OVER,
    Assignee,
    AuditEntry,
    Booking,
    BusinessRow,
    CaseClock,
    CaseRow,
    ComplaintEntry,
    ConfigVersion,
    ContactMade,
    Customer,
    CustomerContact,
    Decision,
    Document,
    InboundMail,
    JournalEntry,
    Link,
    Message,
    Request,
    Supplier,
    SurveyInvitation,
)
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.erasing.naming import MOST, caseless, told_others
from crm_workflows.engine.erasing.retention import cases_of
from crm_workflows.engine.ports import Reader

OF_A_CASE: Final[dict[type, tuple[str, ...]]] = {
    CaseRow: ("subject", "title", "search", "attention"),
    JournalEntry: ("value",),
    Request: ("title", "shows", "outcome"),
    Assignee: ("person", "name", "deputy_for"),
    Decision: ("by", "on_behalf_of", "comment", "answer"),
    Document: ("filename", "by"),
    Message: ("recipient", "subject", "context", "attachments", "error", "in_reply_to"),
    InboundMail: ("sender", "subject", "message_id", "recipients", "reading", "why"),
    Booking: ("input",),
    CaseClock: ("contact",),
    BusinessRow: ("value",),
    ComplaintEntry: ("sender", "subject"),
    SurveyInvitation: ("name", "email", "comment"),
    ContactMade: ("by", "details"),
}
"""What of a case may name somebody; its journal too, since a case that is over is not replayed."""
OF_REGISTERS: Final[dict[type, tuple[str, ...]]] = {
    Customer: ("details",),
    CustomerContact: ("name", "email", "phone"),
    Supplier: ("details",),
    ContactMade: ("by", "details"),
}
FINAL: Final = ("sent", "failed")
ANSWERS_TO: Final = "approvals"
_KNOWN_BY: Final = ((Assignee, "person"), (Message, "recipient"), (InboundMail, "sender"), (CustomerContact, "email"),
                    (SurveyInvitation, "email"), (ComplaintEntry, "sender"))  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Where somebody stands. `staff` where they worked here: then only their mails are erased, and they stay by id."""

    people: tuple[str, ...]
    """As which they stand on record."""
    traces: Traces
    staff: bool
    cases: tuple[str, ...]
    held: tuple[str, ...]
    """Cases that are open, or whose last mails are still to go: from these they are erased once that is over."""
    booked: tuple[str, ...]
    """Process and day, where the company is, of cases that will be opened with what stands in their place: give those
    another contact."""
    mails: int
    files: int
    registers: tuple[str, ...]
    """Codes of the customers and suppliers in whose lines they stand."""

    @property
    def is_nothing(self) -> bool:
        """Nothing is kept of them, or not any more."""
        return not (self.cases or self.held or self.mails or self.files or self.registers)


def find(
    engine: Engine, address: str, also: Sequence[str] = (), names: Sequence[str] = (), cases: Sequence[str] = ()
) -> Found:
    """Where the person with these addresses stands; one may be given as on record (`sha256:…`).

    `names` are further names and numbers to take out, such as stand in words only; `cases` further ones to look at.
    Raises InvalidInput for no address, one of our own, or somebody who works here.
    """
    with engine.store.read() as reader:
        addresses = {one for given in (address, *also) for one in _addresses(reader, given)}
        _refuse_ours(engine, addresses)
        staff = _worked_here(engine, reader, addresses)
        rows = {row.code: row for row in rows_by_code(reader, {c for one in addresses for c in _cases(reader, one)})}
        told = list(_told(reader, addresses, rows))
        known = traces(addresses, told, _others(engine, rows), names, list(_beside(reader, addresses, rows)))
        if not staff:
            others = [*_linked(reader, set(rows)), *rows_by_code(reader, set(cases if addresses else ()))]
            rows |= {row.code: row for row in others if _is_named(reader, row.code, known)}
        mails = caseless(engine, reader, known, {*rows, *cases}, staff=staff)
        rests = {code for mail in mails for code in cases_of(reader, mail)}
        rows |= {row.code: row for row in rows_by_code(reader, rests) if not is_over(reader, row)}
        held = tuple(code for code, row in rows.items() if not is_over(reader, row))
        return Found(
            tuple(sorted(addresses) if staff else sorted({person_id(one) for one in addresses})), known, staff,
            tuple(code for code in rows if code not in held), held, tuple(_booked(engine, reader, addresses)),
            _mails(reader, known, mails, () if staff else told_others(reader, known)),
            _count(reader, Document, "by", addresses), () if staff else tuple(sorted({*_registers(reader, addresses)})),
        )  # fmt: skip


def is_over(reader: Reader, row: CaseRow) -> bool:
    """Whether nothing needs the person any more: the case has ended, and its last mail has gone."""
    return row.status in OVER and reader.count(Message, case=row.code) == reader.count(
        Message, case=row.code, status=list(FINAL)
    )


def gone_by_law(reader: Reader, code: str) -> dict[str, datetime]:
    """When mails (by id) and files (by hash) of somebody who was erased left a case, as its record says."""
    events = reader.find(AuditEntry, case=code, event=BY_LAW, order="n")
    return {one: entry.at for entry in events for one in (*entry.data["mails"], *entry.data["files"])}


def rows_by_code(reader: Reader, codes: set[str]) -> list[CaseRow]:
    return reader.find(CaseRow, code=sorted(codes))


def _addresses(reader: Reader, given: str) -> set[str]:
    wanted = given.strip().lower()
    if not wanted.startswith("sha256:"):
        if "@" not in wanted or wanted != "".join(wanted.split()):
            raise InvalidInput(bilingual(f"{given} 不是邮箱地址", f"{given} is no mail address"))
        return {wanted}
    seen = {one for record, column in _KNOWN_BY for one in reader.distinct(record, column)}
    return {one.lower() for one in seen if person_id(one) == wanted and one != place_of(one)}


def _refuse_ours(engine: Engine, addresses: Iterable[str]) -> None:
    """The addresses to which answers and complaints come are nobody's, and stand in every case."""
    ours = {f"{ANSWERS_TO}@{engine.mail_domain}", *(desk.address for desk in engine.mail_desks)}
    for address in sorted(ours.intersection(addresses)):
        zh, en = f"{address} 是本公司的收信地址，不属于任何人", f"{address} is where mails to us come, and nobody's own"
        raise InvalidInput(bilingual(zh, en))


def _worked_here(engine: Engine, reader: Reader, addresses: Iterable[str]) -> bool:
    """Whether they were staff: their address stands on record then; InvalidInput for who is so now."""
    has_left = False
    for address in addresses:
        person = engine.staff.directory().person(address)
        if person is not None and person.active:
            zh = f"{address} 是在职同事；离职后（people.yaml 中注明）再删除"
            en = f"{address} works here; erase them once people.yaml says that they have left"
            raise InvalidInput(bilingual(zh, en))
        has_left |= person is not None or bool(
            reader.containing(ConfigVersion, address, "content", order=(), limit=1, kind="people")
        )
    return has_left


def holding(reader: Reader, record: type, address: str, columns: Iterable[str]) -> list[Any]:
    """The rows in which an address stands, perhaps as part of a longer one."""
    return reader.containing(record, address, *columns, order=(), limit=MOST)


def _cases(reader: Reader, address: str) -> Iterator[str]:
    known = traces([address], [], [])
    for record, columns in OF_A_CASE.items():
        for row in holding(reader, record, address, columns):
            code = getattr(row, "code" if record is CaseRow else "case")
            if code and without(row, columns, known):
                yield str(code)


def _linked(reader: Reader, codes: set[str]) -> list[CaseRow]:
    """The cases that followed from these, or led to them, however far: there they may be named without an address."""
    seen, new = set(codes), set(codes)
    while new:
        around = {link.other for link in reader.find(Link, case=sorted(new))}
        new = around - seen
        seen |= new
    return rows_by_code(reader, seen - codes)


def _is_named(reader: Reader, code: str, known: Traces) -> bool:
    return any(without(row, columns, known) for row, columns in rows_of(reader, code))


def without(row: object, columns: Iterable[str], known: Traces) -> dict[str, Any]:
    """The columns of a row that name them, as they are without them; whoever a row is about is known by its address."""
    values = {name: getattr(row, name) for name in columns}
    clean = {name: known.out_of_json(value) for name, value in values.items()}
    if isinstance(row, Assignee | SurveyInvitation | CustomerContact) and _is_about(row, known):
        clean |= known.out_of_json({**values, "email": _address(row)})
    return {name: value for name, value in clean.items() if name in values and value != values[name]}


def _is_about(row: Assignee | SurveyInvitation | CustomerContact, known: Traces) -> bool:
    return _address(row).lower() in known.addresses


def _address(row: Assignee | SurveyInvitation | CustomerContact) -> str:
    return row.person if isinstance(row, Assignee) else row.email


def _told(reader: Reader, addresses: set[str], rows: dict[str, CaseRow]) -> Iterator[tuple[str, str]]:
    """Names and numbers that stand beside one of the addresses."""
    known = traces(addresses, [], [])
    for code in rows:
        for row, columns in rows_of(reader, code):
            yield from _told_by(row, columns, known)
    for record, columns in OF_REGISTERS.items():
        for address in sorted(addresses):
            for row in holding(reader, record, address, columns):
                yield from _told_by(row, columns, known)


def rows_of(reader: Reader, code: str) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """All of a case that may name somebody, each row with the columns that may."""
    for record, columns in OF_A_CASE.items():
        where: dict[str, Any] = {"code" if record is CaseRow else "case": code}
        found: list[Any] = reader.find(record, **where)
        yield from ((row, columns) for row in found)


def _told_by(row: object, columns: Iterable[str], known: Traces) -> Iterator[tuple[str, str]]:
    """What one row tells of them: a row that is about one person, or a value in which they stand."""
    values = {name: getattr(row, name) for name in columns}
    if isinstance(row, Message) and row.recipient.lower() in known.addresses:
        yield from (("name", name) for name in [(row.context or {}).get("to_name")] if isinstance(name, str))
    if isinstance(row, Assignee | SurveyInvitation | CustomerContact):
        yield from known.told_by({**values, "email": _address(row)})
        return
    for value in values.values():
        yield from known.told_by(value)


def _others(engine: Engine, rows: dict[str, CaseRow]) -> set[str]:
    """Names of others, and of what is no person, which stay wherever they do not stand for the person."""
    directory = engine.staff.directory()
    people = {name for one in directory.people for name in (one.name, one.name_en)}
    labels = (*directory.roles.values(), *directory.departments.values())
    subjects: list[Any] = [row.subject for row in rows.values()]
    companies = {str(one["company"]) for one in subjects if isinstance(one, dict) and one.get("company")}
    return {one for one in people | companies if one} | {part for one in labels for part in one.split(" / ")}


def _beside(reader: Reader, addresses: set[str], rows: dict[str, CaseRow]) -> Iterator[str]:
    """Names that stand in the cases beside other addresses."""
    known = traces(addresses, [], [])
    for code in rows:
        for row, columns in rows_of(reader, code):
            for column in columns:
                yield from known.others_in(getattr(row, column))


def _booked(engine: Engine, reader: Reader, addresses: set[str]) -> Iterator[str]:
    for address in sorted(addresses):
        for booking in reader.containing(Booking, address, "input", order=("due_at",), limit=MOST, is_open=True):
            yield f"{booking.process} {engine.today(booking.due_at)}"


def _count(reader: Reader, record: type[object], column: str, addresses: set[str]) -> int:
    found = [one for one in reader.distinct(record, column) if one.lower() in addresses]
    return reader.count(record, **{column: found}) if found else 0


def _mails(reader: Reader, known: Traces, caseless: Iterable[InboundMail], told: Iterable[Message]) -> int:
    """Mails to and from them, and those of no case that name them."""
    others = [*(one.sender for one in caseless), *(one.recipient for one in told)]
    between = sum(_count(reader, record, column, set(known.addresses)) for record, column in _KNOWN_BY[1:3])
    return between + sum(one.lower() not in known.addresses for one in others)


def _registers(reader: Reader, addresses: set[str]) -> Iterator[str]:
    for record, columns in OF_REGISTERS.items():
        for address in sorted(addresses):
            for row in holding(reader, record, address, columns):
                if without(row, columns, traces([address], [], [])):
                    yield str(getattr(row, KEYS[record][0]))
