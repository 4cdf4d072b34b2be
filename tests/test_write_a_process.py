"""docs/write-a-process: whoever follows it has a fifth process that runs.

Its files are written out as they stand there, into a company beside the product; its commands are run, and a case is
played by mail to its end.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.black_box import Company
from tests.installation import CRMW, ROOT
from tests.patience import eventually

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
NAMED = re.compile(r"# (company/\S+)\n")
CASE = "RN-2026-00001"
OWNER = "lin.xiaoyu@yongchang.example"
DIRECTOR = "xu.jianping@yongchang.example"
GUIDE = "docs/write-a-process.md"


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def commands() -> list[str]:
    return [line for kind, text in blocks(GUIDE) if kind == "sh" for line in text.splitlines() if line]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder in which all has been done that the page says before its first command of ours."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for line in commands():
        if line.startswith(("cp ", "mkdir ")):
            subprocess.run(shlex.split(line), cwd=tmp_path, check=True)
    for kind, text in blocks(GUIDE):
        name = NAMED.match(text)
        if kind != "sh":
            assert name, f"a block of the page says no file: {text[:40]}"
            with (tmp_path / name.group(1)).open("a", encoding="utf-8") as file:
                file.write(text)
    return tmp_path


def run(line: str, company: Company, checkout: Path) -> str:
    line = line.replace(".venv/bin/crmw", shlex.quote(CRMW[0])).replace(".venv/bin/python", shlex.quote(sys.executable))
    done = subprocess.run(
        line, shell=True, cwd=checkout, env=company.env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_chinese_page_has_the_same_code_and_the_same_commands() -> None:
    assert blocks("docs/write-a-process.zh.md") == blocks(GUIDE)


@pytest.fixture
def company(checkout: Path) -> Company:
    """With the settings that the page exports; in the year of which the page speaks."""
    exported = dict(re.findall(r"(CRMW_\w+)=(\S+)", " ".join(commands())))
    assert exported.keys() == {"CRMW_CONFIG", "CRMW_HOME"}
    env = {name: str(checkout / value) for name, value in exported.items()}
    env |= {"CRMW_NOW": "2026-03-02T09:00:00+08:00", "PYTHONPATH": str(ROOT)}
    return Company(Path(env["CRMW_HOME"]), env)


def test_every_path_ends_and_its_story_passes(company: Company, checkout: Path) -> None:
    [simulate, story] = [line for line in commands() if " simulate " in line or " pytest " in line]
    assert "approved" in run(simulate, company, checkout)
    assert "2 passed" in run(story, company, checkout)


def test_its_case_is_played_by_mail_to_its_end(company: Company, checkout: Path) -> None:
    [start] = [line for line in commands() if "crmw start" in line]
    with company.up():
        assert CASE in run(start, company, checkout)
        company.submit(f"{CASE}-R1", OWNER)
        request = eventually(
            lambda: next((i for i in company.case(CASE)["waiting_for"] if i["gate"] == "renewal"), None)
        )
        assert request["assignee"]["email"] == DIRECTOR
        company.reply(eventually(lambda: company.mail_about(request["id"], DIRECTOR)), "同意")
        seen = eventually(lambda: found if (found := company.case(CASE))["status"] == "closed" else None)
        assert seen["outcome"] == "approved"
        assert "zheng.wenbo@yunfan.example" in [mail["to"] for mail in seen["mails"] if mail["template"] == "letter"]
        assert company.get("/start/contract-renewal").status_code == 200
        assert "合同续签" in company.get(f"/cases/{CASE}").text
