"""The program of release 0.1.0, really run from the history of this repository, beside today's on one database.

What docs/backup-and-upgrade.md says of a rolling upgrade: it goes on with what it knows, or refuses in one sentence.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.database.schema import migrate
from crm_workflows.bootstrap import open_office
from crm_workflows.domain.records import Message
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import outbox_desk
from crm_workflows.engine.ports import Store
from crm_workflows.engine.record import auditing
from crm_workflows.engine.running import attention, opening
from crm_workflows.settings import Settings
from tests.adapters.conftest import empty_postgres_url, postgres
from tests.invariants import broken
from tests.machines.world import Elsewhere, soon
from tests.misbehaving_smtp import misbehaving
from tests.office import ROOT, Office
from tests.recorded.record import FOLDER, load, office_of
from tests.recorded.scenes import ADMIN, company, do, finish, story_of
from tests.upper import environment

__all__ = ["empty_postgres_url", "postgres"]
pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

RELEASE = "442beb6"
"""Where the company of 0.1.0 was recorded."""
RECORDED = FOLDER / "0.1.0"
KEPT = json.loads((RECORDED / "stories.json").read_text("utf-8"))
AT = datetime.fromisoformat(KEPT["at"])
KEY = "k" * 32
WORKS = "the worker runs"
PEOPLE = """
import json, sys
from datetime import datetime
from crm_workflows.adapters.opening import open_store
from crm_workflows.domain.errors import CrmError
from tests.recorded.record import office_of
from tests.recorded.scenes import do
office = office_of(open_store(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
print("ready", flush=True)
for line in sys.stdin:
    refused = None
    try:
        code = line.strip()
        do(office, code, office.view(code)["waiting_for"][0]) if code else office.work()
    except CrmError as error:
        refused = str(error)
    print(json.dumps(refused), flush=True)
"""
"""People at work with the program of that release: answer what a case asks, or do what is ready where none is named."""


def crmw(env: dict[str, str], tree: Path, words: Sequence[object]) -> subprocess.CompletedProcess[str]:
    """One command, by the code of that tree."""
    command = [sys.executable, "-m", "crm_workflows.interfaces.cli", *map(str, words)]
    return subprocess.run(command, env=env, cwd=tree, capture_output=True, text=True, check=False, timeout=120)


@dataclass
class Older:
    """The tree of that release; this environment's Python runs it."""

    tree: Path
    folder: Path

    def env(self, **more: str) -> dict[str, str]:
        """As for today's program, but for the code."""
        return environment(self.folder, CRMW_SECRET_KEY=KEY, PYTHONPATH=str(self.tree), **more)

    def crmw(self, url: str, *words: object) -> subprocess.CompletedProcess[str]:
        """One command of it."""
        return crmw(self.env(CRMW_DATABASE_URL=url), self.tree, words)

    @contextmanager
    def at_work(self, url: str) -> Iterator[Callable[[str], str | None]]:
        """A process of it that runs; gives what answers for the people who work with it."""
        command = [sys.executable, "-c", PEOPLE, url, KEPT["at"]]
        with subprocess.Popen(
            command, env=self.env(), cwd=self.tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            reads, writes = process.stdout, process.stdin
            assert reads.readline() == "ready\n"

            def tell(code: str = "") -> str | None:
                writes.write(f"{code}\n")
                writes.flush()
                said: str | None = json.loads(reads.readline())
                return said

            yield tell
            writes.close()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was delivered then."""
    git = ["git", "-C", str(ROOT)]
    if subprocess.run([*git, "cat-file", "-e", RELEASE], capture_output=True, check=False).returncode:
        pytest.skip(f"this checkout has no history back to {RELEASE}; fetch it all to run an older program")
    folder = tmp_path_factory.mktemp("0.1.0")
    archive = subprocess.run([*git, "archive", RELEASE], capture_output=True, check=True).stdout
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive, check=True)
    return folder


@pytest.fixture
def older(tree: Path, tmp_path: Path) -> Older:
    (tmp_path / "older").mkdir()
    return Older(tree, tmp_path / "older")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, older: Older, tmp_path: Path) -> str:
    """The recorded company with the tables of then, in each database."""
    file = load((RECORDED / "company.sql").read_text("utf-8"), tmp_path / "crm.db")
    if request.param == "sqlite":
        return file
    server = str(request.getfixturevalue("empty_postgres_url"))
    for address, words in ((file, ["backup"]), (server, ["restore", "--nothing-sent-since"])):
        done = older.crmw(address, *words, tmp_path / "b.zip")
        assert done.returncode == 0, done.stderr
    return server


def alternating(office: Office, code: str, older_does: Callable[[str], str | None]) -> None:
    """Go on to the end of the case, by turns with either program."""
    turn = 0
    while waiting := office.view(code)["waiting_for"]:
        if turn % 2:
            do(office, code, waiting[0])
        else:
            assert older_does(code) is None
        turn += 1


def holds(office: Office) -> None:
    assert broken(office.engine.store) == []
    assert auditing.verify(office.engine) == []


def test_a_process_that_runs_goes_on_with_every_case_beside_the_new_one(older: Older, url: str) -> None:
    """Codes come in the order in which cases are finished here, and in their order alone they differ from then."""
    with older.at_work(url) as older_does:
        assert migrate(url)
        with closing(open_store(url)) as store:
            office = office_of(store, AT)
            for told in KEPT["stories"].values():
                if office.view(told["case"])["status"] == "needs_attention":
                    attention.retry(office.engine, told["case"], by=ADMIN)
                    assert older_does("") is None
                alternating(office, told["case"], older_does)
                story, was = story_of(office, told["case"]), told["ended"]
                for rows in (story["rows"], was["rows"]):
                    rows.pop("supplier_code", None)
                assert story == was
            new = office.start(company(60))
            alternating(office, new, older_does)
            assert office.view(new)["outcome"] == "approved"
            holds(office)


def test_a_case_of_a_version_that_it_has_not_is_left_to_a_person(older: Older, url: str) -> None:
    """That release did not yet look for a newer one; `crmw retry` brings the case back, and nothing is lost."""
    fields = ("company", "supplier", "contact", "goods", "yearly_amount", "supplier_class", "valid_until", "owner")
    known = company(10) | {"supplier": "S-CP-0001", "supplier_class": "B", "valid_until": "2026-04-30"}
    with older.at_work(url) as older_does:
        migrate(url)
        with closing(open_store(url)) as store:
            office = office_of(store, AT)
            input_ = {name: known[name] for name in fields}
            code = started(office.engine, "supplier-reevaluation", input_)
            assert older_does("") is None
            assert office.view(code)["status"] == "needs_attention"
            assert [mail.template for mail in office.mails("needs_attention", case=code)]
            finish(office, code)
            assert office.view(code)["outcome"] == "approved"
            holds(office)


def test_a_process_that_starts_is_refused_in_one_sentence_and_changes_nothing(older: Older, url: str) -> None:
    migrate(url)
    with closing(open_store(url)) as store:
        office = office_of(store, AT)
        before = {told["case"]: story_of(office, told["case"]) for told in KEPT["stories"].values()}
        sample = ROOT / "samples" / "good" / "application.json"
        for words in (
            ["worker"],
            ["work", "--until-idle"],
            ["cases"],
            ["start", "supplier-vetting", "--input", sample],
        ):
            done = older.crmw(url, *words)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr.count("\n") == 1
            assert "of a newer program; upgrade this program first" in done.stderr
        assert {code: story_of(office, code) for code in before} == before


@contextmanager
def worker(env: dict[str, str], folder: Path) -> Iterator[None]:
    """One `crmw worker`, until the block ends."""
    folder.mkdir(exist_ok=True)
    output = folder / "out.txt"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "crm_workflows.interfaces.cli", "worker"],
            env=env, cwd=folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        soon(lambda: WORKS in output.read_text("utf-8"), "the worker runs")
        yield
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_an_older_worker_takes_new_cases_and_fails_no_mail_silently(older: Older, url: str, tmp_path: Path) -> None:
    """What it cannot say is shown to a person, and sent by the new program when told to."""
    with ExitStack() as stack:
        mail = stack.enter_context(misbehaving())
        settings = Settings(
            home=tmp_path / "people", database_url=url, secret_key=KEY, now=AT, speed=60, smtp_host="127.0.0.1",
            smtp_port=mail.port, smtp_security="none", mail_from="crm@yongchang.example",
        )  # fmt: skip
        both = {
            "CRMW_DATABASE_URL": url, "CRMW_SMTP_HOST": "127.0.0.1", "CRMW_SMTP_PORT": str(mail.port),
            "CRMW_SMTP_SECURITY": "none", "CRMW_MAIL_FROM": settings.mail_from, "CRMW_NOW": KEPT["at"],
            "CRMW_SPEED": "60",
        }  # fmt: skip
        todays = environment(tmp_path / "new", CRMW_SECRET_KEY=KEY, **both)
        with worker(older.env(**both), tmp_path / "old"):
            migrate(url)
            for kind in ("people", "policy"):
                command = [kind, "apply", ROOT / "config" / f"{kind}.yaml", "--yes", "--as", ADMIN]
                done = crmw(todays, ROOT, command)
                assert done.returncode == 0, done.stderr
            opened = stack.enter_context(closing(open_office(settings, Elsewhere())))
            opened.load_procedures()
            office = Office(opened.store)
            office.engine = opened.engine
            new = [started(opened.engine, "supplier-vetting", company(61 + n)) for n in range(4)]
            soon(lambda: all(office.view(code)["status"] == "waiting" for code in new), "the older one works on them")
            soon(lambda: statuses(opened.store) <= {"sent", "failed"}, "it has sent what it can say")
        with opened.store.write() as tx:
            failed = [message for message in tx.find(Message, status="failed") if message.template != "mail_failed"]
            told = {m.context["message"] for m in tx.find(Message, template="mail_failed")}
            assert failed, "the older one can say all that today's writes: the docs may say so"
            assert {message.id for message in failed} <= told
            for message in failed:
                outbox_desk.resend(tx, message.id, opened.engine.clock.now())
        with worker(todays, tmp_path / "new"):
            new += [started(opened.engine, "supplier-vetting", company(71 + n)) for n in range(4)]
            soon(lambda: all(office.view(code)["status"] == "waiting" for code in new), "the new one works on them")
            soon(lambda: statuses(opened.store) == {"sent"}, "all mails are sent")
        holds(office)


def started(engine: Engine, process: str, input_: dict[str, Any]) -> str:
    """A case that is left to the workers."""
    return opening.start(engine, process, input_, requester=None, origin="cli").code


def statuses(store: Store) -> set[str]:
    """Of all mails."""
    with store.read() as reader:
        return {message.status for message in reader.find(Message)}
