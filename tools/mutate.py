"""`make mutate`: changes one thing at a time in the modules that must not be wrong, and sees whether a test notices.

The tests are collected once; each mutant is tried in a fork, by those tests alone that come by the changed function. It
must not change a file: a mutant is other code in the same function objects.
"""

import argparse
import gc
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, Final

import pytest

from tools.mutants import Mutant, mutants_of

ROOT: Final = Path(__file__).parent.parent
SECONDS: Final = 30
"""After which, and after ten times what it takes as it is, a test that goes on for ever counts as one that noticed."""
_NOTICED: Final = 1
_BROKEN: Final = 2
"""How the process that tries a mutant ends: a test failed, or no test could tell; 0 where all passed."""
IN_MEMORY: Final = "not sqlite and not postgres"
ENGINE: Final = "crm_workflows/engine"
GROUPS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "gate": (
        (f"{ENGINE}/requests/gates.py", f"{ENGINE}/requests/voting.py", f"{ENGINE}/requests/sitting.py",
         f"{ENGINE}/requests/entitlement.py", "crm_workflows/domain/seats.py", f"{ENGINE}/decisions/answers.py",
         f"{ENGINE}/decisions/answered.py"),
        ("tests/domain/test_seats.py", "tests/engine/requests/test_gates.py",
         "tests/engine/requests/test_gate_deciders.py", "tests/engine/requests/test_gate_check.py",
         "tests/engine/requests/test_stages.py", "tests/engine/requests/test_entitlement.py",
         "tests/engine/decisions", "tests/engine/whole/test_deciders.py", "tests/engine/test_verbs.py",
         "tests/engine/test_send_backs.py", "tests/engine/mail_out/test_said_to_people.py",
         "tests/engine/mail_out/test_said_to_who_answers.py"),
    ),
    "outbox": (
        (f"{ENGINE}/mail_out/outbox.py", f"{ENGINE}/mail_out/outbox_claim.py", f"{ENGINE}/mail_out/outbox_notices.py",
         f"{ENGINE}/mail_out/outbox_desk.py"),
        ("tests/engine/mail_out", "tests/engine/mail_in/test_bounces.py"),
    ),
    "token": (
        ("crm_workflows/adapters/keys.py", f"{ENGINE}/mail_out/outbox_secrets.py"),
        ("tests/adapters/test_mail_keys.py", "tests/engine/mail_out", "tests/engine/mail_in/test_intake.py",
         "tests/engine/mail_in/test_intake_writers.py", "tests/engine/mail_in/test_intake_papers.py",
         "tests/engine/mail_in/test_bounces.py", "tests/engine/digests/test_digest_answers.py",
         "tests/engine/record/test_dossier.py"),
    ),
    "audit": (
        ("crm_workflows/domain/audit.py", "crm_workflows/domain/checkpoints.py", f"{ENGINE}/record/sealing.py",
         f"{ENGINE}/record/auditing.py", f"{ENGINE}/record/agreement.py"),
        ("tests/domain/test_audit.py", "tests/engine/record/test_sealing.py", "tests/engine/record/test_tampering.py",
         "tests/engine/record/test_dossier.py"),
    ),
}  # fmt: skip
"""By name: what is changed, and the quick tests that have to notice."""
Source = tuple[str, str, int]
"""(file, name within it, first line)"""


