"""What `make mutate` changes: every kind of change is made, once, and nothing that nobody could notice."""

import logging
from pathlib import Path
from typing import Any

from tools.mutants import Mutant, mutants_of
from tools.mutate import Trial

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


def test_a_mutant_is_tried_though_its_function_keeps_what_it_gave_before(tmp_path: Path) -> None:
    file = tmp_path / "keeping.py"
    file.write_text("from functools import lru_cache\n\n@lru_cache\ndef kept(n):\n    return n + 1\n", encoding="utf-8")
    space: dict[str, Any] = {}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), space)
    assert space["kept"](1) == 2
    trial = Trial([file], None)
    trial.find_living()
    trial.put_in_place(next(mutant for mutant in trial.mutants if mutant.what == "Sub in `n + 1`"))
    assert space["kept"](1) == 0


def test_again_tries_only_what_an_earlier_run_did_not_notice(tmp_path: Path) -> None:
    made = mutants(tmp_path)
    said = f"\nnot noticed: {made[2]}\n\nnot noticed: {made[5]} (no test comes by)\ngate: 1 of 3 noticed\n"
    trial = Trial([tmp_path / "judging.py"], None, said)
    assert [str(mutant) for mutant in trial.mutants] == [str(made[2]), str(made[5])]
