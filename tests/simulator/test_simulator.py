"""A share of the simulation in every run, with seeds drawn anew; and that the simulator keeps what it promises."""

import os
import random
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from crm_workflows.engine.mail_out.outbox import Sender
from tests.office import ROOT
from tests.simulator.__main__ import main
from tests.simulator.faults import Fault, all_faults
from tests.simulator.run import Result, simulate

pytestmark = pytest.mark.breaks_invariants("each world asks for them itself, with everybody who worked there")
WORLDS = 4
MORE = 12
"""Worlds looked at besides, where those lack something."""


@pytest.fixture(scope="module")
def worlds() -> list[Result]:
    """A few worlds that nobody has seen before."""
    first = random.randrange(10**9)
    return [simulate(seed) for seed in range(first, first + WORLDS)]


def test_whatever_happens_in_a_world_the_invariants_hold(worlds: list[Result]) -> None:
    broken = [(f"--seed {world.seed} --cases {world.cases}", world.broken) for world in worlds if world.broken]
    assert not broken, f"replay with: python -m tests.simulator {broken}"


def test_a_world_has_what_it_is_to_vary(worlds: list[Result]) -> None:
    """Without this a change of the product could leave nothing in it to go wrong."""
    told, seed = _told(worlds), worlds[-1].seed
    for further in range(MORE):  # what a company has or lacks is drawn once a world, such as a mailbox
        if set(told) == set(WHAT_HAPPENS):
            break
        told += _told([simulate(seed + 1 + further)])
    assert set(told) == set(WHAT_HAPPENS), told


def _told(worlds: list[Result]) -> "Counter[str]":
    return Counter(word for world in worlds for line in world.trace for word in WHAT_HAPPENS if word in line)


WHAT_HAPPENS = (
    "starts case", "by link", "by mail", "approve", "send_back", "effective=False", "refused:", "killed at",
    "stopped at", "busy", "fetches", "sees to",
)  # fmt: skip


def test_one_seed_gives_the_same_trace_in_every_process(tmp_path: Path) -> None:
    """Byte for byte, the digest of every row at its end, whatever Python's hashes are seeded with."""
    traces = []
    for hash_seed in ("0", "4711"):
        file = tmp_path / hash_seed
        asked = ["--seed", "11", "--cases", "6", "--size", "6", "--trace", str(file)]
        subprocess.run(
            [sys.executable, "-m", "tests.simulator", *asked], cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        traces.append(file.read_bytes())
    assert traces[0] == traces[1]
    assert traces[0] != b""
    assert b"every row: " in traces[0].splitlines()[-1]


def test_what_broke_is_shown_by_its_seed_and_the_shortest_way_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here each attempt at a mail makes it anew."""
    monkeypatch.setattr(Sender, "_prepared", lambda sender, mail: prepared(sender, replace(mail, content=None)))
    monkeypatch.setattr(sys, "argv", ["simulator", "--seed", "5", "--cases", "200"])
    assert main() == 1
    said = capsys.readouterr().out
    seed, cases, event = map(int, SHORTEST.search(said).groups())  # type: ignore[union-attr]
    assert "with other bytes than before" in said
    assert simulate(seed, cases, event).broken
    assert not simulate(seed, cases, event - 1).broken


prepared = Sender._prepared
SHORTEST = re.compile(r"the shortest way there: --seed (\d+) --cases (\d+) --size \d+, event (\d+)")


@pytest.mark.parametrize("fault", all_faults(), ids=lambda fault: fault.name)
def test_a_planted_fault_fits_the_code(fault: Fault) -> None:
    """Whoever changes these lines plants it anew: `python -m tests.simulator.faults` says whether it is caught."""
    check = ["git", "apply", "--check", str(fault.file)]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"| `{fault.name}` | {fault.sentence} |" in (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
