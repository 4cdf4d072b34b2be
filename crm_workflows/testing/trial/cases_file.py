"""Reads the cases to try out from a document or a table: when they come, what they are about, how people answer.

It must not open files: whoever calls it has read them.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from crm_workflows.domain.durations import working_hours
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.examples import Example
from crm_workflows.domain.forms import read_form
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.testing.trial.behaviour import GOES_ON, Behaviour, Habit, Said, TrialCase

WHAT: Final = "试运行的案件 / the cases to try out"
EVERY_OTHER: Final = "*"
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Form(_Strict):
    share: Share
    form: dict[str, Any]


class _Habit(_Strict):
    median_hours: float = Field(default=4.0, gt=0)
    p90_hours: float = Field(default=16.0, gt=0)
    says: dict[str, Share] = {}
    forms: list[_Form] = []

    @model_validator(mode="after")
    def _is_a_whole(self) -> "_Habit":
        if max(sum(self.says.values()), sum(one.share for one in self.forms)) > 1:
            raise ValueError("各项份额之和超过 1 / the shares come to more than 1")
        return self

    def habit(self) -> Habit:
        return Habit(self.median_hours, self.p90_hours, self.says, [(one.share, one.form) for one in self.forms])


class _Said(_Strict):
    hours: float | None = Field(default=None, ge=0)
    say: str = GOES_ON
    form: dict[str, Any] = {}

    def said(self) -> Said:
        word, _, to = self.say.partition(" ")
        return Said(self.hours, word, to or None, self.form)


class _Case(_Strict):
    at: AwareDatetime
    subject: dict[str, Any] = {}
    times: int = Field(default=1, ge=1, le=10_000)
    every_hours: int = Field(default=8, ge=1)
    answers: dict[str, list[_Said]] = {}


class CasesFile(_Strict):
    """The document as a whole."""

    seed: int = 1
    answers: dict[str, _Habit] = {}
    cases: list[_Case] = Field(min_length=1)

    def behaviour(self, seed: int | None = None) -> Behaviour:
        """How people answer; another seed if one is given."""
        habits = {name: one.habit() for name, one in self.answers.items() if name != EVERY_OTHER}
        others = self.answers.get(EVERY_OTHER)
        return Behaviour(self.seed if seed is None else seed, habits, others.habit() if others else Habit())

    def trial_cases(self, example: Example | None, hours: WorkingCalendar) -> list[TrialCase]:
        """Each case, as often as it is to come; what a subject leaves out is as in the example of the process."""
        return [made for n, one in enumerate(self.cases, start=1) for made in _repeated(one, n, example, hours)]


def _repeated(one: _Case, n: int, example: Example | None, hours: WorkingCalendar) -> list[TrialCase]:
    subject = {**(example.subject if example else {}), **one.subject}
    answers = {element: [said.said() for said in given] for element, given in one.answers.items()}
    rows, at, found = (example.rows if example else ()), one.at, []
    for time in range(one.times):
        found.append(TrialCase(f"{n}.{time + 1}", at, subject, answers, rows))
        at = hours.add(at, working_hours(one.every_hours))
    return found


def of_document(document: Any) -> CasesFile:
    """Raises InvalidInput that names each field that is wrong."""
    return read_form(CasesFile, document, WHAT)


def of_table(lines: Sequence[Mapping[str | None, str]]) -> CasesFile:
    """A table with a column `at` and one for each field of the subject (`contact.name`); empty ones are left out.

    Raises InvalidInput.
    """
    cases = [{"at": line.get("at"), "subject": _nested(line, n)} for n, line in enumerate(lines, start=1)]
    return of_document({"cases": cases})


def _nested(line: Mapping[str | None, str], n: int) -> dict[str, Any]:
    subject: dict[str, Any] = {}
    for name, value in line.items():
        if name is None:  # what the reader of a table gives to cells beyond the headings
            zh, en = f"第 {n} 行的单元格比表头多", f"row {n} has more cells than there are headings"
            raise InvalidInput(bilingual(f"{zh}，请检查逗号和引号", f"{en}; check its commas and quotes"))
        if name != "at" and value:
            *path, last = name.split(".")
            place = subject
            for part in path:
                place = place.setdefault(part, {})
                if not isinstance(place, dict):
                    zh, en = (
                        f"列 {part} 与列 {name} 不能并存",
                        f"there cannot be both a column {part} and a column {name}",
                    )
                    raise InvalidInput(bilingual(f"{zh}，请删去其一", f"{en}; leave one of them out"))
            place[last] = value
    return subject
