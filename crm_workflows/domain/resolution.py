"""Finds the people whom an approver's word names on a day: deputies, managers, limits, and nobody who is barred (G-5).

It must not read files, clocks or mail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_workflows.domain.approvers import (
    ByDepartment,
    ByField,
    ByLimit,
    ByPerson,
    ByRole,
    Manager,
    ManagerOf,
    Owner,
    Word,
    described,
)
from crm_workflows.domain.errors import AuthorMistake, CrmError
from crm_workflows.domain.money import Money
from crm_workflows.domain.text import bilingual, in_language

if TYPE_CHECKING:
    from crm_workflows.domain.people import Directory, Person


class NobodyToAsk(CrmError):
    """No person can be asked; the case needs attention. `approver` is the word that led nowhere ("role:finance")."""

    def __init__(self, approver: str, message: str) -> None:
        super().__init__(message)
        self.approver = approver


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom to ask, as what (`role`, `department`, "owner", "manager" or an address), and for whom they stand in.

    `instead_of` is who holds the role but must not be asked, or who owned the case and has left, so that the question
    has climbed from them (G-2).
    """

    person: "Person"
    role: str
    deputy_for: str | None = None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """The circumstances of a question: the day, who is never asked, whose case, what amount, which fields."""

    on: date
    barred: frozenset[str]
    subject_owner: str | None = None
    assignee: str | None = None
    amount: Money | None = None
    fields: Mapping[str, Any] | None = None

    @property
    def about(self) -> str:
        """The address whose owner or manager is meant, or empty."""
        return self.assignee or self.subject_owner or ""


class Search:
    """One resolution: who is named, who stands in, where it climbs to."""

    def __init__(self, directory: "Directory", asking: Asking, approver: Word) -> None:
        self.directory = directory
        self.asking = asking
        self.approver = approver

    def run(self) -> tuple[Assignment, ...]:
        """Everybody to ask; raises NobodyToAsk rather than returning nobody."""
        named = self.named(self.approver)
        if isinstance(self.approver, ByLimit):
            return self._with_limit(named)
        found: dict[str, Assignment] = {}
        for holder in named:
            self.add(found, self._ask(holder))
        barred = next((p for p in named if p.email in self.asking.barred), None)
        climbs_from = named[0] if named and isinstance(self.approver, Manager | ManagerOf | Owner) else barred
        if not found and climbs_from is not None:
            self.add(found, self._climb(climbs_from))
        if not found:
            raise self._nobody(named)
        return tuple(found.values())

    def named(self, word: Word) -> tuple["Person", ...]:
        """Everybody whom a word names, here or not."""
        match word:
            case ByRole(name):
                return self.directory.with_role(name)
            case ByDepartment(name):
                return self.directory.department(name)
            case ByPerson(email):
                return self._one(email)
            case Owner():
                return self._one(self.asking.subject_owner)
            case Manager():
                of = self.directory.manager_of(self.asking.about)
                return (of,) if of else ()
            case ManagerOf(inner):
                above = (self.directory.manager_of(person.email) for person in self.named(inner))
                return tuple({person.email: person for person in above if person is not None}.values())
            case ByLimit(inner):
                return self.named(inner)
            case ByField(name, among):
                value = (self.asking.fields or {}).get(name)
                chosen = self._one(value if isinstance(value, str) else None)
                listed = None if among is None else self.named(among)
                return tuple(person for person in chosen if listed is None or person in listed)

    def _one(self, email: str | None) -> tuple["Person", ...]:
        someone = self.directory.person(email)
        return (someone,) if someone else ()

    def _with_limit(self, named: tuple["Person", ...]) -> tuple[Assignment, ...]:
        """Those named who may sign for the amount; where nobody may, the first above them who may."""
        own = [self._ask(person) for person in named if self._covers(person)]
        found: dict[str, Assignment] = {}
        self.add(found, *own)
        if not found:
            self.add(found, *(self._above_with_limit(person) for person in named))
        if not found:
            raise self._nobody(named)
        return tuple(found.values())

    def _above_with_limit(self, start: "Person") -> Assignment | None:
        able = (self._ask(person) for person in self._chain(start) if self._covers(person))
        return next((assignment for assignment in able if assignment is not None), None)

    def _covers(self, person: "Person") -> bool:
        """Whether somebody may sign for the amount alone; an amount in another currency is beyond any limit."""
        amount, limit = self.asking.amount, person.approval_limit
        if amount is None:
            raise AuthorMistake(f"{self.approver} asks by approval limit; give the approval its `amount`")
        if limit is None:
            return self.directory.manager_of(person.email) is None
        return limit.currency == amount.currency and amount <= limit

    def _ask(self, holder: "Person") -> Assignment | None:
        """The holder or who stands in for them today; None if the holder is barred or has left alone.

        Somebody on leave whose deputies are all away, gone or barred is asked themselves: a mail that waits for its
        reader, with reminder and escalation, is better than a case that stops.
        """
        if holder.email in self.asking.barred:
            return None
        stand_in = self._stand_in(holder, {holder.email})
        if stand_in is not None:
            return Assignment(stand_in, self.approver.name, deputy_for=holder.email)
        return Assignment(holder, self.approver.name) if holder.active else None

    def _stand_in(self, holder: "Person", seen: set[str]) -> "Person | None":
        """The end of the chain of deputies: the first who is here today; `seen` keeps it from going in circles."""
        for line in holder.deputies:
            deputy = self.directory.person(line.email) if line.covers(self.asking.on) else None
            if deputy is None or deputy.email in seen or deputy.email in self.asking.barred:
                continue
            seen.add(deputy.email)
            away = any(d.covers(self.asking.on) for d in deputy.deputies)
            if deputy.active and not away:
                return deputy
            further = self._stand_in(deputy, seen)
            if further is not None:
                return further
        return None

    def _climb(self, start: "Person") -> Assignment | None:
        for above in self._chain(start):
            assignment = self._ask(above)
            if assignment is not None:
                is_named = start.email in self.asking.barred or isinstance(self.approver, Owner)
                return replace(assignment, instead_of=start.email) if is_named else assignment
        return None

    def _chain(self, start: "Person") -> Iterator["Person"]:
        """The managers above somebody, each once."""
        seen, above = {start.email}, self.directory.manager_of(start.email)
        while above is not None and above.email not in seen:
            yield above
            seen.add(above.email)
            above = self.directory.manager_of(above.email)

    @staticmethod
    def add(found: dict[str, Assignment], *more: Assignment | None) -> None:
        """One question per person; who is asked in their own right is not also shown as asked for somebody else."""
        for new in more:
            if new is not None and (new.person.email not in found or not (new.deputy_for or new.instead_of)):
                found[new.person.email] = new

    def _nobody(self, named: tuple["Person", ...]) -> NobodyToAsk:
        who = described(self.approver, self.asking.about)
        if not named:
            why = bilingual("无人担任或查无此人", "nobody is there")
        elif any(p.email in self.asking.barred for p in named):
            why = bilingual("只有申请人本人，且其上级中无人可问", "only the requester, and nobody above them")
        elif isinstance(self.approver, ByLimit) and any(p.active for p in named):
            why = bilingual("无人的审批限额足够", "nobody's approval limit is high enough")
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
