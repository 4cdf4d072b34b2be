"""Other engines beside ours: who cannot be installed or fails is named with the reason, and hinders nobody else."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import beside
from benchmarks.beside import Environment, beside_each_other, installed
from benchmarks.databases import sqlite_files

PROGRAM = """
import json, sys
print("noise")
print(json.dumps({"peer": "Peer 1.0", "how": "so", "singly": 1234.5, "at_once": None,
                  "decision_p50": 1.0, "decision_p95": 2.0}))
"""


def test_our_programs_measure_a_whole_case_by_the_same_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "SECONDS", 0.05)
    monkeypatch.setattr(beside, "ROUNDS", 1)
    monkeypatch.setattr(beside, "OWN", ("ceiling", "ours"))
    nobody = Environment(Path(sys.executable), {"dbos": "no such version", "statemachine": "x", "spiff": "x"})
    monkeypatch.setattr(beside, "PEERS", nobody.missing)
    with sqlite_files(tmp_path) as new:
        lines = list(beside_each_other(nobody, "sqlite", new))
    assert [line.split()[0] for line in lines[1::2][:2]] == ["ceiling", "crm-workflows"]
    assert "dbos: not measured, no such version" in lines


def test_a_program_that_fails_is_named_with_its_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "peer_well.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "peer_ill.py").write_text("raise SystemExit('out of order')", encoding="utf-8")
    monkeypatch.setattr(beside, "HERE", tmp_path)
    monkeypatch.setattr(beside, "OWN", ())
    monkeypatch.setattr(beside, "PEERS", {"well": "well", "ill": "ill"})
    lines = list(beside_each_other(Environment(Path(sys.executable), {}), "sqlite", lambda: "sqlite:///x"))
    assert lines[1].split() == ["Peer", "1.0", "1,234.5", "-", "1.0", "2.0"]
    assert lines[-1] == "ill: not measured, out of order"


def test_one_that_cannot_be_installed_hinders_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text("well==1\nill==1\n", encoding="utf-8")
    monkeypatch.setattr(beside, "HERE", tmp_path)
    monkeypatch.setattr(beside, "PEERS", {"well": "well", "ill": "ill"})
    asked: list[list[str]] = []

    class Done:
        returncode, stderr = 0, ""

    def run(command: list[str], **_how: object) -> Done:
        asked.append(command)
        done = Done()
        if "ill==1" in command:
            done.returncode, done.stderr = 1, "looking\nERROR: no matching distribution"
        return done

    monkeypatch.setattr(subprocess, "run", run)
    environment = installed(tmp_path / "peers")
    assert environment.missing == {"ill": "ERROR: no matching distribution"}
    assert [command[-1] for command in asked[1:]] == ["well==1", "ill==1"]


def test_every_peer_is_pinned_and_has_its_program() -> None:
    pins = (beside.HERE / "requirements.txt").read_text(encoding="utf-8")
    for peer, package in beside.PEERS.items():
        assert f"\n{package}==" in pins
        assert (beside.HERE / f"peer_{peer}.py").is_file()
    for own in beside.OWN:
        assert (beside.HERE / f"peer_{own}.py").is_file()
