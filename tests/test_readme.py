"""The README's commands run as written, in its order, on a home of their own; the Chinese README has the same ones."""

import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_workflows.domain.mail.grammar import NAMES
from crm_workflows.domain.mail.reply import read_reply
from tests.black_box import Company
from tests.installation import ROOT

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
WEB, PREFECT = 8000, 4200


def commands(readme: str) -> list[str]:
    """Every line of every shell block, in order."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip()]


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_each_answering_word_stands_in_both_languages_and_is_read_so(readme: str) -> None:
    told = re.findall(r"`([^`\n]+)`", (ROOT / readme).read_text(encoding="utf-8"))
    for kind in ("delegate", "add_approver", "ask", "change", "copy", "undo", "remind", "recall"):
        for word in NAMES[kind]:
            as_told = [one for one in told if one == word or one.startswith(f"{word} ")]
            assert as_told, f"{readme} does not say {word}"
            meant = [re.sub("Name|姓名", "李四", one).replace("…", "when?") for one in as_told]
            assert {read_reply(one).kind for one in meant} == {kind}, meant


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """`crmw up` as the README has it, where its ports are free; in 2026, since the README names a case of that year."""
    home = tmp_path / "home"
    as_written = is_free(WEB) and is_free(PREFECT)
    options = [] if as_written else ["--port", "0", "--no-prefect"]
    env = {"CRMW_NOW": "2026-03-02T09:00:00+08:00"}
    with Company(home, env).up_with(options) as running:
        yield running


def test_both_readmes_have_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh.md")
    assert {"make demo", "make test"} <= set(commands("README.md"))


@pytest.mark.timeout(300)
def test_the_commands_run_as_written(company: Company, tmp_path: Path) -> None:
    ours = [
        line for line in commands("README.md") if line.startswith(".venv/bin/crmw") and not line.endswith("crmw up")
    ]
    assert len(ours) >= 13
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for folder in ("config", "samples"):
        (checkout / folder).symlink_to(ROOT / folder)
    for line in ours:
        if " mail check" in line or line.endswith("crmw rules"):
            continue
        # By a shell, as at a terminal: it is the shell that knows what `*` means.
        command = line.replace(".venv/bin/crmw", shlex.quote(company.program), 1)
        done = subprocess.run(
            command, shell=True, cwd=checkout, env=company.env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout.strip(), f"{line} prints nothing"


def test_the_commands_that_report_something_open_say_so_by_their_status(company: Company) -> None:
    rules = company.run("rules")
    assert rules.returncode == 0
    assert "SV-8" in rules.stdout
    assert company.run("rules", "--part", "XX").returncode in (1, 2)
    assert "SMTP" in company.run("mail", "check").stdout + company.run("mail", "check").stderr
