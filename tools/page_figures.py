"""Writes docs/figures.md: every key figure with its definition in both languages. It must not define one."""

from typing import Final

from crm_workflows.business.figures.kpi import Kind, Kpi
from crm_workflows.business.figures.kpis import KPIS
from crm_workflows.domain.text import in_language

HEAD: Final = """\
# Key figures 关键指标

Written from `crm_workflows/business/figures/kpis.py` by `make fix`. `crmw report --month 2026-10` prints them;
`--process` chooses one process, `--format html|csv|pdf` writes a file. On the pages: `/report`, and
`/dashboard/<process>` with drawings, what is open by step and age, load per person, and what each approval costs and
changes. Targets stand in the policy under `targets`, by name. A month is one of the company's calendar, and `2026-Q4`
or `2026` tells a quarter or a year in its place; figures that say *now* tell how things stand today.

Every figure leads to what it counts: on the pages by a click on its value, or on that of a part or a person; as
`crmw report --figure NAME` and in files: a line for each case, customer, supplier, receipt or order, first those
that are not as they should be.

Behind each lies a view `kpi_<name>` of the database with one row for each thing that is counted
([decision 23](decisions/0023-figures-are-views-of-observations.md)): other reporting tools can read the same.

| name | rule | figure | definition |
|---|---|---|---|
"""


def figures() -> str:
    """The page."""
    return HEAD + "\n".join(_line(kpi) for kpi in KPIS) + "\n"


def _line(kpi: Kpi) -> str:
    name = kpi.name if kpi.kind is Kind.LACKING else f"`{kpi.name}`"
    return f"| {name} | {kpi.rule} | {_both(kpi.title)} | {_both(kpi.says)} |"


def _both(label: str) -> str:
    return "<br>".join(in_language(label, language) for language in ("zh", "en"))
