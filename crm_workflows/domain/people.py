"""Who works here, and who is asked: people, deputies, managers and the words that name an approver (G-2, G-5).

It must not read files, clocks or mail; the date on which deputies are judged is handed in.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from crm_workflows.domain.approvers import Approver, Word, words_of
from crm_workflows.domain.approvers import department as department
from crm_workflows.domain.approvers import manager as manager
from crm_workflows.domain.approvers import owner as owner
from crm_workflows.domain.approvers import person as person
from crm_workflows.domain.approvers import role as role
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money
from crm_workflows.domain.resolution import Asking, Search
from crm_workflows.domain.resolution import Assignment as Assignment
from crm_workflows.domain.resolution import NobodyToAsk as NobodyToAsk
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.spellings import half_width
from crm_workflows.domain.text import Language, in_language


@dataclass(frozen=True, slots=True)
class Deputy:
    """A stand-in from one date to another, both included; without `to_date` until further notice."""

    email: str
    from_date: date
    to_date: date | None = None

    def covers(self, on: date) -> bool:
        """Whether the stand-in acts on that date of the company's zone."""
        return self.from_date <= on and (self.to_date is None or on <= self.to_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the company; `email`, in lower case, is the identity. Inactive = has left."""

    email: str
    name: str
    department: str
    name_en: str = ""
    language: Language = "zh"
    roles: tuple[str, ...] = ()
    other_emails: tuple[str, ...] = ()
    manager: str | None = None
    deputies: tuple[Deputy, ...] = ()
    approval_limit: Money | None = None
    active: bool = True
    zone: str | None = None
    digest: str = ""
    """off, also or instead; empty: what the policy says for everybody (G-10)."""

    def shown_name(self, language: str) -> str:
        """The name for a reader of that language."""
        return self.name_en or self.name if language == "en" else self.name

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address from which this person may write, the identity first."""
        return (self.email, *self.other_emails)

    def is_called(self, name: str) -> bool:
        """Whether this is their name, in either language, with whatever blanks, width and case it is written."""
        wanted = _letters(name)
        return wanted != "" and wanted in (_letters(self.name), _letters(self.name_en))


def _letters(name: str) -> str:
    return "".join(half_width(name).split()).casefold()


class Directory:
    """Everybody, by any address; immutable. Order is that of the file, so whoever is listed first is named first."""

    def __init__(
        self,
        people: Iterable[Person],
        roles: Mapping[str, str] | None = None,
        departments: Mapping[str, str] | None = None,
        company: str = "",
    ) -> None:
        """`roles` and `departments` map a name to its label in both languages; `company` is one, or empty where the
        file names none. AuthorMistake on a shared address."""
        self.people = tuple(people)
        self.roles = MappingProxyType(dict(roles or {}))
        self.departments = MappingProxyType(dict(departments or {}))
        self.company = company
        self._by_address: dict[str, Person] = {}
        self._by_role: dict[str, tuple[Person, ...]] = {}
        for someone in self.people:
            for address in someone.emails:
                other = self._by_address.setdefault(address.lower(), someone)
                if other is not someone:
                    raise AuthorMistake(f"{address} belongs to both {other.name} and {someone.name}; correct one")
            for name in set(someone.roles):
                self._by_role[name] = (*self._by_role.get(name, ()), someone)

    def person(self, email: str | None) -> Person | None:
        """The person with this address, main or other, in any case; None if nobody has it."""
        return self._by_address.get(email.strip().lower()) if email else None

    def called(self, name: str) -> tuple[Person, ...]:
        """The active people of this name."""
        return tuple(p for p in self.people if p.active and p.is_called(name))

    def with_role(self, role: str) -> tuple[Person, ...]:
        """Everybody who holds the role, people who have left included."""
        return self._by_role.get(role, ())

    def department(self, name: str) -> tuple[Person, ...]:
        """Everybody in the department, people who have left included."""
        return tuple(p for p in self.people if p.department == name)

    def manager_of(self, email: str) -> Person | None:
        """The manager as the file names them, active or not; None at the top."""
        someone = self.person(email)
        return self.person(someone.manager) if someone else None

    def deputies_of(self, email: str, on: date) -> tuple[Person, ...]:
        """Active people who stand in for this person on that date, by their own deputy lines, not through chains."""
        someone = self.person(email)
        lines = someone.deputies if someone else ()
        found = (self.person(line.email) for line in lines if line.covers(on))
        return tuple(p for p in found if p is not None and p.active)

    def role_label(self, role: str, language: str) -> str:
        """The role for a reader: "市场主管"; its name where the file gives no label."""
        return in_language(self.roles.get(role, role), language)

    def department_label(self, department: str, language: str) -> str:
        """The department for a reader; its name where the file gives no label."""
        return in_language(self.departments.get(department, department), language)

    @carries_out("G-5")
    def resolve(
        self,
        approver: Approver,
        *,
        on: date,
        subject_owner: str | None = None,
        assignee: str | None = None,
        never: Collection[str] = (),
        amount: Money | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> tuple[Assignment, ...]:
        """Whom to ask on that date, never nobody: at least one active person, none of them twice.

        Everybody whom the word names is asked (whoever answers first decides), or the deputy who stands in for them.
        Whoever is in `never`, such as the requester at a gate, is not asked, in no capacity and for nobody, and their
        own deputy is not asked in their place (G-2); where only they are left, the question climbs to their manager. A
        person who has left and has no deputy is passed over.
        `manager` is that of `assignee`, else of `subject_owner`, and climbs over managers who cannot be asked. `amount`
        is what `with_limit` measures, `fields` where `field` looks. Raises NobodyToAsk.
        """
        barred = frozenset(map(self.identity, never))
        asking = Asking(on, barred, self._key(subject_owner), self._key(assignee), amount, fields or {})
        found: dict[str, Assignment] = {}
        failed: list[NobodyToAsk] = []
        for word in words_of(approver):
            try:
                named = Search(self, asking, word).run()
            except NobodyToAsk as error:
                failed.append(error)
            else:
                Search.add(found, *named)
        if not found:
            raise failed[0]
        return tuple(found.values())

    def named(self, word: Word) -> tuple[Person, ...]:
        """Everybody a word names that needs no case, such as a role; people who have left included."""
        return Search(self, Asking(date.min, frozenset()), word).named(word)

    def identity(self, address: str) -> str:
        """Who is behind an address, main or other; an address of nobody here stays itself."""
        someone = self.person(address)
        return someone.email if someone else address.strip().lower()

    def _key(self, email: str | None) -> str | None:
        return self.identity(email) if email else None

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people)

    def __len__(self) -> int:
        return len(self.people)
