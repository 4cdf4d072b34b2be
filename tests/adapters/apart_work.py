"""What the tests have done in a child process: a module of its own, since the child imports it."""

import os
import re

from crm_workflows.domain.errors import InvalidInput


def for_ever(text: str) -> bool:
    """What a quadratic rule and worse comes to: matched inside C, where no Python signal handler runs."""
    return re.fullmatch(r"(x+x+)+y", text) is not None


def greedy(text: str) -> int:
    return len(bytearray(10**10)) + len(text)


def dies(_: str) -> None:
    os._exit(3)


def refuses(_: str) -> None:
    raise InvalidInput("so nicht / not so", {"field": "why"})


def whose_process(_: str) -> int:
    return os.getpid()


def environment(_: str) -> dict[str, str]:
    return dict(os.environ)


def nowhere(_name: bytes, timeout: float = 0) -> None:
    """Name servers that know nothing."""
