"""The product from outside: `crmw up` as a process, people who use its pages, its mails and its command line.

Nothing here uses the engine; what it knows is the contract, and whom to ask what must hold of any database. A company
can be killed and started again at any moment, and its people simply try again, as people do.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx

from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.engine.mail_out.outbox_ports import Sent
from tests.invariants import suite

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
CRMW = [str(Path(sys.executable).parent / "crmw")]
UP_SECONDS = 60.0
DECISION_FORM = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


class NotRunning(Exception):
    """The company was killed while somebody was using it; they try again."""


class Company:
    """One installation in a home of its own."""

    def __init__(self, home: Path, env: Mapping[str, str] | None = None, *, prefect: bool = False) -> None:
        self.home = home
        self.prefect = prefect
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CRMW_", "PREFECT_"))}
        self.env = inherited | {"LANG": "C.UTF-8", "CRMW_HOME": str(home)} | dict(env or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.pause = threading.Event()
        self.answered: set[tuple[str, str]] = set()
        self.outbox: dict[tuple[str, str], tuple[str, str, bytes]] = {}
        # One for all, and without the machine's certificates, which each new one would read anew.
        self.http = httpx.Client(trust_env=False, verify=False, timeout=20)

    # -- the process --------------------------------------------------------------------------------------------

    def up(self) -> "Company":
        """Start on free ports, and wait until pages and mail listen."""
        return self.up_with(["--home", str(self.home), "--port", "0", *([] if self.prefect else ["--no-prefect"])])

    def up_with(self, options: list[str]) -> "Company":
        """Start with these options, and wait until pages and mail listen."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "ports.json").unlink(missing_ok=True)
        with (self.home / "up.out").open("ab") as out:
            self.process = subprocess.Popen(
                [*CRMW, "up", *options], cwd=ROOT, env=self.env, stdout=out, stderr=out, start_new_session=True
            )
        for _ in range(int(UP_SECONDS / 0.1)):
            if self.process.poll() is not None:
                raise AssertionError(f"crmw up ended with {self.process.returncode}: {self.said()}")
            if (self.home / "ports.json").is_file() and self._answers():
                return self
            self.pause.wait(0.1)
        raise AssertionError(f"crmw up did not come up: {self.said()}")

    def said(self) -> str:
        """What `crmw up` has printed so far."""
        return (self.home / "up.out").read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Kill -9 the process and everything it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def down(self) -> int:
        """Ask it to stop; returns its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.ask()
        return status

    def ask(self) -> None:
        """Once nobody is at work: the test fails at its end if an invariant does not hold.

        Not between a kill and the next start: whoever opens the database repairs what the kill has left.
        """
        suite.ask_database(self.env.get("CRMW_DATABASE_URL") or f"sqlite:///{self.home / 'crm.db'}")

    def __enter__(self) -> "Company":
        return self if self.process is not None else self.up()

    @property
    def program(self) -> str:
        """The installed command."""
        return CRMW[0]

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.ask()
        self.http.close()

    @property
    def ports(self) -> dict[str, int]:
        try:
            return json.loads((self.home / "ports.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotRunning from None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    def _answers(self) -> bool:
        try:
            return self.get("/health/ready").status_code == 200
        except NotRunning:
            return False

    # -- the command line ---------------------------------------------------------------------------------------

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, whatever it answers."""
        return subprocess.run(
            [*CRMW, *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False, timeout=120
        )

    def crmw(self, *arguments: str) -> Any:
        """Run a command that must succeed; returns what it printed as JSON."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, f"crmw {' '.join(arguments)}: {done.stderr or done.stdout}"
        return json.loads(done.stdout)

    def start(
        self,
        sample: str = "good",
        *more: str,
        changes: Mapping[str, Any] | None = None,
        process: str = "supplier-vetting",
    ) -> str:
        """Start a case, a supplier's unless told otherwise, from a sample; returns its code."""
        input_ = json.loads((SAMPLES / sample / "application.json").read_text(encoding="utf-8")) | dict(changes or {})
        file = self.home / f"input-{sample}-{input_.get('credit_code', '')}.json"
        file.write_text(json.dumps(input_, ensure_ascii=False), encoding="utf-8")
        return str(self.crmw("start", process, "--input", str(file), *more)["case"])

    def case(self, code: str) -> dict[str, Any]:
        """The case as the API shows it, which is what `crmw case CODE --json` prints."""
        answer = self.get(f"/api/v1/cases/{code}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    # -- pages and mails ----------------------------------------------------------------------------------------

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One HTTP request; raises NotRunning when nobody is there."""
        try:
            return self.http.request(method, self.address + path, **more)
        except httpx.TransportError:
            raise NotRunning from None

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def mailbox(self) -> list[dict[str, Any]]:
        """Every mail that the local mail server took, newest first."""
        return list(self.get("/mailbox.json").json())

    def raw(self, mail: str) -> bytes:
        return self.get(f"/mailbox/{mail}.eml").content

    def mail_about(self, request: str, to: str) -> EmailMessage | None:
        """The newest mail that asks this person about this request, None while it has not come."""
        for line in self.mailbox():
            if to in line["to"]:
                mail = message_from_bytes(self.raw(line["id"]), policy=policy.default)
                if mail["X-CRM-Request"] == request:
                    return mail
        return None

    def reply(self, mail: EmailMessage, text: str, files: list[Path] | None = None, sender: str | None = None) -> str:
        """Answer a mail by SMTP as its recipient would; returns the Message-ID of the answer."""
        who, answer = self.answer_to(mail, text, files, sender)
        self.send(who, str(mail["Reply-To"]), answer.as_bytes())
        return str(answer["Message-ID"])

    def answer_to(
        self, mail: EmailMessage, text: str, files: list[Path] | None = None, sender: str | None = None
    ) -> tuple[str, EmailMessage]:
        """The answer that a mail program would send, with the question quoted below; and who sends it."""
        who = sender or str(mail["To"])
        answer = EmailMessage(policy=policy.SMTP)
        answer["From"], answer["To"], answer["Subject"] = who, str(mail["Reply-To"]), f"Re: {mail['Subject']}"
        answer["Message-ID"] = f"<{abs(hash((mail['Message-ID'], text, os.urandom(4)))):x}@client.example>"
        answer.set_raw("In-Reply-To", str(mail["Message-ID"]))
        body = mail.get_body(("plain",))
        assert body is not None
        quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
        answer.set_content(f"{text}\n\n在 2026-03-02 写道：\n{quoted}\n")
        for file in files or ():
            answer.add_attachment(file.read_bytes(), maintype="application", subtype="octet-stream", filename=file.name)
        return who, answer

    def send(self, sender: str, recipient: str, content: bytes) -> None:
        """Hand bytes to the local mail server; raises NotRunning when it does not take them."""
        transport = SmtpTransport(
            "127.0.0.1", self.ports["smtp"], security="none", sender=_bare(sender), ehlo="client.example", seconds=20
        )
        outcome = transport.deliver(_bare(recipient), content)
        transport.close()
        if not isinstance(outcome, Sent):
            raise NotRunning

    def link(self, mail: EmailMessage) -> str:
        """The path of the answering link in a mail's plain part."""
        body = mail.get_body(("plain",))
        assert body is not None
        found = re.search(r"https?://[^/\s]+(/[rt]/[A-Za-z0-9_-]+)", body.get_content())
        assert found, body.get_content()
        return found.group(1)

    def decide_by_link(self, path: str, decision: str, comment: str = "", **more: str) -> httpx.Response:
        """Open the page as a person would, then post its first form."""
        page = self.get(path)
        return self.request("POST", path, data=hidden(page.text) | {"decision": decision, "comment": comment} | more)

    # -- people who do what is asked ----------------------------------------------------------------------------

    def do_what_is_asked(self, code: str, *, sample: str = "good") -> bool:
        """One round of everybody doing what they are asked; False when the case is over."""
        view = self.case(code)
        for item in view["waiting_for"]:
            try:
                self._do(item, sample)
            except (NotRunning, AssertionError):
                self.pause.wait(0.1)
        return view["status"] not in ("closed", "cancelled")

    def _do(self, item: dict[str, Any], sample: str) -> None:
        who = item["assignee"]["email"]
        if item["kind"] == "task":
            self.submit(item["id"], who)
            return
        mail = self.mail_about(item["id"], who)
        if mail is None:
            return
        if item["kind"] == "documents":
            self._answer_once(item["id"], mail, "附件请查收", sorted((SAMPLES / sample / "documents").iterdir()))
        elif item["id"].endswith(("1", "3", "5", "7", "9")):
            self.decide_by_link(self.link(mail), "approve")
        else:
            self._answer_once(item["id"], mail, "同意")

    def submit(self, task: str, who: str, **changes: Any) -> httpx.Response:
        """Answer a form task with its own example, through the API."""
        example = self.get(f"/api/v1/requests/{task}").json()["example"]
        body = {"as": who, "input": example | changes}
        return self.request(
            "POST", f"/api/v1/requests/{task}/submit", json=body, headers={"Idempotency-Key": f"{task}-{who}"}
        )

    def _answer_once(self, request: str, mail: EmailMessage, text: str, files: list[Path] | None = None) -> None:
        """People do not answer twice what was taken from them; after 250 the mail is the product's business.

        What was not taken stays in their outbox: their mail program sends the same bytes again.
        """
        if (request, text) in self.answered:
            return
        if (request, text) not in self.outbox:
            who, answer = self.answer_to(mail, text, files)
            self.outbox[request, text] = who, str(mail["Reply-To"]), answer.as_bytes()
        self.send(*self.outbox[request, text])
        self.answered.add((request, text))

    def play(self, code: str, *, sample: str = "good") -> dict[str, Any]:
        """Do what is asked until the case is over."""
        return self.play_all({sample: code})[0]

    def play_all(self, cases: Mapping[str, str], seconds: float = 240.0) -> list[dict[str, Any]]:
        """Do what is asked in cases, by their samples, until all are over; returns how each of them ended."""
        until = time.monotonic() + seconds
        going_on = set(cases)
        while going_on:
            going_on = {sample for sample in going_on if self.do_what_is_asked(cases[sample], sample=sample)}
            if time.monotonic() > until:
                waiting = [self.case(cases[sample])["waiting_for"] for sample in going_on]
                raise AssertionError(f"not over in {seconds} s: {waiting}\n{self.said()[-2000:]}")
            self.pause.wait(0.1)
        return [self.case(code) for code in cases.values()]

    def wait_for(self, what: Any, seconds: float = 30.0) -> Any:
        """Ask until the answer is truthy; fails the test when it never is."""
        for _ in range(int(seconds / 0.2)):
            try:
                found = what()
            except NotRunning:
                found = None
            if found:
                return found
            self.pause.wait(0.2)
        raise AssertionError(f"waited {seconds} s in vain\n{self.said()[-2000:]}")

    def check(self, code: str) -> None:
        """What must hold of every case at its end, seen from outside."""
        view = self.case(code)
        effective = [(d["request"], d["by"]) for d in view["decisions"] if d.get("effective", True)]
        assert len(effective) == len(set(effective)), f"decided twice: {effective}"
        approvals = [d["request"] for d in view["decisions"] if d.get("effective", True)]
        assert len(approvals) == len(set(approvals)), f"two decisions of one request count: {approvals}"
        assert self.run("audit", "verify").returncode == 0
        self.wait_for(lambda: {m["status"] for m in self.case(code)["mails"]} == {"sent"})
        copies: dict[str, set[bytes]] = defaultdict(set)
        for line in self.mailbox():
            copies[line["message_id"]].add(self.raw(line["id"]))
        for mail in view["mails"]:
            assert len(copies[mail["message_id"]]) == 1, f"{mail} came in {len(copies[mail['message_id']])} versions"


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, to be echoed back."""
    fields = [dict(ATTRIBUTE.findall(tag)) for tag in DECISION_FORM.findall(page)]
    return {field["name"]: field.get("value", "") for field in fields if "name" in field}


def _bare(address: str) -> str:
    found = re.search(r"<([^<>]+)>", address)
    return found.group(1) if found else address.strip()
