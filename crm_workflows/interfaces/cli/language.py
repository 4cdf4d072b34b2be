"""The language of the terminal, and labels in it. It must not translate what users typed."""

import os
from collections.abc import Mapping

from crm_workflows.domain.text import Language, in_language

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def terminal_language(environment: Mapping[str, str] | None = None) -> Language:
    """Chinese where the first of LC_ALL, LC_MESSAGES and LANG that is set begins with `zh`, else English."""
    given = os.environ if environment is None else environment
    chosen = next((given[name] for name in VARIABLES if given.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def told(label: str) -> str:
    """The part of a bilingual label for this terminal, on one line."""
    return " ".join(in_language(label, terminal_language()).split())