class Trial:
    """A plugin of pytest that, in the place of running the tests once, runs them against each mutant."""

    def __init__(self, files: list[Path], most: int | None, again: str | None = None) -> None:
        """`again`: what an earlier run has printed; tried is only what was not noticed there."""
        made = [mutant for file in files for mutant in mutants_of(file)]
        self.mutants = made if again is None else [mutant for mutant in made if f"not noticed: {mutant}" in again]
        self.mutants = self.mutants if most is None else self.mutants[:: max(1, len(self.mutants) // most)]
        self.files = {str(file) for file in files}
        self.survivors: list[Mutant] = []
        self.tried: Counter[str] = Counter()
        self._seconds: dict[str, float] = {}
        self._tests_of: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
        self._living: dict[Source, list[FunctionType]] = defaultdict(list)
        self._caches: list[Any] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """See pytest."""
        if session.testsfailed:
            raise pytest.UsageError("the tests cannot be collected")
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            self._learn(item, following)
        if session.testsfailed:
            raise pytest.UsageError("the tests fail as it is: mend them first")
        for tests in self._tests_of.values():
            tests.sort(key=lambda item: self._seconds[item.nodeid])
        self.find_living()
        gc.freeze()
        for mutant in self.mutants:
            self.tried[mutant.file.name] += 1
            tests = self._tests_of[str(mutant.file), mutant.function]
            if not tests or not self._notice(session, tests, mutant):
                self.survivors.append(mutant)
                print(f"\nnot noticed: {mutant}{'' if tests else ' (no test comes by)'}", flush=True)
        return True

    def _learn(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """Run a test as it is, and note by which functions it comes."""
        seen: set[CodeType] = set()

        def note(frame: FrameType, event: str, _argument: Any) -> None:
            if event == "call":
                seen.add(frame.f_code)

        began = time.perf_counter()
        threading.setprofile(note)
        sys.setprofile(note)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        self._seconds[item.nodeid] = time.perf_counter() - began
        for code in seen:
            if code.co_filename in self.files:
                self._tests_of[code.co_filename, code.co_qualname.split(".<locals>")[0]].append(item)

    def _notice(self, session: pytest.Session, tests: list[pytest.Item], mutant: Mutant) -> bool:
        """Whether any of the tests fails, or does not end, with the mutant in place."""
        child = os.fork()
        if child == 0:
            end = _BROKEN
            try:
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, 1)
                os.dup2(nothing, 2)
                self.put_in_place(mutant)
                end = _NOTICED if self._fails(session, tests) else 0
            finally:
                os._exit(end)
        end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if end == _BROKEN:
            raise RuntimeError(f"{mutant} could not be tried")
        return end != 0

    def find_living(self) -> None:
        """Every function made of the files, by its place there, and everything that keeps results of functions."""
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename in self.files:
                code = found.__code__
                self._living[code.co_filename, code.co_qualname, code.co_firstlineno].append(found)
            elif isinstance(found, _lru_cache_wrapper):
                self._caches.append(found)

    def put_in_place(self, mutant: Mutant) -> None:
        """Give every living function that was made of this piece of source the other code."""
        for function in self._living[str(mutant.file), mutant.function, mutant.first_line]:
            function.__code__ = mutant.code
        for cache in self._caches:
            cache.cache_clear()  # what it keeps is from the code as it was

    def _fails(self, session: pytest.Session, tests: list[pytest.Item]) -> bool:
        for item, following in zip(tests, [*tests[1:], None], strict=True):
            signal.alarm(SECONDS + round(10 * self._seconds[item.nodeid]))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return True
        return False


def main() -> int:
    """Print what was not noticed and the share of what was; 1 when a group falls below the least share."""
    options = _options()
    is_good = True
    for name in options.group or GROUPS:
        files, tests = GROUPS[name]
        trial = Trial([ROOT / file for file in files], options.most, options.again and options.again.read_text())
        with tempfile.TemporaryDirectory() as folder:
            quick = [
                "-q",
                "-p",
                "no:cacheprovider",
                "--timeout=0",
                "--capture=sys",
                "-k",
                IN_MEMORY,
            ]
            status = pytest.main([*quick, f"--basetemp={folder}/t", "--no-header", "-W", "ignore", *tests], [trial])
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return 2
        is_good &= _told(name, trial, options.least)
    return 0 if is_good else 1


def _told(name: str, trial: Trial, least: int) -> bool:
    survived = Counter(mutant.file.name for mutant in trial.survivors)
    for file, tried in trial.tried.items():
        print(f"{name}: {file}: {tried - survived[file]} of {tried} noticed")
    total = trial.tried.total()
    share = 100 * (total - len(trial.survivors)) / total if total else 100.0
    print(f"{name}: {share:.1f} % of {total}")
    return share >= least


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("group", nargs="*", choices=[[], *GROUPS], help="only these")
    parser.add_argument("--most", type=int, help="try about so many mutants of a group, evenly spread")
    parser.add_argument("--again", type=Path, help="try only what this file, an earlier run's output, names")
    parser.add_argument("--least", type=int, default=85, help="percent that must be noticed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
