"""What people leave behind who are no longer in a new people file: their open requests and cases. It only reads."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from crm_workflows.domain.errors import ProcedureChanged
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import UNFINISHED, Assignee, CaseRow, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, counted
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions.succession import successions
from crm_workflows.engine.ports import Reader, Staff
from crm_workflows.engine.requests.desk import desk_of

CODES_SHOWN: Final = 3


@dataclass(frozen=True)
class Departure:
    """Somebody who left or vanished while something was open."""

    person: Person
    requests: int
    """Open requests that ask them."""
    stuck: int
    """Those of them that nobody takes over or is asked as well."""
    owned: int
    """Open cases they own."""
    cases: tuple[str, ...]
    """The codes of all these cases, by code."""
    can_answer: tuple[Person, ...]
    """Who takes these requests over, and others who were asked the same."""

    @property
    def sentence(self) -> str:
        """What an administrator should know of it, as a label."""
        more = len(self.cases) > CODES_SHOWN
        codes = ", ".join(self.cases[:CODES_SHOWN]) + (" …" if more else "")
        zh_who, en_who = (_listed(p.shown_name(language) for p in self.can_answer) for language in ("zh", "en"))
        left_zh, left_en = [], []
        if self.requests:
            left_zh.append(f"{self.requests} 项待答复")
            left_en.append(counted(self.requests, "open request", "open requests"))
        if self.owned:
            left_zh.append(f"{self.owned} 个由其负责的未结案件")
            left_en.append(f"{counted(self.owned, 'open case', 'open cases')} of their own")
        zh = f"{self.person.name} 已不在岗，仍有 {'、'.join(left_zh)}（{codes}）"
        en = f"{self.person.shown_name('en')} is gone and leaves {' and '.join(left_en)} ({codes})"
        if self.can_answer:
            zh, en = f"{zh}；此后由 {zh_who} 答复", f"{en}; to be answered by {en_who}"
        if self.stuck:
            zh = f"{zh}；{self.stuck} 项没有人可以接手"
            en = f"{en}; there is nobody to take over {counted(self.stuck, 'request', 'requests')}"
        return bilingual(zh, en)


@carries_out("G-5")
def departures(engine: Engine, after: Staff) -> Iterator[Departure]:
    """Everybody of the staff in force who has left in `after`, as far as they leave something open.

    A person with another main address is still here; who had left before is not told of again.
    """
    then = replace(engine, staff=after)
    with engine.store.read() as reader:
        for person in engine.staff.directory():
            now = after.directory().person(person.email)
            if person.active and not (now and now.active):
                found = _of(then, reader, person)
                if found.cases:
                    yield found


def _of(engine: Engine, reader: Reader, person: Person) -> Departure:
    asked = reader.find(Assignee, person=person.emails, is_active=True)
    owned = reader.find(CaseRow, owner=person.emails, status=UNFINISHED)
    answer = [_who_answers(engine, reader, assignee) for assignee in asked]
    directory = engine.staff.directory()
    people = [directory.person(address) for address in dict.fromkeys(who for some in answer for who in some)]
    return Departure(
        person=person,
        requests=len(asked),
        stuck=sum(not some for some in answer),
        owned=len(owned),
        cases=tuple(sorted({a.case for a in asked} | {row.code for row in owned})),
        can_answer=tuple(one for one in people if one),
    )


def _who_answers(engine: Engine, reader: Reader, assignee: Assignee) -> tuple[str, ...]:
    """The addresses of those who answer this instead; empty where there is nobody, or the code of the case is gone."""
    row, request = reader.get(CaseRow, assignee.case), reader.get(Request, assignee.request)
    if row is None or request is None:
        return ()
    try:
        found = successions(desk_of(engine, row, engine.clock.now()), reader, request)
    except ProcedureChanged:
        return ()
    return next((one.answer for one in found if one.leaving.person == assignee.person), ())


def _listed(names: Iterator[str]) -> str:
    return ", ".join(names)
