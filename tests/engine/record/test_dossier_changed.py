"""A dossier that is changed after it was signed: its own checker finds and names each change, with Python alone."""

import json
import os
import runpy
import sys
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crm_workflows.domain.instants import stamp
from crm_workflows.engine.record.dossier import CHECKERS
from tests.engine.record.test_dossier import TEXTS, checked, decided, unpacked
from tests.office import Office

__all__ = ["decided"]


class Checked:
    """A dossier that lies in a folder, with its own checker; a signature is looked at once, which takes long."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.whole = {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(folder))
            patch.setattr(sys, "dont_write_bytecode", True)
            program = runpy.run_path(str(folder / "check.py"))
            del sys.modules["ed25519"], sys.modules["evidence"]
        self._faults = program["faults"]
        self._faults.__globals__["signed"] = lru_cache(program["signed"])

    def after(self, file: Path, content: bytes | None) -> list[str]:
        """What the checker finds while a file has another content, or is gone; then all is as before."""
        file.unlink() if content is None else file.write_bytes(content)
        try:
            return list(self._faults(self.folder))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            return [f"no whole dossier any more: {error!r} {getattr(error, 'filename', '')}"]
        finally:
            file.unlink(missing_ok=True)
            if file in self.whole:
                file.write_bytes(self.whole[file])


def one_value_less(value: Any, chance: Random) -> Any:
    """The same JSON but for one leaf, which is another one."""
    if isinstance(value, dict | list) and value:
        key = chance.choice(sorted(value) if isinstance(value, dict) else range(len(value)))
        value[key] = one_value_less(value[key], chance)
        return value
    return {None: "x", True: False, False: True}.get(value, f"{value}0") if not isinstance(value, dict | list) else 0


def tampering(checked: Checked, chance: Random) -> tuple[str, Path, bytes | None]:
    """(what must be named, the file, what it holds then)"""
    file = chance.choice([file for file in checked.whole if file.name not in CHECKERS])
    name, content = file.relative_to(checked.folder).as_posix(), checked.whole[file]
    if file.suffix == ".json":
        changed = json.dumps(one_value_less(json.loads(content), chance), ensure_ascii=False).encode()
        return "" if name == "manifest.json" else f"{name} was changed", file, changed
    at, other = chance.randrange(len(content)), f"{chance.randrange(10**6)}.eml"
    return chance.choice(
        [
            (f"{name} was changed", file, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]),
            (f"{name} was changed", file, content[:at]),
            (f"{name} is missing", file, None),
            (f"{other} is not ours", file.with_name(other), content),
        ]
    )


@pytest.mark.parametrize("many", [200, pytest.param(1000, marks=pytest.mark.soak)])
def test_whatever_is_tampered_with_is_found_and_named(decided: tuple[Office, str], tmp_path: Path, many: int) -> None:
    """`make soak` tries a thousand, of which these are the first."""
    unpacked(*decided, tmp_path)
    checked, chance = Checked(tmp_path), Random(20260302)
    readme = tmp_path / "README.txt"
    assert checked.after(readme, readme.read_bytes()) == []
    for nth in range(many):
        named, file, content = tampering(checked, chance)
        found = checked.after(file, content)
        assert [fault for fault in found if named in fault or "whole" in fault], (nth, named, found)


@pytest.mark.parametrize(("name", "most"), [("check.py", 50), ("evidence.py", 42), ("ed25519.py", 24)])
def test_what_an_outsider_runs_is_short_enough_to_be_read(name: str, most: int) -> None:
    """Lines with code: an outsider reads them before he believes them."""
    text = (TEXTS / name).read_text(encoding="utf-8")
    body = text.split('"""\n', 1)[1]
    assert len([line for line in body.splitlines() if line.strip()]) <= most


def test_names_that_no_terminal_can_print_do_not_keep_faults_back(decided: tuple[Office, str], tmp_path: Path) -> None:
    unpacked(*decided, tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.eml")).write_bytes(b"planted")
    assert "\\udcff.eml is not ours" in checked(tmp_path)
    (tmp_path / "checkpoints.json").write_text("[" * 100_000, encoding="utf-8")
    assert "no whole dossier" in checked(tmp_path)


def test_a_planted_module_does_not_run_in_the_place_of_pythons_own(decided: tuple[Office, str], tmp_path: Path) -> None:
    unpacked(*decided, tmp_path)
    for name in ("hashlib", "json", "pathlib"):
        (tmp_path / f"{name}.py").write_text('raise SystemExit("every file and the record hold")', encoding="utf-8")
    found = checked(tmp_path)
    assert [name for name in ("hashlib", "json", "pathlib") if f"{name}.py is not ours" not in found] == []


def test_what_is_no_file_is_named_and_case_and_time_are_told(decided: tuple[Office, str], tmp_path: Path) -> None:
    """A link leads to papers that nobody signed; a dossier of before, or of another case, holds like the right one."""
    office, code = decided
    unpacked(office, code, tmp_path / "dossier")
    (tmp_path / "forged").mkdir()
    (tmp_path / "dossier" / "agreed").symlink_to(tmp_path / "forged")
    os.mkfifo(tmp_path / "dossier" / "pipe")
    said = checked(tmp_path / "dossier")
    assert "agreed is not ours" in said
    assert "pipe is not ours" in said
    assert f"{code} as of {stamp(office.clock.now())}, signed by {office.engine.secrets.public_key()}" in said
