"""`python -m tests.simulator.faults`: each planted fault of `tests/faults` must be caught, in a copy of the tree.

A patch begins with a sentence that says what is wrong. Where only one named test shows it, a line `Test: …` names that.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[2]
FAULTS = ROOT / "tests" / "faults"
PARTS = ("crm_workflows", "flows", "tests", "config", "templates", "samples", "pyproject.toml")
SIMULATED_SECONDS = 90
"""Of processor time: a loaded machine must not let a fault pass."""
MOST_SECONDS = 600
CONTROL = 60
"""Cases that the tree must pass before any fault is planted."""


@dataclass(frozen=True)
class Caught:
    """What came of one planted fault; `cases` is 0 where a named test was asked."""

    name: str
    is_caught: bool
    by: str
    cases: int
    seconds: float


@dataclass(frozen=True)
class Fault:
    """One patch with what stands at its head."""

    file: Path

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def sentence(self) -> str:
        """What is wrong."""
        return self.file.read_text(encoding="utf-8").partition("\n")[0]

    @property
    def test(self) -> str | None:
        """The test that shows it; None where the simulator does."""
        found = re.search(r"^Test: (\S+)$", self.file.read_text(encoding="utf-8"), re.MULTILINE)
        return found.group(1) if found else None


def all_faults() -> list[Fault]:
    """Every planted fault, by name."""
    return [Fault(file) for file in sorted(FAULTS.glob("*.patch"))]


def main() -> int:
    """Print what caught each fault and after how many cases; status 1 when one was not caught or does not apply."""
    given = _arguments()
    chosen = [fault for fault in all_faults() if not given.names or fault.name in given.names]
    print(f"{len(chosen)} planted faults, seed {given.seed}, at most {given.cases} cases each")
    missed = []
    with _trees(given.jobs) as trees, ThreadPoolExecutor(given.jobs) as pool:
        _without_fault(trees, given.seed)
        for result in pool.map(lambda fault: _tried(fault, trees, given.seed, given.cases), chosen):
            after = f"after {result.cases} cases" if result.cases else "by its test"
            how = after if result.is_caught else "NOT CAUGHT"
            print(f"{result.name:28s} {how:18s} {result.seconds:5.1f} s  {result.by[:150]}", flush=True)
            missed += [] if result.is_caught else [result.name]
    print(f"all {len(chosen)} caught" if not missed else f"not caught: {', '.join(missed)}")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator.faults", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these faults")
    parser.add_argument("--seed", type=int, default=random.randrange(10**9), help="of the first world (default: drawn)")
    parser.add_argument("--cases", type=int, default=1000, help="at most, for each fault (default: 1000)")
    parser.add_argument("--jobs", type=int, default=2, help="faults side by side (default: 2)")
    return parser.parse_args()


@contextmanager
def _trees(how_many: int) -> Iterator["SimpleQueue[Path]"]:
    """Copies of the tree, each for one fault at a time."""
    free: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="crmw-faults-") as folder:
        for n in range(how_many):
            tree = Path(folder) / str(n)
            tree.mkdir()
            for part in PARTS:
                source = ROOT / part
                if source.is_dir():
                    shutil.copytree(source, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, tree / part)
            free.put(tree)
        yield free


def _without_fault(trees: "SimpleQueue[Path]", seed: int) -> None:
    """Raises RuntimeError when the code as it stands is broken: then everything would look caught."""
    tree = trees.get()
    is_broken, by, _ = _by_simulator(tree, seed, CONTROL)
    trees.put(tree)
    if is_broken or "cases a minute" not in by:
        raise RuntimeError(f"the tree without any fault is broken: {by}")


def _tried(fault: Fault, trees: "SimpleQueue[Path]", seed: int, cases: int) -> Caught:
    tree, began = trees.get(), time.perf_counter()
    try:
        _patch(tree, fault)
        try:
            is_caught, by, after = _by_test(tree, fault.test) if fault.test else _by_simulator(tree, seed, cases)
        finally:
            _patch(tree, fault, "--reverse")
    finally:
        trees.put(tree)
    return Caught(fault.name, is_caught, by, after, time.perf_counter() - began)


def _patch(tree: Path, fault: Fault, *how: str) -> None:
    """Raises RuntimeError where the patch does not fit the code any more."""
    done = subprocess.run(
        ["git", "apply", *how, str(fault.file)], cwd=tree, capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the planted fault {fault.name} does not apply any more; write it anew:\n{done.stderr}")


def _by_simulator(tree: Path, seed: int, cases: int) -> tuple[bool, str, int]:
    asked = [
        "-m",
        "tests.simulator",
        "--seed",
        str(seed),
        "--cases",
        str(cases),
        "--short",
        "--seconds",
        str(SIMULATED_SECONDS),
    ]
    done = _python(tree, *asked)
    lived = re.search(r": (\d+) cases,", done.stdout)
    said = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    if done.returncode != 1 or not lived or not said:
        return False, (done.stderr or done.stdout).strip()[-500:], 0
    return True, said[0], int(lived.group(1))


def _by_test(tree: Path, test: str) -> tuple[bool, str, int]:
    done = _python(tree, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test)
    return done.returncode == 1, test if done.returncode == 1 else done.stdout[-500:], 0


def _python(tree: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True, check=False,
        timeout=MOST_SECONDS,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
