"""What people leave behind who are no longer in a new people file: their open requests and cases. It only reads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.records import UNFINISHED, Assignee, CaseRow
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual, counted
from crm_workflows.engine.ports import Reader

CODES_SHOWN: Final = 3


@dataclass(frozen=True)
class Departure:
    """Somebody who left or vanished while something was open."""

    person: Person
    requests: int
    """Open requests that ask them."""
    stuck: int
    """Those of them that no deputy and nobody beside them can answer."""
    owned: int
    """Open cases they own."""
    cases: tuple[str, ...]
    """The codes of all these cases, by code."""
    can_answer: tuple[Person, ...]
    """Deputies, and others who were asked the same."""

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
            zh, en = f"{zh}；现可答复：{zh_who}", f"{en}; {en_who} can answer now"
        if self.stuck:
            zh = f"{zh}；{self.stuck} 项将转给现任者或其上级"
            en = f"{en}; {self.stuck} of the requests go to who holds their role then, else to their manager"
        return bilingual(zh, en)


@carries_out("G-5")
def departures(reader: Reader, before: Directory, after: Directory, on: date) -> Iterator[Departure]:
    """Everybody of `before` who has left in `after`, as far as they leave something open; `on` judges deputies.

    A person with another main address is still here; who had left before is not told of again.
    """
    for person in before:
        now = after.person(person.email)
        if person.active and not (now and now.active):
            found = _of(reader, person, after, on)
            if found.cases:
                yield found


def _of(reader: Reader, person: Person, after: Directory, on: date) -> Departure:
    asked = reader.find(Assignee, person=person.emails, is_active=True)
    owned = reader.find(CaseRow, owner=person.emails, status=UNFINISHED)
    deputies = after.deputies_of(person.email, on)
    stuck = 0
    others: dict[str, Person] = {p.email: p for p in deputies} if asked else {}
    for assignee in asked:
        fellows = list(_fellows(reader, assignee, after))
        others |= {p.email: p for p in fellows}
        stuck += not (deputies or fellows)
    return Departure(
        person=person,
        requests=len(asked),
        stuck=stuck,
        owned=len(owned),
        cases=tuple(sorted({a.case for a in asked} | {row.code for row in owned})),
        can_answer=tuple(others.values()),
    )


def _fellows(reader: Reader, assignee: Assignee, after: Directory) -> Iterator[Person]:
    """Others who may answer the same request: whoever was asked too, and for whom somebody stood in."""
    for other in reader.find(Assignee, request=assignee.request, is_active=True):
        for address in (other.person, other.deputy_for):
            found = after.person(address)
            if found is not None and found.active:
                yield found


def _listed(names: Iterator[str]) -> str:
    return ", ".join(names)
