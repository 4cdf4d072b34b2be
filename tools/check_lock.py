"""Keeps the lock honest: every dependency bounded, locked within its bounds with hashes, no address in it.

It must not resolve anything or use the network.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.findings import ROOT, report

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
# Stubs follow the calendar and cannot break a run; so do the zone files.
UNBOUNDED_ABOVE = re.compile(r"^(types-|tzdata)")


def pins(lock: str) -> dict[str, list[str]]:
    """Locked versions by name; one name may have several, for different Pythons."""
    found: dict[str, list[str]] = {}
    for line in lock.splitlines():
        if match := PIN.match(line):
            found.setdefault(canonicalize_name(match["name"]), []).append(match["version"])
    return found


def bounds_findings(requirement: Requirement) -> Iterator[str]:
    """A dependency without a lower or an upper bound."""
    operators = {specifier.operator for specifier in requirement.specifier}
    if not operators & {">=", "==", "~="}:
        yield f"pyproject.toml: {requirement.name} has no lower bound"
    if not operators & {"<", "<=", "==", "~="} and not UNBOUNDED_ABOVE.match(requirement.name):
        yield f"pyproject.toml: {requirement.name} has no upper bound"


def findings_in(dependencies: list[str], lock: str) -> Iterator[str]:
    """What is wrong between the declared `dependencies` and the text of the `lock`."""
    locked = pins(lock)
    for requirement in map(Requirement, dependencies):
        yield from bounds_findings(requirement)
        versions = locked.get(canonicalize_name(requirement.name), [])
        if not any(version in requirement.specifier for version in versions):
            yield f"requirements.lock: {requirement} is not locked ({', '.join(versions) or 'absent'}): run make lock"
    if "://" in lock or re.search(r"^--(index|extra|find)", lock, re.MULTILINE):
        yield "requirements.lock: it names an address; compile it with --no-emit-index-url"
    unhashed = [line for line in lock.splitlines() if PIN.match(line) and not line.endswith("\\")]
    yield from (f"requirements.lock: {line} has no hash" for line in unhashed)


def findings(root: Path = ROOT) -> Iterator[str]:
    """The findings of the whole checkout."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    return findings_in([*project["dependencies"], *extras], (root / "requirements.lock").read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(report("lock", findings()))
