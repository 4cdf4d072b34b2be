"""Finds what is wrong between people: shared addresses, missing managers and deputies, circles (G-5).

It must not read YAML: it is given people with the lines to which its findings point.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from yaml.nodes import Node

from crm_workflows.adapters.configuration.config_check import Sheet, line_of, nearest
from crm_workflows.domain.people import Directory, Person

Arrows = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Entry:
    """One person as written: the node, its fields, and the line of each deputy."""

    person: Person
    at: Node
    fields: Mapping[str, Node]
    deputy_lines: tuple[int, ...]

    def line(self, field: str) -> int:
        """The line of a field, else of the person."""
        return line_of(self.fields.get(field, self.at))


def addresses_are_unique(sheet: Sheet, entries: Iterable[Entry]) -> bool:
    """Whether every address leads to one person; noted where not."""
    owners: dict[str, Person] = {}
    unique = True
    for entry in entries:
        person = entry.person
        for address in person.emails:
            other = owners.setdefault(address, person)
            if other is not person:
                unique = False
                line = entry.line("email" if address == person.email else "other_emails")
                en = f"{address} already belongs to {other.name}; give each address to one person"
                sheet.error(line, f"{address} 已是 {other.name} 的地址，每个地址只能属于一人", en)
    return unique


def check_links(sheet: Sheet, entries: list[Entry], directory: Directory) -> None:
    """Note managers and deputies who are nobody here, have left, or lead in a circle."""
    emails = [entry.person.email for entry in entries]
    for entry in entries:
        _check_manager(sheet, entry, directory, emails)
        _check_deputies(sheet, entry, directory, emails)
    tops = [entry for entry in entries if entry.person.active and not entry.person.manager]
    for entry in tops[1:]:
        name, first = entry.person.name, tops[0].person.name
        en = f"{name} has no manager, and neither has {first}; name one unless both lead"
        sheet.warn(entry.line("email"), f"{name} 没有上级，{first} 也没有；除非两人都是最高负责人，请补上", en)
    _check_manager_circles(sheet, entries, directory)
    _check_deputy_circles(sheet, entries, directory)


def circles(arrows: Arrows) -> Iterator[list[str]]:
    """Circles without a common member, each as its members in order with the first repeated at the end.

    Linear in the arrows: walks each name once, deepest first, and never again.
    """
    done: set[str] = set()
    for start in arrows:
        path: list[str] = []
        waiting = [] if start in done else [iter([start])]
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                done.update(path[-1:])
                path = path[:-1]
            elif name in path:
                yield [*path[path.index(name) :], name]
                done.update(path)
                path, waiting = [], []
            elif name not in done:
                path.append(name)
                waiting.append(iter(arrows.get(name, ())))


def _check_manager(sheet: Sheet, entry: Entry, directory: Directory, emails: list[str]) -> None:
    person, manager = entry.person, directory.manager_of(entry.person.email)
    if person.manager and manager is None:
        zh, en = nearest(person.manager, emails)
        zh = f"{person.name} 的上级 {person.manager} 不在人员中，{zh}"
        sheet.error(entry.line("manager"), zh, f"manager {person.manager} of {person.name} is nobody here; {en}")
    elif manager is not None and not manager.active and person.active:
        zh = f"{person.name} 的上级 {manager.name} 已离职，请另行指定"
        sheet.warn(entry.line("manager"), zh, f"manager {manager.name} of {person.name} has left; name another")


def _check_deputies(sheet: Sheet, entry: Entry, directory: Directory, emails: list[str]) -> None:
    name = entry.person.name
    for deputy, line in zip(entry.person.deputies, entry.deputy_lines, strict=True):
        stand_in = directory.person(deputy.email)
        if stand_in is None:
            zh, en = nearest(deputy.email, emails)
            zh = f"{name} 的代理人 {deputy.email} 不在人员中，{zh}"
            sheet.error(line, zh, f"deputy {deputy.email} of {name} is nobody here; {en}")
        elif not stand_in.active:
            zh = f"{name} 的代理人 {stand_in.name} 已离职，请另行指定"
            sheet.warn(line, zh, f"deputy {stand_in.name} of {name} has left; name another")


def _check_manager_circles(sheet: Sheet, entries: list[Entry], directory: Directory) -> None:
    lines = {entry.person.email: entry.line("manager") for entry in entries}
    above = {email: [m.email for m in [directory.manager_of(email)] if m] for email in lines}
    for circle in circles(above):
        shown = _shown(circle, directory)
        zh = f"上级关系成环：{shown}，请更改其中一处"
        sheet.error(lines[circle[0]], zh, f"managers lead in a circle, {shown}; change one of them")


def _check_deputy_circles(sheet: Sheet, entries: list[Entry], directory: Directory) -> None:
    """Deputies may stand in for each other, but not on the same day: looked at on each day on which one begins."""
    lines = {entry.person.email: entry.line("deputies") for entry in entries}
    told: set[frozenset[str]] = set()
    for day in sorted({deputy.from_date for entry in entries for deputy in entry.person.deputies}):
        on_leave = {e.person.email: [d.email for d in e.person.deputies if d.covers(day)] for e in entries}
        identities = {name: [p.email for d in found if (p := directory.person(d))] for name, found in on_leave.items()}
        for circle in circles(identities):
            if frozenset(circle) not in told:
                told.add(frozenset(circle))
                shown = _shown(circle, directory)
                zh = f"{day} 的代理关系成环：{shown}，请更改其中一处"
                sheet.error(lines[circle[0]], zh, f"deputies lead in a circle on {day}, {shown}; change one of them")


def _shown(circle: list[str], directory: Directory) -> str:
    return " → ".join(p.name for email in circle if (p := directory.person(email)))
