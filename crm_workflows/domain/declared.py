"""Where an author wrote something, so that mistakes and the rule book can name file and line. It only looks."""

import sys
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from crm_workflows.domain.errors import AuthorMistake

PROCEDURES: Final = ("flows.", "crm_kept_")
"""How the names of modules with procedures begin, installed or kept."""
WORDS: Final = {
    "NoneType": "nothing",
    "Duration": "working_days(…)",
    "Silence": "keep_waiting, reject_after(…) or approve_after(…)",
    "ByRole": "role(…)",
    "ByDepartment": "department(…)",
    "ByPerson": "person(…)",
    "Owner": "owner",
    "Manager": "manager",
    "ManagerOf": "manager_of(…)",
    "ByLimit": "with_limit(…)",
    "ByField": "field(…)",
    "AnyOf": "any_of(…)",
    "Panel": "everybody(…)",
    "Ladder": "by_amount(…)",
    "Rung": "up_to(…)",
    "Stage": "above(…)",
    "Lower": "lower(…)",
    "Paper": "Paper(…)",
    "FieldIs": "is_yes(…)",
    "Exceeds": "above(…)",
}
"""What an author writes for a value of each kind, where that is another word."""


def declared_at() -> str:
    """`file.py:line` where an element is being declared: a module, or the first frame outside this package."""
    package = str(Path(__file__).parent.parent)
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith((package, "<string>")):
        if frame.f_code.co_name == "<module>":
            break
        frame = frame.f_back
    return _place(frame.f_code.co_filename, frame.f_lineno)


def raised_at(error: BaseException) -> str | None:
    """`file.py:line` of the last line of a procedure's own files that was at work; None where there was none."""
    found, traceback = None, error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if str(frame.f_globals.get("__name__", "")).startswith(PROCEDURES):
            found = _place(frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def check_kinds(element: Any) -> None:
    """Raise AuthorMistake for an argument of another kind than the element declares, such as a number as a duration.

    Found here it names the author's line; found later it would stop a case in the middle.
    """
    kind: Any = type(element)
    for name, hint in _kinds(kind).items():
        value = getattr(element, name)
        if not _fits(value, hint):
            known = vars(element)
            said = f"{known.get('where') or declared_at()}: {known.get('name') or WORDS[kind.__name__]}"
            raise AuthorMistake(f"{said} has {name}={value!r}, which does not fit; give {_named(hint)}")


@cache
def _kinds(element: Any) -> dict[str, Any]:
    return get_type_hints(element)


def _fits(value: object, hint: Any) -> bool:
    arguments = get_args(hint)
    match get_origin(hint):
        case None:
            return isinstance(value, hint)
        case origin if origin is tuple:
            return isinstance(value, tuple) and all(_fits(one, arguments[0]) for one in value)
        case origin if origin is type:
            return isinstance(value, type) and issubclass(value, arguments[0])
        case origin if origin is Literal:
            return value in arguments
    return any(_fits(value, one) for one in arguments)


def _named(hint: Any) -> str:
    arguments = get_args(hint)
    match get_origin(hint):
        case None:
            return WORDS.get(hint.__name__, str(hint.__name__))
        case origin if origin is tuple:
            return f"a tuple of {_named(arguments[0])}"
        case origin if origin is type:
            return f"a {_named(arguments[0])} class"
        case origin if origin is Literal:
            return " or ".join(map(repr, arguments))
    return " or ".join(dict.fromkeys(map(_named, arguments)))


def _place(file: str, line: int | None) -> str:
    path = Path(file)
    for root in ("flows", "tests", "crm_workflows"):
        if root in path.parts:
            path = Path(*path.parts[path.parts.index(root) :])
            break
    return f"{path}:{line}"
