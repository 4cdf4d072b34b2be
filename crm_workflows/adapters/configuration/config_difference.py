"""Says in sentences what changes between two configuration texts. It must not judge whether the change is right."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Final, Literal

from crm_workflows.adapters.configuration.config_check_calendar import WEEKDAYS, CalendarSource, read_calendar
from crm_workflows.adapters.configuration.config_check_people import read_people
from crm_workflows.adapters.configuration.config_check_policy import read_policy
from crm_workflows.domain.money import Money
from crm_workflows.domain.people import Deputy, Directory, Person
from crm_workflows.domain.working_time import Hours

Kind = Literal["people", "policy", "calendar"]
NOTHING: Final = "none"
LISTS: Final = ("roles", "other_emails", "deputies")
SINGLES: Final = ("name", "name_en", "language", "department", "manager", "approval_limit", "zone", "digest")


def difference(old_text: str, new_text: str, kind: Kind) -> list[str]:
    """What changes from the old text to the new one; an empty old text is a first start, where everything is added.

    Compares what the texts mean: comments, order of fields and quotes are no difference. ConfigurationError if either
    has mistakes.
    """
    match kind:
        case "people":
            return list(_people(_directory(old_text, "old"), _directory(new_text, "new")))
        case "policy":
            return list(_mapping(_policy(old_text, "old"), _policy(new_text, "new")))
        case "calendar":
            return list(_calendar(_source(old_text, "old"), _source(new_text, "new")))


def _directory(text: str, which: str) -> Directory:
    if not text.strip():
        return Directory(())
    directory, sheet = read_people(text, f"{which} people")
    if directory is None:
        raise sheet.mistakes()
    return directory


def _policy(text: str, which: str) -> Mapping[str, object]:
    if not text.strip():
        return {}
    policy, sheet = read_policy(text, f"{which} policy")
    if policy is None:
        raise sheet.mistakes()
    # Quoted, so that the text "12" and the number 12 look different.
    return {key: f'"{value}"' if isinstance(value, str) else value for key, value in policy.items()}


def _source(text: str, which: str) -> CalendarSource | None:
    if not text.strip():
        return None
    source, sheet = read_calendar(text, f"{which} calendar")
    if source is None:
        raise sheet.mistakes()
    return source


def _people(old: Directory, new: Directory) -> Iterator[str]:
    if old.company != new.company:
        yield f"company: {_shown(old.company)} → {_shown(new.company)}"
    yield from _mapping(old.departments, new.departments, "department ")
    yield from _mapping(old.roles, new.roles, "role ")
    before, after = ({person.email: person for person in directory} for directory in (old, new))
    for email, person in before.items():
        if email not in after:
            yield f"{person.name}: removed ({email})"
    for email, person in after.items():
        if email not in before:
            yield f"{person.name}: added ({_summary(person)})"
        else:
            yield from _person(before[email], person)
    kept = [[email for email in order if email in before and email in after] for order in (before, after)]
    if kept[0] != kept[1]:
        yield f"order: {' '.join(after[email].name for email in kept[1])}"


def _summary(person: Person) -> str:
    facts = [person.email, person.department, *person.roles]
    return ", ".join(facts + ([f"manager {person.manager}"] if person.manager else []))


def _person(old: Person, new: Person) -> Iterator[str]:
    who = new.name
    for field in SINGLES:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield f"{who}: {field} {_shown(before)} → {_shown(after)}"
    for field in LISTS:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            gone = [f"− {_shown(item)}" for item in before if item not in after]
            come = [f"+ {_shown(item)}" for item in after if item not in before]
            yield f"{who}: {field} {', '.join([*gone, *come]) or 'in another order'}"
    if old.active != new.active:
        yield f"{who}: {'has come back' if new.active else 'has left'}"


def _mapping(old: Mapping[str, object], new: Mapping[str, object], what: str = "") -> Iterator[str]:
    for key in [*old, *(key for key in new if key not in old)]:
        if key not in new:
            yield f"{what}{key}: removed (was {_shown(old[key])})"
        elif key not in old:
            yield f"{what}{key}: added, {_shown(new[key])}"
        elif _shown(old[key]) != _shown(new[key]):
            yield f"{what}{key}: {_shown(old[key])} → {_shown(new[key])}"


def _calendar(old: CalendarSource | None, new: CalendarSource | None) -> Iterator[str]:
    yield from _mapping(_lines(old), _lines(new))
    yield from _days(old.overrides if old else {}, new.overrides if new else {})


def _lines(source: CalendarSource | None) -> dict[str, object]:
    if source is None:
        return {}
    lines: dict[str, object] = {"zone": source.zone, "holidays": source.country}
    lines["make_up_hours"] = source.standard or "as on other days"
    return lines | {name: source.weekly.get(number, ()) for number, name in enumerate(WEEKDAYS)}


def _days(old: Mapping[date, Hours], new: Mapping[date, Hours]) -> Iterator[str]:
    """Changed days, runs of neighbours with the same change as one sentence."""
    ordinary = "ordinary"
    changes = [
        (day, f"{_shown(old.get(day, ordinary))} → {_shown(new.get(day, ordinary))}")
        for day in sorted({*old, *new})
        if old.get(day, ordinary) != new.get(day, ordinary)
    ]
    for (change, _), group in groupby(enumerate(changes), key=lambda n: (n[1][1], n[1][0].toordinal() - n[0])):
        days = [day for _, (day, _) in group]
        yield f"{days[0]}{f' to {days[-1]}' if len(days) > 1 else ''}: {change}"


def _shown(value: object) -> str:
    match value:
        case None | "":
            return NOTHING
        case ():
            return "closed"
        case tuple():
            return ", ".join(_shown(item) for item in value)
        case Deputy():
            return f"{value.email} {value.from_date} to {value.to_date or 'further notice'}"
        case bool():
            return "true" if value else "false"
        case Money():
            return value.shown("en")
        case _:
            return str(value)
