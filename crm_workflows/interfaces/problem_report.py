"""The report of an import: a file that names row, column, value, what is wrong and what to do. It imports nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from crm_workflows.adapters.documents.spreadsheets import WriteRow, new_csv, new_xlsx
from crm_workflows.adapters.files import said_with_reason
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import in_language

HEADINGS: Final = ("行 / Row", "列 / Column", "内容 / Value", "问题 / What is wrong", "怎么改 / What to do")
KEPT: Final = 1000
"""Problems that are shown; the file has them all."""


class ProblemReport:
    """Writes each problem as it is told, so that a file full of them takes no memory, and keeps the first to show."""

    def __init__(self, target: Path | BytesIO, language: str, files: ExitStack) -> None:
        self.first: list[Problem] = []
        self.count = 0
        self._target, self._language, self._files = target, language, files
        self._write: WriteRow | None = None

    def __call__(self, problem: Problem) -> None:
        self.count += 1
        if len(self.first) < KEPT:
            self.first.append(problem)
        if self._write is None:
            self._write = self._begun()
        said = [in_language(label, self._language) for label in (problem.column, problem.what, problem.remedy)]
        self._write([problem.row, said[0], problem.value, *said[1:]])

    def _begun(self) -> WriteRow:
        headings = [in_language(heading, self._language) for heading in HEADINGS]
        target = self._target
        try:
            if isinstance(target, Path):
                target.touch()
            if isinstance(target, Path) and target.suffix.lower() == ".csv":
                return self._files.enter_context(new_csv(target, headings))
            return self._files.enter_context(new_xlsx(target, headings))
        except OSError as error:
            zh = f"无法写入问题清单 {target}（{{}}），请用 --report 换一个位置"
            en = f"the report {target} cannot be written ({{}}); choose another place with --report"
            raise InvalidInput(said_with_reason(zh, en, error)) from error


@contextmanager
def problem_report(target: Path | BytesIO, language: str) -> Iterator[ProblemReport]:
    """A report that is complete at the end; no file comes into being where nothing is wrong."""
    with ExitStack() as files:
        yield ProblemReport(target, language, files)


def as_json(problem: Problem) -> dict[str, Any]:
    """A problem for scripts; labels in both languages."""
    return {name: getattr(problem, name) for name in ("row", "column", "value", "what", "remedy")}
