"""Declares which rule that holds in every process (G-1 … G-10) a function of ours carries out. It changes no function.

What a process does by its own rules is declared by its elements (`rule="SV-7"`, see `elements`); what the engine does
for all of them has no element, so the function that does it says so itself.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
ROOT: Final = Path(__file__).parent.parent.parent
_CARRYING_OUT: dict[str, list[Callable[..., Any]]] = {}


def carries_out(*rules: str) -> Callable[[F], F]:
    """Declare that the function carries out these rules."""

    def mark(function: F) -> F:
        for rule in rules:
            _CARRYING_OUT.setdefault(rule, []).append(function)
        return function

    return mark


def carrying_out() -> dict[str, tuple[Callable[..., Any], ...]]:
    """Rule -> the functions that declare it, of the modules imported so far."""
    return {rule: tuple(functions) for rule, functions in _CARRYING_OUT.items()}


def place_of(function: Callable[..., Any]) -> str:
    """`file.py:line` of the declaration, from the folder that holds the package."""
    code = function.__code__
    return f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_firstlineno}"
