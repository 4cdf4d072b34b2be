"""Edits copies of the shipped people, policy and calendar as an administrator does. It must not apply them."""

from pathlib import Path

KINDS = ("people", "policy", "calendar")


def edit(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def leaving(email: str, *deputies: str) -> str:
    """The end of a person's lines: gone, with these deputies until further notice."""
    lines = [f"\n      - {{email: {deputy}, from: 2020-01-01}}" for deputy in deputies]
    return f"- email: {email}\n    active: false" + ("\n    deputies:" + "".join(lines) if lines else "")
