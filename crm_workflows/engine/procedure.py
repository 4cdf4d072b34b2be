"""Procedures: functions that read like the rule book, registered under the name of their process.

It must not run them (see `stretch`) and must not know Prefect: a procedure is an ordinary callable whose signature is
the form from which a case starts, so that `@flow` above it publishes that form.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, ClassVar, Final, get_args, get_type_hints

from pydantic import Field

from crm_workflows.domain.approvers import manager, owner
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Clock, FormTask, Gate, Papers
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.forms import Form, Subject, labels_in
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.record.sources import Source, hash_of, source_of
from crm_workflows.engine.steps import StepFunction


@dataclass(frozen=True)
class StartedFromForm:
    """The answer to a start from outside: the case, one bilingual sentence, the address of its page."""

    code: str
    sentence: str
    url: str


CONFIRM_START = Gate(
    "confirm_start", "确认发起 / Confirm the start", rule="G-2", approver=owner, requester_decides=True,
    due=working_days("start_confirm_due"),
    on_yes="流程开始 / the case starts", on_no="本案作废 / the case is withdrawn",
)  # fmt: skip

LONGEST_ANSWER: Final = 4000
"""Characters of an answer to a question."""


class QuestionAnswer(Form):
    """What somebody answers who was asked before a decision."""

    answer: str = Field(
        title="您的答复 / Your answer", min_length=1, max_length=LONGEST_ANSWER, examples=["交期 15 天"]
    )
    BY_REPLY: ClassVar[str] = "直接回复本邮件，写下您的答复即可 / Just reply to this mail with your answer"

    @property
    def gist(self) -> str:
        return "已答复 / answered"

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:
        """Whatever they are."""
        return {"answer": words[:LONGEST_ANSWER]} if words else None


QUESTION = FormTask(
    "question", "答复询问 / Answer a question", rule="G-1", form=QuestionAnswer, by=owner, due=working_days(2),
    remind=working_days(1), escalate_to=manager,
    on_yes="转给请您答复的审批人，恢复计时 / it goes to those who decide, and their clock goes on",
)  # fmt: skip
"""Opened beside a gate by whoever is asked to decide there, for anybody of the staff."""
BUILT_IN = {element.name: element for element in (CONFIRM_START, QUESTION)}

Starter = Callable[["Procedure", Subject], StartedFromForm]
Versions = Mapping[tuple[str, int], "Procedure"]
"""Procedures by name and version."""


@dataclass(eq=False)
class Procedure:
    """A process and the function that writes it down; `version` and `source_hash` pin running cases (G-8)."""

    body: Callable[..., Any]
    code: str
    version: int
    title: str
    subject: type[Subject]
    name: str
    source_hash: str
    module: str
    booked: bool = False
    """Usually opened by another case: it comes last where people start cases."""
    source: Source = field(default_factory=dict, repr=False)
    """Its files, kept for cases that go on when the files have changed; empty outside of the flows."""
    starter: Starter | None = None
    _elements: dict[str, Gate | FormTask | Papers | Clock | StepFunction] | None = field(default=None, repr=False)

    def __call__(self, application: Any) -> StartedFromForm:
        """Start a case from the published form; only where the product runs."""
        if self.starter is None:
            raise AuthorMistake(f"process {self.name} was started where the product does not run; use `crmw start`")
        return self.starter(self, application)

    def elements(self) -> dict[str, Gate | FormTask | Papers | Clock | StepFunction]:
        """Every gate, task, collection and step that the package of this process declares, by its name there."""
        if self._elements is None:
            found: dict[str, Gate | FormTask | Papers | Clock | StepFunction] = {CONFIRM_START.name: CONFIRM_START}
            for module in package_modules(self.module):
                for value in vars(module).values():
                    element = getattr(value, "crm_step", value)
                    if isinstance(element, Gate | FormTask | Papers | Clock | StepFunction):
                        _check_alone(self.name, found.get(element.name), element)
                        found[element.name] = element
            self._elements = found
        return self._elements

    def labels(self) -> dict[str, dict[str, str]]:
        """The labels of the choices in its subject and forms, by dotted path of the field and value."""
        found: dict[str, dict[str, str]] = {}
        for form in (self.subject, *(e.form for e in self.elements().values() if isinstance(e, FormTask))):
            for path, labels in labels_in(form):
                found[path] = found.get(path, {}) | labels
        return found

    def element(self, name: str) -> Any:
        """The gate, task, collection or step called `name`; AuthorMistake if this version has none."""
        try:
            return self.elements().get(name) or BUILT_IN[name]
        except KeyError:
            raise AuthorMistake(f"process {self.name} version {self.version} has no element {name!r}") from None


def _check_alone(process: str, earlier: Any, element: Any) -> None:
    """Raise AuthorMistake for two elements of one name: an answer to one would count for the other."""
    if earlier is not None and earlier is not element:
        zh = f"{element.where}：流程 {process} 有两项同名（{element.name}），请把这一项或 {earlier.where} 的那一项改名"
        said = f"{element.where}: process {process} has two elements called {element.name}"
        raise AuthorMistake(bilingual(zh, f"{said}; give this or the one at {earlier.where} another name"))


_REGISTRY: dict[tuple[str, int], Procedure] = {}


def procedure(
    *, code: str, version: int, title: str, name: str | None = None, booked: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """Mark the function that writes a process down.

    Its one parameter is annotated `Case[SomeSubject]`. AuthorMistake when it is not, or when the code is taken.
    """

    def mark(body: Callable[..., Any]) -> Any:
        process = name or body.__name__.replace("_", "-")
        subject, kept = _subject_of(body), _LOADING.get()
        source = kept.source if kept else source_of(body)
        known_by = hash_of(source, body)
        made = Procedure(body, code, version, title, subject, process, known_by, body.__module__, booked, source)
        if kept is not None:
            kept.found.append(made)
            return published(made)
        taken = next((p for p in _REGISTRY.values() if p.code == code and p.name != process), None)
        if taken is not None:
            zh = f"流程 {process} 的编号 {code} 已属于 {taken.name}，请另取一个"
            en = f"process {process} uses the code {code} of {taken.name}; give it one of its own"
            raise AuthorMistake(bilingual(zh, en))
        _REGISTRY[process, version] = made
        return published(made)

    return mark


def published(made: Procedure) -> Callable[..., Any]:
    """A plain function with the form as its signature, as `@flow` wants it; `crm_procedure` leads back."""

    def start(application: Any) -> StartedFromForm:
        return made(application)

    start.__name__ = made.body.__name__
    start.__qualname__ = made.body.__qualname__
    start.__module__ = made.module
    start.__doc__ = made.body.__doc__
    start.__annotations__ = {"application": made.subject, "return": StartedFromForm}
    parameter = inspect.Parameter("application", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=made.subject)
    start.__signature__ = inspect.Signature([parameter], return_annotation=StartedFromForm)  # type: ignore[attr-defined]
    start.crm_procedure = made  # type: ignore[attr-defined]
    return start


def registered() -> dict[tuple[str, int], Procedure]:
    """All procedures imported so far, by process name and version: old versions stay until their last case ends."""
    return dict(_REGISTRY)


def latest(versions: Versions) -> dict[str, Procedure]:
    """The highest version of each process: the one in which new cases start."""
    return {name: versions[name, version] for name, version in sorted(versions)}


def package_modules(module: str) -> list[ModuleType]:
    """The modules of the package that holds `module`, or the module alone outside a package."""
    package = module if hasattr(sys.modules[module], "__path__") else module.rpartition(".")[0]
    if not package or package == "flows":
        return [sys.modules[module]]
    return [m for name, m in sorted(sys.modules.copy().items()) if name == package or name.startswith(package + ".")]


@dataclass
class Loaded:
    """Procedures that are being loaded from a kept source: they come in here and not among those installed."""

    source: Source
    found: list[Procedure] = field(default_factory=list)


_LOADING: ContextVar[Loaded | None] = ContextVar("crm_loading", default=None)


@contextmanager
def loading(source: Source) -> Iterator[Loaded]:
    """While it lasts, whatever is marked here comes from `source` and replaces nothing that is installed."""
    loaded = Loaded(source)
    token = _LOADING.set(loaded)
    try:
        yield loaded
    finally:
        _LOADING.reset(token)


def _subject_of(body: Callable[..., Any]) -> type[Subject]:
    hints = get_type_hints(body)
    hints.pop("return", None)
    arguments = get_args(next(iter(hints.values()), None))
    if len(hints) != 1 or len(arguments) != 1 or not issubclass(arguments[0], Subject):
        raise AuthorMistake(f"procedure {body.__name__} must take one parameter of type Case[<a Subject>]")
    return arguments[0]  # type: ignore[no-any-return]
