"""Brings a world to its end and judges it: what people were told holds, everything ends, and the invariants hold.

The invariants are those of every test (`tests.invariants`); here stands only what nobody but the world can know.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from crm_workflows.domain.errors import Refused
from crm_workflows.domain.records import (
    KEYS,
    Assignee,
    AuditEntry,
    BusinessRow,
    CaseRow,
    Decision,
    InboundMail,
    JournalEntry,
    Message,
    Number,
    Request,
)
from crm_workflows.engine.ports import Reader
from tests.invariants import broken
from tests.simulator.company import Company
from tests.simulator.people import DAY, People
from tests.simulator.roles import WEB, Roles
from tests.simulator.world import MORNING, Do, Process, World

STORM = timedelta(days=45)
"""Longer than any case needs while somebody answers."""
ROUNDS = 60
OVER = ("closed", "cancelled")
MEANT = {"OutsideFailure", "NobodyToAsk", "AuthorMistake", "RoundsUsedUp"}
"""Why a case may need attention here: a call that fails too often, somebody who left, a limit of going back."""


def settle(world: World, roles: Roles, people: People, company: Company) -> Iterator[str]:
    """Let everything end in fair weather: whoever is asked answers, admins help. What cannot end, by name."""
    world.run(MORNING + STORM)
    world.calm_down()
    company.repair()
    for n in range(ROUNDS):
        world.run(world.later(DAY))
        left = _open_cases(roles)
        for row in left:
            world.soon(WEB[0], f"sees to {row.code}", _seeing_to(people, roles, row, n))
        if not left and not _under_way(roles):
            return
    for row in _open_cases(roles):
        yield f"case {row.code} never ends: {row.status}, ready {row.ready_at}"


def _open_cases(roles: Roles) -> list[CaseRow]:
    with roles.observer.read() as reader:
        return [row for row in reader.find(CaseRow) if row.status not in OVER]


def _under_way(roles: Roles) -> bool:
    """Whether mail is still on its way."""
    with roles.observer.read() as reader:
        leaving = reader.count(Message, status=["queued", "sending", "uncertain"])
        return leaving + reader.count(InboundMail, status="new") > 0


def _seeing_to(people: People, roles: Roles, row: CaseRow, n: int) -> Do:
    return lambda process: _see_to(people, roles, process, row, n)


def _see_to(people: People, roles: Roles, process: Process, row: CaseRow, n: int) -> str:
    if row.status == "needs_attention":
        return str(people.helps(row.code)(process))
    with roles.observer.read() as reader:
        found = reader.find(Request, case=row.code, status="open")
        asked = [(request, reader.find(Assignee, request=request.id)) for request in found]
    return "; ".join(_answered(people, roles, process, request, who, n) for request, who in asked if who)


def _answered(people: People, roles: Roles, process: Process, request: Request, who: list[Assignee], n: int) -> str:
    try:
        return people.act(roles.engine(process), request, who[n % len(who)].person, "page", people.willing)
    except Refused as refusal:
        return refusal.message.split(" / ")[-1]


def at_any_moment(roles: Roles, company: Company) -> list[str]:
    """What has to hold after every event."""
    found = list(roles.post.broken)
    for process in roles.world.processes.values():
        found += [f"{process.name}: a write that had begun was refused: {m}" for m in process.store.refused_inside]
    return found + broken(roles.observer, company.staff.history())


def in_the_end(roles: Roles, people: People) -> list[str]:
    """What has to hold once everything is over."""
    with roles.observer.read() as reader:
        people_say = chain(_answers_stand(reader, people), _received(reader, people))
        return list(chain(people_say, _sent(reader, roles), _story(reader, people)))


def _answers_stand(reader: Reader, people: People) -> Iterator[str]:
    made = {(d.request, d.by, d.decision): d for d in reader.find(Decision, effective=True)}
    for one in people.told.decisions:
        if one not in made:
            yield f"the answer {one} was confirmed, and it does not count"
    for code in people.told.cases.values():
        if reader.get(CaseRow, code) is None:
            yield f"case {code} was confirmed, and is not there"
    for decision in made.values():
        mail = reader.get(InboundMail, decision.evidence) if decision.channel == "reply" else None
        if mail is not None and mail.status != "applied":
            yield f"mail {mail.message_id} has decided {decision.request}, and its writer was told: {mail.why}"
        about = people.told.about[mail.message_id] if mail is not None else decision.request
        if about != decision.request:
            yield f"a mail that answers {about} has decided {decision.request}"


def _received(reader: Reader, people: People) -> Iterator[str]:
    for identity in people.told.taken:
        rows = reader.find(InboundMail, message_id=identity)
        if len(rows) != 1 or rows[0].status == "new":
            yield f"mail {identity} was taken from its writer, and is {[row.status for row in rows] or 'not there'}"
        answered = [mail.template for mail in reader.find(Message, in_reply_to=identity)]
        if any(row.status == "applied" for row in rows) and len(answered) != 1:
            yield f"mail {identity} was applied, and answered by {answered}"


def _sent(reader: Reader, roles: Roles) -> Iterator[str]:
    post = roles.post
    for mail in reader.find(Message):
        if mail.status == "sent" and not post.copies[mail.id]:
            yield f"mail {mail.id} ({mail.template}) of {mail.case} counts as sent, and nobody took it"
        if mail.status not in ("sent", "failed"):
            yield f"mail {mail.id} ({mail.template}) of {mail.case} is {mail.status} in the end"
        if mail.status == "failed" and mail.id not in post.refused:
            yield f"mail {mail.id} ({mail.template}) of {mail.case} failed, though nobody refused it: {mail.error}"


def _story(reader: Reader, people: People) -> Iterator[str]:
    """What the procedure of the simulation says of itself."""
    numbers = Counter((row.case, row.value) for row in reader.find(BusinessRow, name="number"))
    given = sorted(value for _, value in numbers)
    last = reader.get(Number, "simulated")
    if given != list(range(1, (last.last if last else 0) + 1)):
        yield f"the numbers given are {given}: one for each case, and none missing"
    for key, asked in people.called.items():
        if len(asked) > 1:
            yield f"the call {key} was made under the names {sorted(asked)}"
    for entry in reader.find(AuditEntry, event=["put_aside", "needs_attention"]):
        if entry.event == "put_aside" or entry.data["error"] not in MEANT:
            yield f"case {entry.case}: {entry.event} at {entry.at} for {entry.data['error']}"
    yield from _asked_in_vain(reader)


def _asked_in_vain(reader: Reader) -> Iterator[str]:
    """A send-back asks again from its rule on, and nothing before it; our own rules stand in their order."""
    backs = {(e.case, e.round): e.rule for e in reader.find(JournalEntry, kind="back")}
    for entry in reader.find(JournalEntry, kind="open"):
        back = backs.get((entry.case, entry.round))
        if entry.case.startswith("SM") and back is not None and entry.rule < back:
            yield f"case {entry.case} went back to {back} and asked {entry.key} again, which stands before it"


def digest_of(reader: Reader) -> Iterator[bytes]:
    """Every row there is, in order."""
    for record in KEYS:
        for row in reader.find(record):
            yield repr(row).encode()
