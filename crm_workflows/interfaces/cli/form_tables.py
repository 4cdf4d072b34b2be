"""A form task as a table for people: what each field means, whether it must be filled in, which values it takes.

It must not look anything up: it is handed the document of the contract.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from crm_workflows.interfaces.cli.language import told
from crm_workflows.interfaces.cli.output import print_table

HEADINGS: Final = ("字段 / Field", "含义 / Meaning", "必填 / Required", "可填 / Allowed", "示例 / Example")


def show_form(schema: Mapping[str, Any], example: Mapping[str, Any]) -> None:
    """One row for each field, in the order of the form."""
    required = set(schema.get("required", ()))
    rows = [
        (
            name, told(about.get("title", name)), "✓" if name in required else "", _allowed(about),
            _plain(example.get(name)),
        )
        for name, about in schema["properties"].items()
    ]  # fmt: skip
    print_table(HEADINGS, rows)


def _allowed(about: Mapping[str, Any]) -> str:
    """Each choice with its title on a line of its own, the limits of a number, else nothing."""
    if "labels" in about:
        values = about.get("enum") or about["items"]["enum"]
        return "\n".join(f"{value}: {told(about['labels'][value])}" for value in values)
    if about.get("type") == "boolean":
        return "true, false"
    if "minimum" in about or "maximum" in about:
        return f"{about.get('minimum', '')} … {about.get('maximum', '')}".strip()
    return ""


def _plain(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
