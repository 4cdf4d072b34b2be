"""New companies of a table with nearly the name of one of the register, each with the reason (SV-2, ON-2).

It must not decide whether they are one: somebody says so in the table.
"""

from dataclasses import dataclass
from typing import Final

from crm_workflows.business import duplicates
from crm_workflows.business.imports.table import Entry, Plan, Surroundings
from crm_workflows.domain.records import Customer, Supplier
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

MOST_COMPARED: Final = 500_000
"""Names of the register; taking one apart takes some 0.1 ms, and keeping it 300 bytes while the import lasts."""
REGISTER: Final = "register"
LOOK_AND_SAY: Final = (
    "确认是两家公司后，在“确认不同”列填“是” / when they are two companies, write yes under “Not the same”"
)


def keep_names(record: type[Customer] | type[Supplier], entries: list[Entry], around: Surroundings) -> None:
    """Take the names of the register apart as soon as one is new: it may last, and holds up nobody who writes."""
    codes = {entry.values["credit_code"] for entry in entries}
    if REGISTER not in around.file.kept and around.reader.count(record, credit_code=[*codes]) < len(codes):
        around.file.kept[REGISTER] = _Register.of(record, around)


def alike(plan: Plan, news: list[Entry], around: Surroundings) -> dict[int, str]:
    """By row: which company of the register a new one may be, and why, as a steward would be told."""
    found: dict[int, str] = {}
    if not news:
        return found
    register: _Register | None = around.file.kept.get(REGISTER)
    if register is None:
        plan.not_compared += len(news)
        return found
    for entry in news:
        for match in register.names.like(entry.values["name"])[:1]:
            code, name = register.codes[match.position], match.name
            zh, en = (in_language(match.likeness.explained, tongue) for tongue in LANGUAGES)
            found[entry.row] = bilingual(f"可能就是 {code} {name}：{zh}", f"may be {code} {name}: {en}")
    return found


@dataclass(frozen=True)
class _Register:
    """The names of the register as they were when an import met its first new company.

    So rows of one file are not compared with each other, in whatever chunk they lie: looking finds what writing does.
    """

    codes: list[str]
    names: duplicates.Names

    @classmethod
    def of(cls, record: type[Customer] | type[Supplier], around: Surroundings) -> "_Register | None":
        """None where there are too many."""
        if around.reader.count(record) > MOST_COMPARED:
            return None
        rows = around.reader.columns(record, "code", "name")
        return cls([code for code, _ in rows], duplicates.Names(name for _, name in rows))
