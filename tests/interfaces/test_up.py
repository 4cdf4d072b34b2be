"""`crmw up` as a process: comes up, serves mail and pages, works, stops, and comes up again after being killed."""

import email
import json
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crm_workflows.interfaces.mailbox import poster
from crm_workflows.shipped import shipped
from tests.upper import Up, environment, running_up

SUPPLIER = "gu.wanqing@chenglan.example"
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "good" / "application.json"
T = TypeVar("T")


def get(up: Up, path: str) -> Any:
    with urllib.request.urlopen(f"{up.url}{path}", timeout=20) as answer:
        return json.load(answer)


def soon(up: Up, look: Callable[[], T | None], seconds: float = 90.0) -> T:
    """What `look` finds, once it finds anything."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        with pytest.raises(subprocess.TimeoutExpired):
            up.process.wait(0.1)
    raise AssertionError(f"nothing was found in {seconds} s:\n{up.log}")


def mails(up: Up, to: str) -> list[dict[str, str]]:
    return [mail for mail in get(up, "/mailbox.json") if mail["to"] == to]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One for the tests that leave it running."""
    with running_up(tmp_path_factory.mktemp("up")) as running:
        yield running


def test_a_case_started_by_command_is_worked_on_and_its_mail_arrives(up: Up) -> None:
    started = up.json("start", "supplier-vetting", "--input", SAMPLE)
    assert started["url"] == f"{up.url}/cases/{started['case']}"
    (mail,) = soon(up, lambda: mails(up, SUPPLIER))
    assert mail["subject"].startswith(f"[{started['case']}]")
    with urllib.request.urlopen(f"{up.url}/mailbox/{mail['id']}.eml", timeout=20) as answer:
        message = email.message_from_bytes(answer.read(), policy=policy.default)
    assert message["Message-ID"] == mail["message_id"]
    plain = message.get_body(("plain",))
    assert plain
    assert up.url in plain.get_content()
    assert up.url in up.output.read_text("utf-8")


def test_a_second_one_on_the_same_home_is_refused_with_a_sentence(up: Up) -> None:
    second = up.crmw("up", "--port", "0", "--no-prefect")
    running = f"crmw up runs on {up.home} already (process {up.process.pid})"
    assert second.returncode == 1
    assert second.stderr.splitlines() == [f"{running}; stop it first, or give another folder with --home"]
    assert get(up, "/health/live")["status"] == "live"


def test_a_port_that_is_taken_is_told_and_nothing_is_left_behind(up: Up, tmp_path: Path) -> None:
    with taken_port() as port:
        refused = up.crmw("--home", tmp_path, "up", "--port", port, "--no-prefect")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"port {port} cannot be used")
    assert not (tmp_path / "ports.json").exists()


def test_it_listens_on_this_machine_only(up: Up) -> None:
    table = Path("/proc/net/tcp").read_text("utf-8").splitlines()[1:]
    listening = [line.split()[1].split(":") for line in table if line.split()[3] == "0A"]
    ours = [address for address, port in listening if int(port, 16) in (up.ports["web"], up.smtp)]
    assert ours == ["0100007F", "0100007F"]


def test_a_role_that_fails_is_started_again(up: Up) -> None:
    """Without the table that it polls the intake fails; once that is there again, answers are taken in."""
    with closing(sqlite3.connect(up.home / "crm.db", timeout=20)) as other:
        other.execute("ALTER TABLE inbound_mails RENAME TO elsewhere")
        soon(up, lambda: "a role failed and is started again" in up.log)
        other.execute("ALTER TABLE elsewhere RENAME TO inbound_mails")
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = SUPPLIER, "approvals+nothing@localhost", "你好"
    answer.set_content("同意")
    assert poster(up.smtp)(SUPPLIER, "approvals+nothing@localhost", answer.as_bytes()) is None
    assert soon(up, lambda: [m for m in up.json("mail", "list", "--received") if m["status"] == "refused"])


def test_it_stops_within_seconds_when_told(tmp_path: Path) -> None:
    with running_up(tmp_path) as up:
        began = time.monotonic()
        assert up.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 15
        assert "Traceback" not in up.log
        assert not (up.home / "ports.json").exists()


def test_a_dead_mail_server_holds_up_neither_cases_nor_the_end(tmp_path: Path) -> None:
    with taken_port() as port:
        pass
    with running_up(
        tmp_path, CRMW_MAIL_FROM="crm@company.example", CRMW_SMTP_HOST="127.0.0.1", CRMW_SMTP_PORT=str(port),
        CRMW_SMTP_SECURITY="none",
    ) as up:  # fmt: skip
        code = up.json("start", "supplier-vetting", "--input", SAMPLE)["case"]
        soon(up, lambda: "mail not taken" in up.log)
        case = up.json("case", code)
        assert case["status"] == "waiting"
        assert {mail["status"] for mail in case["mails"]} <= {"queued", "sending"}
        began = time.monotonic()
        assert up.stop() == 0
        assert time.monotonic() - began < 15


def test_after_a_kill_the_next_one_comes_up_at_once_and_goes_on(tmp_path: Path) -> None:
    with running_up(tmp_path) as first:
        code = first.json("start", "supplier-vetting", "--input", SAMPLE)["case"]
        soon(first, lambda: mails(first, SUPPLIER))
        first.kill()
        assert (first.home / "ports.json").exists()
    with running_up(tmp_path, home=first.home) as second:
        assert second.json("case", code)["status"] == "waiting"
        assert len(mails(second, SUPPLIER)) == 1
        assert second.json("audit", "verify") == {"cases": 1, "faults": []}
        assert second.stop() == 0


def test_a_worker_alone_works_on_cases_until_it_is_told_to_stop(up: Up) -> None:
    """On a home of its own, where no mail server listens: the mail waits for one."""
    home = up.cwd / "worker"
    env = environment(home)
    words = [sys.executable, "-m", "crm_workflows.interfaces.cli"]

    def crmw(*more: str) -> Any:
        said = subprocess.run(
            [*words, *more, "--json"], env=env, cwd=up.cwd, capture_output=True, text=True, check=True
        )
        return json.loads(said.stdout)

    code = crmw("start", "supplier-vetting", "--input", str(SAMPLE))["case"]
    worker = subprocess.Popen([*words, "worker"], env=env, cwd=up.cwd, stdout=subprocess.PIPE, text=True)
    try:
        assert worker.stdout is not None
        assert "Ctrl-C" in worker.stdout.readline()  # before, a signal ends it as it would any program
        assert [case["status"] for case in crmw("cases")] == ["waiting"]
        assert {mail["status"] for mail in crmw("case", code)["mails"]} == {"queued"}
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.communicate()


def test_a_broken_configuration_ends_it_with_file_and_line(tmp_path: Path) -> None:
    config = Path(shutil.copytree(shipped("config"), tmp_path / "broken"))
    people = config / "people.yaml"
    people.write_text(people.read_text("utf-8").replace("department: design", "department: desing"), encoding="utf-8")
    with pytest.raises(AssertionError) as ended, running_up(tmp_path, CRMW_CONFIG=str(config)):
        pass
    assert re.search(r"ended with status 1:\n\S*people\.yaml:\d+: ", str(ended.value))


@contextmanager
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]
