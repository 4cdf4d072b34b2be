"""What a case brings about happens once: requests, questions, register codes, linked and booked cases."""

from collections import defaultdict
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from crm_workflows.engine.decisions.requesting import is_door
from crm_workflows.engine.digests.digests import id_of
from tests.invariants.rows import Rows, repeated

OFFICE = ZoneInfo("Asia/Shanghai")
ASKING = ("approval_request", "task_request", "documents_request", "start_confirmation")


def once(rows: Rows) -> Iterator[str]:
    """Nothing is there twice that can be there once, and nothing with a number is missing."""
    yield from _requests(rows)
    yield from _questions(rows)
    yield from _register(rows)
    yield from _linked(rows)
    yield from _steps(rows)


def _requests(rows: Rows) -> Iterator[str]:
    opened = [(e.case, e.round, e.key, e.kind) for entries in rows.journal.values() for e in entries]
    for case, round_, key, kind in repeated(opened):
        yield f"{case} went through {key} twice in round {round_} ({kind})"
    for case, round_, key in repeated((r.case, r.round, r.key) for r in rows.requests.values()):
        yield f"{case} asked {key} twice in round {round_}"
    for case, key in repeated((r.case, r.key) for r in rows.requests.values() if r.status == "open"):
        yield f"{case} asks {key} twice at once"
    hashes = [a.token_hash for asked in rows.assignees.values() for a in asked]
    for hash_ in repeated(hashes):
        yield f"two people share the secret {hash_[:8]}"


def _questions(rows: Rows) -> Iterator[str]:
    """Everybody asked got one mail that asks, and one each time that it was passed on to them; what an admin had sent
    once more is not counted."""
    sent: defaultdict[str, list[str]] = defaultdict(list)
    for mail in rows.messages:
        if mail.template in ASKING and mail.request and "-" not in mail.id:
            sent[mail.request].append(mail.recipient.lower())
    for request in sent.keys() | {request for request in rows.assignees if not is_door(request)}:
        people = [who for assignee in rows.assignees.get(request, ()) for who in _times(rows, request, assignee.person)]
        people = [who for who in people if who in sent[request] or not _is_left_to_digest(rows, request, who)]
        if len(sent[request]) != len(people) or set(repeated(sent[request])) - set(repeated(people)):
            yield f"{request} asks {people}, and the mails that ask went to {sent[request]}"


def _times(rows: Rows, request: str, person: str) -> list[str]:
    """The person, once for each time that they came to be asked."""
    passed_on, case = _passed_on(rows, request), request.rpartition("-R")[0]
    came = [e.data for e in rows.audit.get(case, ()) if e.event in ("opened", "asked", "added", "went_on")]
    asked = sum(person in data["asked"] for data in came if data["request"] == request)
    return [person.lower()] * max(passed_on.count(person) + asked, 1)


def _passed_on(rows: Rows, request: str) -> list[str]:
    entries = rows.audit.get(request.rpartition("-R")[0], ())
    return [e.data["to"] for e in entries if e.event == "moved" and e.data["request"] == request and e.data["to"]]


def _register(rows: Rows) -> Iterator[str]:
    for name, values in {
        "code": [s.code for s in rows.suppliers],
        "credit code": [s.credit_code for s in rows.suppliers],
    }.items():
        for value in repeated(values):
            yield f"two suppliers have the {name} {value}"
    codes = {s.code for s in rows.suppliers}
    for series, last in rows.numbers.items():
        if series.startswith("supplier/"):
            letters = series.partition("/")[2]
            given = {f"S-{letters}-{n:04d}" for n in range(1, last + 1)}
            if given != {code for code in codes if code.startswith(f"S-{letters}-")}:
                yield f"the supplier codes {letters} are not 1 to {last} without gaps"
    for row in rows.results:
        if row.name == "supplier_code" and row.value not in codes:
            yield f"{row.case} was given the supplier code {row.value}, which is not in the register"


def _linked(rows: Rows) -> Iterator[str]:
    links = {(link.case, link.other, link.relation) for link in rows.links}
    for case, other, relation in links:
        back = (other, case, relation.removeprefix("from_") if relation.startswith("from_") else f"from_{relation}")
        if back not in links or case not in rows.cases or other not in rows.cases:
            yield f"{case} is linked to {other} ({relation}), but not the other way, or one of them is not there"
    for code in repeated(booking.opened for booking in rows.bookings if booking.opened):
        yield f"{code} was opened by two bookings"
    for booking in rows.bookings:
        if (
            booking.case in rows.cases
            and booking.opened
            and (booking.case, booking.opened, booking.relation) not in links
        ):
            yield f"{booking.opened} was opened for {booking.case}, and they are not linked"
        if booking.opened and booking.is_open:
            yield f"booking {booking.key} has opened {booking.opened} and would open another case"


def _steps(rows: Rows) -> Iterator[str]:
    """A step that is carried out once gives the same in every round."""
    for case, entries in rows.journal.items():
        results = defaultdict(list)
        for entry in entries:
            if entry.kind == "step" and isinstance(entry.value, dict) and entry.value.get("once"):
                results[entry.key].append(entry.value["result"])
        for key, values in results.items():
            if any(value != values[0] for value in values):
                yield f"{case} carried out {key} once more: {values}"


def _is_left_to_digest(rows: Rows, request: str, who: str) -> bool:
    """Whether somebody wanted a digest in the place of single mails when this was asked of them (G-10), or it is a
    callback of a round that the digest of that day lists or, not being made yet, will list while it is open (CB-3)."""
    asked = rows.requests.get(request)
    if asked is None or asked.kind == "documents":
        return False
    case = rows.cases.get(asked.case)
    if case is not None and case.origin == "round" and asked.kind == "task":
        listed = rows.digests.get(id_of(who, asked.opened_at.astimezone(OFFICE).date()))
        return listed is None or request in listed or asked.status != "open"
    directories = (directory for people in rows.people for directory, _ in people.at(asked.opened_at))
    return any((person := directory.person(who)) and person.digest == "instead" for directory in directories)
