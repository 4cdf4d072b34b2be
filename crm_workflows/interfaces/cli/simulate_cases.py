"""`crmw simulate --with` and `--recorded`: cases through today's procedure and a draft, compared. It holds no rules."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_table, say
from crm_workflows.interfaces.cli.words import OUTCOMES, STATUSES

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.domain.examples import Example
    from crm_workflows.domain.working_time import WorkingCalendar
    from crm_workflows.engine.procedure import Procedure
    from crm_workflows.testing.trial.behaviour import Behaviour, TrialCase

BOUNDED = (
    bilingual(
        "每个案件单独试运行，名册互不影响；答复用时与手头事项多少无关",
        "each case is run by itself over registers of its own; how long an answer takes does not depend on other work",
    ),
    bilingual(
        "问题相同、种子相同，同一人的答复相同，因此两种方案的差别不是偶然",
        "the same seed gives the same person the same answer to the same question: what differs is not luck",
    ),
)


@dataclass(frozen=True)
class Cases:
    """What is to be run, and how people answer where nothing is told or on record."""

    cases: "list[TrialCase]"
    behaviour: "Behaviour"


def of_file(file: Path, example: "Example | None", hours: "WorkingCalendar", seed: int | None) -> Cases:
    """The cases of a JSON, YAML or CSV file; raises InvalidInput."""
    from crm_workflows.interfaces.cli.inputs import read_document
    from crm_workflows.testing.trial import cases_file

    if file.suffix.lower() == ".csv":
        found = cases_file.of_table(list(csv.DictReader(io.StringIO(text_of(file)))))
    else:
        found = cases_file.of_document(read_document(file))
    return Cases(found.trial_cases(example, hours), found.behaviour(seed))


def of_record(
    office: "Office", made: "Procedure", first: datetime | None, last: datetime | None, seed: int | None
) -> Cases:
    """The cases of this installation that were opened on those days; raises InvalidInput where there are none."""
    from crm_workflows.engine.ports import CaseFilter
    from crm_workflows.testing.trial import recorded

    hours = office.staff.calendar()
    opened = hours.instants_of(*(at.date() if at else None for at in (first, last)))
    wanted = CaseFilter(process=made.name, limit=100_000, opened_from=opened[0], opened_before=opened[1])
    with office.store.read() as reader:
        cases = recorded.recorded(reader, made, reader.search_cases(wanted), hours)
    if not cases:
        zh, en = "这些日子没有立案，请改 --from 和 --to", "no case was opened on these days; change --from and --to"
        raise InvalidInput(bilingual(zh, en))
    return Cases(cases, recorded.habits(cases, 1 if seed is None else seed))


def document_of(process: str, given: Cases, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All runs in one document."""
    return {"process": process, "seed": given.behaviour.seed, "runs": list(runs), "bounded": list(BOUNDED)}


def show(document: dict[str, Any]) -> None:
    """The runs side by side, then what holds for all."""
    runs = document["runs"]
    names = [f"{run['name_zh']} / {run['name']}" for run in runs]
    rows = [(told(label), *(value(run) for run in runs)) for label, value in WHOLE]
    print_table(("", *names), rows, title="案件 / Cases")
    _elements(runs, names)
    people = sorted({(one["person"], one["name"]) for run in runs for one in run["people"]})
    loads = [{one["person"]: one for one in run["people"]} for run in runs]
    print_table(
        ("人员 / Person", *names),
        ((name, *(_load(load.get(person)) for load in loads)) for person, name in people),
        title="每人：被询问次数，每周平均，最忙一周 / Each person: times asked, a week on average, the busiest week",
    )
    say(bilingual(f"随机种子 {document['seed']}", f"seed {document['seed']}"))
    for sentence in document["bounded"]:
        say(sentence)


def _elements(runs: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    every = {one["element"]: one for run in reversed(runs) for one in run["elements"]}
    found = [{one["element"]: one for one in run["elements"]} for run in runs]
    print_table(
        ("规则 / Rule", "事项 / Element", *names),
        (
            (one["rule"], told(one["title"]), *(_element(by.get(element)) for by in found))
            for element, one in sorted(every.items(), key=lambda item: item[1]["rule"])
        ),
        title="每项：次数，用时中位数与九成（工作小时），逾期 / Each: times, median and p90 in working hours, late",
    )


def _spread(values: dict[str, float | None]) -> str:
    return " · ".join("—" if value is None else str(value) for value in values.values())


def _element(one: dict[str, Any] | None) -> str:
    if one is None:
        return ""
    hours = one["working_hours"]
    silence = f" · {told('逾期处理 / silence')} {one['by_silence']}" if one["by_silence"] else ""
    return f"{one['asked']} × · {hours['median']} · {hours['p90']} · {told('逾期 / late')} {one['late']}{silence}"


def _load(one: dict[str, Any] | None) -> str:
    return f"{one['asked']} · {one['a_week']} · {one['busiest_week']}: {one['most_in_a_week']}" if one else ""


def ended(word: str) -> str:
    """How a case ended, or how it stands, in the language of this terminal; anything else as it is."""
    return told((OUTCOMES | STATUSES).get(word, word))


def _outcomes(run: dict[str, Any]) -> str:
    return ", ".join(f"{ended(outcome)} {count}" for outcome, count in run["outcomes"].items())


def _standing(run: dict[str, Any]) -> str:
    return "\n".join(sorted({f"{one['why']}".replace(one["code"], "…") for one in run["needs_attention"]}))


WHOLE = (
    ("件数 / Cases", lambda run: run["cases"]),
    ("结果 / Outcomes", _outcomes),
    (
        "历时（工作日）：中位数 · 九成 · 最长 / Lead time in working days: median · p90 · most",
        lambda run: _spread(run["lead_working_days"]),
    ),
    ("需要处理 / Needs attention", _standing),
    ("未能立案 / Not opened", lambda run: "\n".join(sorted({told(one["why"]) for one in run["not_opened"]}))),
    ("不适用的答复 / Answers that did not fit", lambda run: run["answers_not_accepted"]),
)


def text_of(file: Path) -> str:
    """What stands in a file; InvalidInput where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        zh, en = (
            f"无法读取 {file}，请核对路径和 UTF-8 编码",
            f"{file} cannot be read; check its path and that it is UTF-8",
        )
        raise InvalidInput(bilingual(zh, en)) from error
