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
from crm_workflows.domain.text import Language, in_language
from crm_workflows.domain.working_time import Hours

Kind = Literal["people", "policy", "calendar"]
NOTHING: Final = "无 / none"
CLOSED: Final = "休息 / closed"
AS_USUAL: Final = "与平日相同 / as on other days"
ORDINARY: Final = "照常 / ordinary"
LISTS: Final = ("roles", "other_emails", "deputies")
SINGLES: Final = ("name", "name_en", "language", "department", "manager", "approval_limit", "zone", "digest")


def difference(old_text: str, new_text: str, kind: Kind, language: Language = "en") -> list[str]:
    """What changes from the old text to the new one; an empty old text is a first start, where everything is added.

    In one language, as what stands in the files may hold what parts two; the record of versions is in English.

    Compares what the texts mean: comments, order of fields and quotes are no difference. ConfigurationError if either
    has mistakes.
    """
    match kind:
        case "people":
            return list(_people(_directory(old_text, "old"), _directory(new_text, "new"), language))
        case "policy":
            return list(_mapping(_policy(old_text, "old"), _policy(new_text, "new"), language))
        case "calendar":
            return list(_calendar(_source(old_text, "old"), _source(new_text, "new"), language))


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


def _people(old: Directory, new: Directory, language: Language) -> Iterator[str]:
    if old.company != new.company:
        yield f"company: {_shown(old.company, language)} → {_shown(new.company, language)}"
    yield from _mapping(old.departments, new.departments, language, in_language("部门 / department", language) + " ")
    yield from _mapping(old.roles, new.roles, language, in_language("角色 / role", language) + " ")
    before, after = ({person.email: person for person in directory} for directory in (old, new))
    for email, person in before.items():
        if email not in after:
            yield f"{person.name}: {in_language('移除 / removed', language)} ({email})"
    for email, person in after.items():
        if email not in before:
            yield f"{person.name}: {in_language('新增 / added', language)} ({_summary(person, language)})"
        else:
            yield from _person(before[email], person, language)
    kept = [[email for email in order if email in before and email in after] for order in (before, after)]
    if kept[0] != kept[1]:
        yield f"{in_language('顺序 / order', language)}: {' '.join(after[email].name for email in kept[1])}"


def _summary(person: Person, language: Language) -> str:
    facts = [person.email, person.department, *person.roles]
    manager = in_language("上级 / manager", language)
    return ", ".join(facts + ([f"{manager} {person.manager}"] if person.manager else []))


def _person(old: Person, new: Person, language: Language) -> Iterator[str]:
    who = new.name
    for field in SINGLES:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield f"{who}: {field} {_shown(before, language)} → {_shown(after, language)}"
    for field in LISTS:
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            gone = [f"− {_shown(item, language)}" for item in before if item not in after]
            come = [f"+ {_shown(item, language)}" for item in after if item not in before]
            yield f"{who}: {field} {', '.join([*gone, *come]) or in_language('换了顺序 / in another order', language)}"
    if old.active != new.active:
        yield f"{who}: {in_language('已回来 / has come back' if new.active else '已离职 / has left', language)}"


def _mapping(old: Mapping[str, object], new: Mapping[str, object], language: Language, what: str = "") -> Iterator[str]:
    for key in [*old, *(key for key in new if key not in old)]:
        was, will = (_shown(one.get(key), language) for one in (old, new))
        if key not in new:
            removed, before = (in_language(label, language) for label in ("移除 / removed", "原为 / was"))
            yield f"{what}{key}: {removed} ({before} {was})"
        elif key not in old:
            yield f"{what}{key}: {in_language('新增 / added', language)}, {will}"
        elif was != will:
            yield f"{what}{key}: {was} → {will}"


def _calendar(old: CalendarSource | None, new: CalendarSource | None, language: Language) -> Iterator[str]:
    yield from _mapping(_lines(old, language), _lines(new, language), language)
    yield from _days(old.overrides if old else {}, new.overrides if new else {}, language)


def _lines(source: CalendarSource | None, language: Language) -> dict[str, object]:
    if source is None:
        return {}
    lines: dict[str, object] = {"zone": source.zone, "holidays": source.country}
    lines["make_up_hours"] = source.standard or in_language(AS_USUAL, language)
    return lines | {name: source.weekly.get(number, ()) for number, name in enumerate(WEEKDAYS)}


def _days(old: Mapping[date, Hours], new: Mapping[date, Hours], language: Language) -> Iterator[str]:
    """Changed days, runs of neighbours with the same change as one sentence."""
    ordinary = in_language(ORDINARY, language)
    changes = [
        (day, f"{_shown(old.get(day, ordinary), language)} → {_shown(new.get(day, ordinary), language)}")
        for day in sorted({*old, *new})
        if old.get(day, ordinary) != new.get(day, ordinary)
    ]
    for (change, _), group in groupby(enumerate(changes), key=lambda n: (n[1][1], n[1][0].toordinal() - n[0])):
        days = [day for _, (day, _) in group]
        until = in_language("至 / to", language)
        yield f"{days[0]}{f' {until} {days[-1]}' if len(days) > 1 else ''}: {change}"


def _shown(value: object, language: Language) -> str:
    match value:
        case None | "":
            return in_language(NOTHING, language)
        case ():
            return in_language(CLOSED, language)
        case tuple():
            return ", ".join(_shown(item, language) for item in value)
        case Deputy():
            until = value.to_date or in_language("另行通知 / further notice", language)
            return f"{value.email} {value.from_date} {in_language('至 / to', language)} {until}"
        case bool():
            return "true" if value else "false"
        case Money():
            return value.shown(language)
        case _:
            return str(value)
