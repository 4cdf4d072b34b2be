"""The command line in this process, on a SQLite home of its own, in English unless a test says otherwise."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from crm_workflows.bootstrap import Office, open_office
from crm_workflows.interfaces.cli import language
from crm_workflows.interfaces.cli.main import build
from crm_workflows.settings import Settings
from crm_workflows.shipped import shipped
from tests.interfaces.cli.staff_files import KINDS

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
BUYER = "wang.fang@yongchang.example"
OTHER_BUYER = "zhao.lei@yongchang.example"
MATERIALS = "li.weimin@yongchang.example"
MARKETING = "zheng.xiaodong@yongchang.example"
FINANCE = "he.jing@yongchang.example"
SUPPLIER = "gu.wanqing@chenglan.example"
ADMIN = "liu.yang@yongchang.example"


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The one sentence of a command that failed: nothing else is printed anywhere."""
        assert self.status == 1, self
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


Crmw = Callable[..., Said]


@pytest.fixture(scope="session")
def home_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with its key, its tables and the shipped configuration in force, to copy."""
    home = tmp_path_factory.mktemp("template") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home.parent)
        open_office(Settings(home=home)).close()
    return home


@pytest.fixture
def home(home_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own; the working directory holds no configuration."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CRMW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRMW_TRACKING", "off")
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(home_template, tmp_path / "home"))


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Commands set up the logs of the whole process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logging.captureWarnings(capture=False)
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)


@cache
def _command(_language: tuple[str | None, ...]) -> Any:
    """All commands, made once for each language of the terminal: that takes longer than what most of them do."""
    return get_command(build())


def _language_of(environment: dict[str, str]) -> tuple[str | None, ...]:
    return tuple((os.environ | environment).get(name) for name in language.VARIABLES)


def runner_on(home: Path) -> Crmw:
    """Runs commands in this process on that home."""
    runner = CliRunner(env={"CRMW_HOME": str(home), "CRMW_TRACKING": "off"})

    def run(*words: object, typed: str | bytes | None = None, **environment: str) -> Said:
        # Typer's runner would make the command anew from what it is given.
        with patch("typer.testing._get_command", lambda made: made):
            made = _command(_language_of(environment))
            result = runner.invoke(made, [str(word) for word in words], input=typed, env=environment, prog_name="crmw")
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def crmw(home: Path) -> Crmw:
    """Run one command: `crmw("start", "supplier-vetting", "--input", path)`."""
    return runner_on(home)


@pytest.fixture
def office(home: Path) -> Iterator[Office]:
    """The same home, for what a test arranges or looks at behind the command line."""
    with closing(open_office(Settings(home=home))) as opened:
        yield opened


@dataclass(frozen=True)
class Story:
    """A case driven by commands only."""

    crmw: Crmw
    code: str

    def view(self) -> Any:
        """The case as a document."""
        return self.crmw("case", self.code, "--json").json

    def waiting(self) -> Any:
        """The first thing that the case waits for, once everything ready is done."""
        self.crmw("work", "--until-idle")
        return self.view()["waiting_for"][0]

    def hand_in_papers(self) -> Said:
        """All papers of the good sample, by the owner."""
        files = sorted((SAMPLES / "good" / "documents").iterdir())
        return self.crmw("upload", self.waiting()["id"], *files, "--as", BUYER, "--json")

    def submit_example(self) -> Said:
        """The example of the task that the case waits for, by whoever is asked."""
        item = self.waiting()
        example = json.dumps(self.crmw("task", item["id"], "--json").json["example"])
        who = item["assignee"]["email"]
        return self.crmw("submit", item["id"], "--as", who, "--input", "-", "--json", typed=example)

    def go_to_gate(self) -> str:
        """Answer everything up to the recognition gate; returns the id of the request."""
        if self.waiting()["kind"] == "documents":
            assert self.hand_in_papers().status == 0
        while (item := self.waiting())["kind"] == "task":
            assert self.submit_example().status == 0
        return str(item["id"])


class Stages:
    """Homes in which the good sample has come so far, each made once and copied for every test that begins there."""

    def __init__(self, empty: Path) -> None:
        self._homes = {"empty": empty}

    def home(self, stage: str) -> Path:
        """`started`, `papers_check` (the papers are in) or `gate`; made from the one before."""
        if stage not in self._homes:
            before = {"started": "empty", "papers_check": "started", "gate": "papers_check"}[stage]
            home = Path(shutil.copytree(self.home(before), self._homes["empty"].parent / stage))
            self._go_on(Story(runner_on(home), self.code(home)), stage)
            self._homes[stage] = home
        return self._homes[stage]

    @staticmethod
    def code(home: Path) -> str:
        """The code of the only case; empty before it is started."""
        found = runner_on(home)("cases", "--json").json
        return str(found[0]["case"]) if found else ""

    @staticmethod
    def _go_on(story: Story, stage: str) -> None:
        if stage == "started":
            story.crmw("start", "supplier-vetting", "--input", SAMPLES / "good" / "application.json")
        if stage == "papers_check":
            assert story.hand_in_papers().status == 0
        if stage == "gate":
            story.go_to_gate()


@pytest.fixture(scope="session")
def stages(home_template: Path) -> Stages:
    """One set for the whole run."""
    return Stages(home_template)


@pytest.fixture
def reach(stages: Stages, home: Path, crmw: Crmw) -> Callable[[str], Story]:
    """The story at a stage, in the test's own home."""

    def at(stage: str) -> Story:
        shutil.copytree(stages.home(stage), home, dirs_exist_ok=True)
        return Story(crmw, stages.code(home))

    return at


@pytest.fixture
def story(reach: Callable[[str], Story]) -> Story:
    """The good sample, just started."""
    return reach("started")


@pytest.fixture
def at_papers_check(reach: Callable[[str], Story]) -> Story:
    """The papers are in; the owner is to check them."""
    return reach("papers_check")


@pytest.fixture
def at_gate(reach: Callable[[str], Story]) -> Story:
    """The head of marketing is to recognise the supplier."""
    return reach("gate")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A copy of the shipped files to edit."""
    made = {}
    for kind in KINDS:
        made[kind] = tmp_path / f"{kind}.yaml"
        made[kind].write_text((shipped("config") / f"{kind}.yaml").read_text("utf-8"), encoding="utf-8")
    return made
