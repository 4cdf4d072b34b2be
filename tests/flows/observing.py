"""Sees which of the functions that declare a rule for every process (`carries_out`) are run by a story."""

import functools
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from crm_workflows.domain.rules import carrying_out


def executed_from_here_on(patching: pytest.MonkeyPatch) -> set[str]:
    """The rules whose functions run from now on until `patching` is undone; it fills up as they do."""
    executed: set[str] = set()
    watched: dict[Callable[..., Any], Callable[..., Any]] = {}
    for rule, functions in carrying_out().items():
        for function in functions:
            watched[function] = _watched(watched.get(function, function), rule, executed)
    for name, module in sorted(sys.modules.items()):
        if name.startswith("crm_workflows."):
            for holder in (module, *(v for v in vars(module).values() if isinstance(v, type))):
                for attribute, value in list(vars(holder).items()):
                    if isinstance(value, FunctionType) and value in watched:
                        patching.setattr(holder, attribute, watched[value])
    return executed


def _watched(function: Callable[..., Any], rule: str, executed: set[str]) -> Callable[..., Any]:
    @functools.wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        executed.add(rule)
        return function(*args, **kwargs)

    return noting
