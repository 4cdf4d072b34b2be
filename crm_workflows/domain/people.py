"""Who works here, and who is asked: people, deputies, managers and the words that name an approver (G-2, G-5).

It must not read files, clocks or mail; the date on which deputies are judged is handed in.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from crm_workflows.domain.approvers import (
    Approver,
    ByDepartment,
    ByPerson,
    ByRole,
    Manager,
    Owner,
    Word,
    described,
    words_of,
)
from crm_workflows.domain.approvers import department as department
from crm_workflows.domain.approvers import manager as manager
from crm_workflows.domain.approvers import owner as owner
from crm_workflows.domain.approvers import person as person
from crm_workflows.domain.approvers import role as role
from crm_workflows.domain.errors import AuthorMistake, CrmError
from crm_workflows.domain.money import Money
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import Language, bilingual, in_language


class NobodyToAsk(CrmError):
    """No person can be asked; the case needs attention. `approver` is the word that led nowhere ("role:finance")."""

    def __init__(self, approver: str, message: str) -> None:
        super().__init__(message)
        self.approver = approver


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

    def shown_name(self, language: str) -> str:
        """The name for a reader of that language."""
        return self.name_en or self.name if language == "en" else self.name

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address from which this person may write, the identity first."""
        return (self.email, *self.other_emails)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom to ask, as what (`role`, `department`, "owner", "manager" or an address), and for whom they stand in.

    `instead_of` is who holds the role but must not be asked, so that the question has climbed from them (G-2).
    """

    person: Person
    role: str
    deputy_for: str | None = None
    instead_of: str | None = None


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
        for someone in self.people:
            for address in someone.emails:
                other = self._by_address.setdefault(address.lower(), someone)
                if other is not someone:
                    raise AuthorMistake(f"{address} belongs to both {other.name} and {someone.name}; correct one")

    def person(self, email: str | None) -> Person | None:
        """The person with this address, main or other, in any case; None if nobody has it."""
        return self._by_address.get(email.strip().lower()) if email else None

    def with_role(self, role: str) -> tuple[Person, ...]:
        """Everybody who holds the role, people who have left included."""
        return tuple(p for p in self.people if role in p.roles)

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
        requester: str | None = None,
        subject_owner: str | None = None,
        assignee: str | None = None,
    ) -> tuple[Assignment, ...]:
        """Whom to ask on that date, never nobody: at least one active person, none of them twice.

        Everybody whom the word names is asked (whoever answers first decides), or the deputy who stands in for them.
        `requester` (None for tasks, where asking oneself is right) is never asked, in no capacity and for nobody, and
        their own deputy is not asked in their place (G-2); where only the requester is left, the question climbs to
        their manager. A person who has left and has no deputy is passed over. `manager` is that of `assignee`, else
        of `subject_owner`, and climbs over managers who cannot be asked. Raises NobodyToAsk.
        """
        found: dict[str, Assignment] = {}
        failed: list[NobodyToAsk] = []
        for word in words_of(approver):
            search = _Search(self, on, self._key(requester), word)
            try:
                named = search.run(self._key(subject_owner), self._key(assignee))
            except NobodyToAsk as error:
                failed.append(error)
            else:
                search.add(found, *named)
        if not found:
            raise failed[0]
        return tuple(found.values())

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


class _Search:
    """One resolution: who is named, who stands in, where it climbs to."""

    def __init__(self, directory: Directory, on: date, requester: str | None, approver: Word) -> None:
        self.directory = directory
        self.on = on
        self.requester = requester
        self.approver = approver

    def run(self, subject_owner: str | None, assignee: str | None) -> tuple[Assignment, ...]:
        named = self._named(subject_owner, assignee)
        found: dict[str, Assignment] = {}
        for holder in named:
            self.add(found, self._ask(holder))
        requesting = next((p for p in named if p.email == self.requester), None)
        climbs_from = named[0] if named and isinstance(self.approver, Manager) else requesting
        if not found and climbs_from is not None:
            self.add(found, self._climb(climbs_from))
        if not found:
            raise self._nobody(named, subject_owner, assignee)
        return tuple(found.values())

    def _named(self, subject_owner: str | None, assignee: str | None) -> tuple[Person, ...]:
        match self.approver:
            case ByRole(name):
                return self.directory.with_role(name)
            case ByDepartment(name):
                return self.directory.department(name)
            case ByPerson(email):
                return self._one(email)
            case Owner():
                return self._one(subject_owner)
            case Manager():
                of = self.directory.manager_of(assignee or subject_owner or "")
                return (of,) if of else ()

    def _one(self, email: str | None) -> tuple[Person, ...]:
        someone = self.directory.person(email)
        return (someone,) if someone else ()

    def _ask(self, holder: Person) -> Assignment | None:
        """The holder or who stands in for them today; None if the holder is the requester or has left alone.

        Somebody on leave whose deputies are all away, gone or the requester is asked themselves: a mail that waits
        for its reader, with reminder and escalation, is better than a case that stops.
        """
        if holder.email == self.requester:
            return None
        stand_in = self._stand_in(holder, {holder.email})
        if stand_in is not None:
            return Assignment(stand_in, self.approver.name, deputy_for=holder.email)
        return Assignment(holder, self.approver.name) if holder.active else None

    def _stand_in(self, holder: Person, seen: set[str]) -> Person | None:
        """The end of the chain of deputies: the first who is here today; `seen` keeps it from going in circles."""
        for line in holder.deputies:
            deputy = self.directory.person(line.email) if line.covers(self.on) else None
            if deputy is None or deputy.email in seen or deputy.email == self.requester:
                continue
            seen.add(deputy.email)
            away = any(d.covers(self.on) for d in deputy.deputies)
            if deputy.active and not away:
                return deputy
            further = self._stand_in(deputy, seen)
            if further is not None:
                return further
        return None

    def _climb(self, start: Person) -> Assignment | None:
        seen, above = {start.email}, self.directory.manager_of(start.email)
        while above is not None and above.email not in seen:
            assignment = self._ask(above)
            if assignment is not None:
                return replace(assignment, instead_of=start.email) if start.email == self.requester else assignment
            seen.add(above.email)
            above = self.directory.manager_of(above.email)
        return None

    @staticmethod
    def add(found: dict[str, Assignment], *more: Assignment | None) -> None:
        """One question per person; who is asked in their own right is not also shown as asked for somebody else."""
        for new in more:
            if new is not None and (new.person.email not in found or not (new.deputy_for or new.instead_of)):
                found[new.person.email] = new

    def _nobody(self, named: tuple[Person, ...], subject_owner: str | None, assignee: str | None) -> NobodyToAsk:
        who = described(self.approver, assignee or subject_owner or "")
        if not named:
            why = bilingual("无人担任或查无此人", "nobody is there")
        elif any(p.email == self.requester for p in named):
            why = bilingual("只有申请人本人，且其上级中无人可问", "only the requester, and nobody above them")
        else:
            why = bilingual("相关人员均已离职且无代理人", "everybody there has left without a deputy")
        return NobodyToAsk(
            str(self.approver),
            bilingual(
                f"“{in_language(who, 'zh')}”没有可以询问的人：{in_language(why, 'zh')}；"
                "请管理员更新人员名单（指定人员、上级或代理人）后继续。",
                f"There is nobody to ask for {in_language(who, 'en')} ({in_language(why, 'en')}); an admin should name "
                "a person, manager or deputy in the people file and apply it.",
            ),
        )
