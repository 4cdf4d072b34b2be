"""What the mail of the monthly report needs to know (RP-1). It must not hold wording."""

from typing import Final

from crm_workflows.domain.message_parts import Frozen, Mail

PICTURE: Final = "figures.png"
"""The attached drawing that stands in the mail itself."""


class ReportRow(Frozen):
    """One figure; `title`, `said`, `beside`, `aim` and `before` are labels, empty where there is nothing to tell."""

    title: str
    said: str
    beside: str = ""
    aim: str = ""
    before: str = ""
    meets: bool | None = None
    """Whether it meets its target; None without one."""


class ReportPart(Frozen):
    """One process; `title` is a label. Without rows there was nothing in this month, and nothing is open."""

    title: str
    rows: tuple[ReportRow, ...] = ()


class WhoActs(Frozen):
    """Somebody with things to do, and how many of them are overdue."""

    name: str
    waiting: int
    overdue: int


class MonthlyReport(Mail):
    """Tells every customer-facing employee the results of a month, what changed, and who acts (RP-1)."""

    month: str
    """A label."""
    parts: tuple[ReportPart, ...]
    changed: tuple[str, ...] = ()
    """What changed most since the month before: labels."""
    acts: tuple[WhoActs, ...] = ()
    more: int = 0
    """People with things to do who are not listed."""
    has_picture: bool = False
