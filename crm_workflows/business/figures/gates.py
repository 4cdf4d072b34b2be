"""What each approval of a process costs and what it changes, gate by gate, from figures already measured (RP-2).

It must not measure, and says nothing of people: what is worth a look is a gate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from crm_workflows.business.figures.measuring import Value
from crm_workflows.business.figures.reporting import ProcessReport
from crm_workflows.business.figures.said import length, part_named
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

TITLE: Final = "各审批的代价与作用 / What each approval costs and what it changes"
HEADINGS: Final = (
    "审批 / Approval", "办结 / Settled", "等待时间（中位数） / Wait (median)", "90% 以内 / 90% within",
    "改变结果 / Changed the result", "逾期处理 / By silence", "越级决定 / Over those asked", "提示 / Note",
)  # fmt: skip
LEAST: Final = 20
"""Decisions from which it tells something that none changed the result: of a gate that changes one in seven, so many
plain yeses in a row are less likely than one in twenty. A small company chooses a quarter or a year."""


@dataclass(frozen=True)
class GateLine:
    """One gate in a period."""

    key: str
    """Rule and title, the part of the figures that it stands for."""
    wait: Value
    changed: int
    silent: int
    overridden: int

    @property
    def by_people(self) -> int:
        """Decisions of those who were asked."""
        return self.wait.count - self.silent - self.overridden

    @property
    def look(self) -> str:
        """Why it is worth a look, a label; empty where nothing says so."""
        if self.wait.count >= LEAST and self.silent * 2 > self.wait.count:
            return "值得看一看：多半逾期自动处理 / worth a look: mostly settled by silence"
        if self.by_people >= LEAST and not self.changed:
            zh = f"值得看一看：{self.by_people} 次决定都是原样同意"
            return bilingual(zh, f"worth a look: all of {self.by_people} decisions were a plain yes")
        return ""

    def cells(self, language: str) -> tuple[str, ...]:
        """Under `HEADINGS`; nothing where there is none, so that what is there stands out."""
        counts = (str(many) if many else "" for many in (self.changed, self.silent, self.overridden))
        waits = (self.wait.value, self.wait.high)
        lengths = ("" if days is None else in_language(length(days), language) for days in waits)
        name, look = (in_language(label, language) for label in (part_named(self.key), self.look))
        return name, str(self.wait.count), *lengths, *counts, look


def gates(report: ProcessReport) -> list[GateLine]:
    """Those that settled something in the period, the longest wait first."""
    wait, *shares = (report.figure(name) for name in ("gate_wait", "gate_changes", "gate_silence", "gate_override"))
    hits = [dict(one.parts) for one in shares]
    found = [GateLine(key, value, *(each[key].hits or 0 for each in hits)) for key, value in wait.parts]
    return sorted(found, key=lambda one: (-(one.wait.value or 0), one.key))


def told(report: ProcessReport) -> tuple[str, str]:
    """A line for each gate, in Chinese and in English, for documents; empty without any."""
    zh, en = ("\n".join(_lines(report, language)) for language in LANGUAGES)
    return zh, en


def _lines(report: ProcessReport, language: str) -> Iterator[str]:
    colon, comma = ("：", "，") if language == "zh" else (": ", ", ")
    _, *heads, _ = (in_language(heading, language) for heading in HEADINGS)
    for one in gates(report):
        name, *numbers, look = one.cells(language)
        facts = [f"{head} {cell}" for head, cell in zip(heads, numbers, strict=True) if cell]
        yield f"{name}{colon}{comma.join([*facts, look] if look else facts)}"
