"""docs/authoring.md: every word in which a procedure is written and tested, from signatures and docstrings.

It must not explain anything itself: what is missing here is missing in a docstring.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import crm_workflows
from crm_workflows.interfaces import stories

HEAD: Final = """# The words of a procedure

Written from the code by `make fix`. Everything here is imported from `crm_workflows`, and a procedure imports nothing
else of the product. How they are put together: [write-a-process.md](write-a-process.md).
"""
SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "The story": ("procedure", "Case", "Approval", "Collected", "Outcome", "Contact", "Announce", "Words"),
    "Who is asked for what": ("Gate", "FormTask", "Papers", "Paper"),
    "Whom": (
        "owner", "manager", "role", "department", "person", "any_of", "manager_of", "with_limit", "field",
    ),
    "Several who decide": (
        "by_amount", "up_to", "beyond", "above", "when", "is_yes", "is_one_of", "everybody", "one_of_each", "at_least",
        "share", "hear_all", "in_turn", "lower",
    ),
    "By when, and what silence means": (
        "working_days", "working_hours", "clock_hours", "clock_minutes", "calendar_days", "keep_waiting",
        "reject_after", "approve_after", "Clock",
    ),
    "Forms": (
        "Form", "Subject", "Line", "choices", "unless", "CONFIDENTIAL", "INSTANT", "masked", "Money", "PositiveMoney",
        "NonNegativeMoney", "CreditCode",
    ),
    "What is shown": ("Shown", "Fact", "Attachment", "Report", "Section", "bilingual", "in_language", "day_in"),
    "What the engine does itself": ("step", "Books", "Policy", "PolicyRead"),
    "Trials": ("Example",),
    "What the company knows": (
        "suppliers", "customers", "callbacks", "complaints", "complaint_register", "complaint_words", "events", "plans",
        "recognition", "retiering", "surveys", "tiering",
    ),
}  # fmt: skip
CONSTANTS: Final = {
    "owner": "The owner of the case's subject.",
    "manager": "The manager of the person asked (escalation), else of the subject's owner.",
    "keep_waiting": "Nothing follows on silence: reminders and escalation go on.",
    "Line": "A text of one line, such as a name.",
    "CONFIDENTIAL": "For `Field(json_schema_extra=…)`: outside its form the value shows its last four characters only.",
    "INSTANT": "For `Field(json_schema_extra=…)` of a text that is an instant with its zone: read on one's own clock.",
    "PositiveMoney": "Money above zero.",
    "NonNegativeMoney": "Money from zero up.",
    "CreditCode": "A unified social credit code, checked.",
}
"""Values that have no docstring of their own to read."""


def authoring() -> str:
    """The whole page."""
    listed = {name for names in SECTIONS.values() for name in names}
    parts = [HEAD.rstrip()]
    for title, names in {**SECTIONS, "More": tuple(sorted(set(crm_workflows.__all__) - listed))}.items():
        if not names:
            continue
        parts += [f"## {title}", *(entry(name, getattr(crm_workflows, name)) for name in names)]
    parts += ["## Tests", _first_words(stories), entry("company", stories.company), entry("Office", stories.Office)]
    return "\n\n".join(parts) + "\n"


def entry(name: str, value: Any) -> str:
    """One word: how it is written and what its docstring says; the fields and methods of a class below it."""
    if name in CONSTANTS:
        return f"`{name}` — {CONSTANTS[name]}"
    if isinstance(value, ModuleType):
        return f"`{name}` — {_first_words(value)}"
    if inspect.isclass(value):
        members = "\n".join(f"- {line}" for line in (*_fields(value), *_methods(value)))
        return f"`{name}` — {_said(value)}" + (f"\n\n{members}" if members else "")
    return f"`{name}{_written(value)}` — {_said(value)}"


def _fields(kind: type) -> Iterator[str]:
    """The fields of a dataclass in their order, each with the docstring below it."""
    if not hasattr(kind, "__dataclass_fields__"):
        return
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for here, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(here, ast.AnnAssign) and isinstance(here.target, ast.Name) and here.target.id != "where":
            default = f" = {ast.unparse(here.value)}" if here.value is not None else ""
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            yield f"`{here.target.id}{default}`" + (f" — {_one_line(str(said))}" if said else "")


def _methods(kind: type) -> Iterator[str]:
    """What it can do, with what is inherited from our own classes, but for what Python or pydantic brings."""
    for name, value in vars(kind).items():
        value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if name.startswith("_") or not inspect.getdoc(value) or not (callable(value) or isinstance(value, property)):
            continue
        yield f"`.{name}{'' if isinstance(value, property) else _written(value)}` — {_said(value)}"


def _written(function: Any) -> str:
    """The parameters as one writes them, without their types."""
    given = [one for one in inspect.signature(function).parameters.values() if one.name not in ("self", "cls")]
    return str(inspect.Signature([one.replace(annotation=inspect.Parameter.empty) for one in given]))


def _said(value: Any) -> str:
    return _one_line(inspect.getdoc(value) or "")


def _first_words(module: ModuleType) -> str:
    return _one_line((inspect.getdoc(module) or "").split("\n\n")[0])


def _one_line(text: str) -> str:
    return " ".join(text.split())
