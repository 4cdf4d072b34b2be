"""What `make mutate` changes: every kind of change is made, once, and nothing that nobody could notice."""

import logging
from pathlib import Path

from tools.mutants import Mutant, mutants_of

SOURCE = '''"""A module."""
LIMIT = 3

def judged(amount, names, *, strict=True):
    """Say no."""
    if amount > 10 and names:
        raise ValueError("a sentence for people")
    found = [name for name in names if name != "root"]
    found.append("x")
    log.info("judged", extra={"amount": 1})
    return found if strict else None

class Case:
    def total(self):
        return sum(n + 1 for n in self.rows)
'''
CHANGES = {
    "Gt became GtE in `amount > 10`", "Or in `amount > 10 and names`", "turned `amount > 10 and names`", "10 became 11",
    "left out `raise ValueError('a sentence for people')`", "turned `if name != 'root'`",
    "NotEq became Eq in `name != 'root'`", "'root' became 'rootX'", "left out `found.append('x')`", "'x' became 'xX'",
    "returned None for `found if strict else None`", "turned `strict`", "Sub in `n + 1`", "1 became 2",
    "returned None for `sum((n + 1 for n in self.rows))`",
}  # fmt: skip


def mutants(folder: Path) -> list[Mutant]:
    (folder / "judging.py").write_text(SOURCE, encoding="utf-8")
    return list(mutants_of(folder / "judging.py"))


def test_every_single_change_is_made_once(tmp_path: Path) -> None:
    found = [mutant.what for mutant in mutants(tmp_path)]
    assert sorted(found) == sorted(CHANGES)


def test_a_mutant_does_something_else_and_the_source_stays(tmp_path: Path) -> None:
    made = {mutant.what: mutant for mutant in mutants(tmp_path)}
    space: dict[str, object] = {"log": logging.getLogger("judging")}
    exec(compile(SOURCE, str(tmp_path / "judging.py"), "exec"), space)
    judged = space["judged"]
    assert judged(11, []) == ["x"]  # type: ignore[operator]
    judged.__code__ = made["'x' became 'xX'"].code  # type: ignore[attr-defined]
    assert judged(11, []) == ["xX"]  # type: ignore[operator]
    assert made["1 became 2"].function == "Case.total"
    assert (tmp_path / "judging.py").read_text(encoding="utf-8") == SOURCE
