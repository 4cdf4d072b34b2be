"""What a figure counts as rows of a table, for the command and for files (RP-2). It must not look anything up."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from crm_workflows.business.figures.behind import Behind
from crm_workflows.business.figures.said import part_named
from crm_workflows.domain.people import Directory
from crm_workflows.domain.text import in_language

COUNTED: Final = "计入 / Counted in"
YES_NO: Final = {True: "是 / yes", False: "否 / no", None: ""}


def headings(found: Behind) -> tuple[str, ...]:
    """Labels of the columns of `lines`."""
    return (
        "编号 / Code", "名称 / Name", "单据、货物 / Number, goods", "分类 / Part", "人员 / Person", found.when,
        "数值 / Value", COUNTED,
    )  # fmt: skip


def lines(found: Behind, people: Directory, language: str, zone: str) -> Iterator[tuple[str, ...]]:
    """In the order in which they are shown; days are those of the zone."""
    for one in found.lines:
        person = people.person(one.person)
        yield (
            one.code if one.of else "", one.title or one.code, one.about,
            in_language(part_named(one.part), language), person.shown_name(language) if person else one.person,
            one.at.astimezone(ZoneInfo(zone)).date().isoformat() if one.at else "",
            in_language(one.said, language), in_language(YES_NO[one.counts], language),
        )  # fmt: skip
