"""A company on this machine for the demonstration: `crmw up` in a home of its own, used only as anybody could use it.

Commands, HTTP and SMTP; nothing here looks into the database or imports the engine.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from crm_workflows.adapters.clock import real_now
from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.domain.errors import OutsideFailure
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.mail_out.outbox_ports import Sent
from crm_workflows.interfaces.addresses import LOOPBACK, USUAL_PORT
from crm_workflows.interfaces.cli.inputs import media_type
from crm_workflows.interfaces.cli.language import terminal_language
from crm_workflows.interfaces.up.lock import only_one

T = TypeVar("T")
FIRST_MORNING: Final = "2026-03-02T09:00:00+08:00"
SPEED: Final = 300
"""Five minutes a second: a morning's work in half a minute, and weeks before an unanswered case lapses."""
PATIENCE: Final = 90.0
STOP_SECONDS: Final = 20.0
LINK: Final = re.compile(r"https?://[^/\s]+(/[rt]/[A-Za-z0-9_-]+)")
HIDDEN: Final = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ATTRIBUTE: Final = re.compile(r'(\w+)="([^"]*)"')
CLIENT: Final = "demo.example"
DOMAIN: Final = "yongchang.example"
COMPLAINTS_TO: Final = f"complaints@{DOMAIN}"


class DidNotHappen(OutsideFailure):
    """Something that the story needs has not happened; the sentence says what."""


class Company:
    """One `crmw up`, and the people around it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._names: dict[str, str] = {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRMW_", "PREFECT_API"))}
        self._env = kept | {"CRMW_HOME": str(home), "CRMW_NOW": FIRST_MORNING, "CRMW_SPEED": str(SPEED)}
        self._env |= {"CRMW_REPLY_DOMAIN": DOMAIN, "CRMW_MAIL_FROM": f"crm@{DOMAIN}"}
        self._process: subprocess.Popen[bytes] | None = None
        self._ports: dict[str, int] = {}
        self._pause = threading.Event()
        self._http = httpx.Client(trust_env=False)
        """One for all: each new one reads the machine's certificates anew."""

    def up(self) -> None:
        """Start it in an empty home; returns when pages and mail answer. Refused where one runs there already."""
        with only_one(self.home):
            for old in self.home.iterdir():
                if old.name != "up.lock":
                    shutil.rmtree(old) if old.is_dir() else old.unlink()
        with (self.home / "up.txt").open("wb") as output:
            port = str(_free(USUAL_PORT))
            # A session of its own: Ctrl-C is ours to pass on, once the story has ended its sentence.
            with _signals_later():
                self._process = subprocess.Popen(
                    [*_crmw(), "up", "--port", port], cwd=self.home, env=self._env,
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                )  # fmt: skip
        self.wait("crmw up", self._is_up)

    def down(self) -> None:
        """Ask it to end, and wait for that."""
        self._http.close()
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stay(self) -> None:
        """Until it ends, or Ctrl-C."""
        if self._process is not None:
            self._process.wait()

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://{LOOPBACK}:{self._ports['web']}"

    @property
    def prefect(self) -> str:
        """Where Prefect's pages are."""
        return f"http://{LOOPBACK}:{self._ports['prefect']}"

    def crmw(self, *words: str, typed: Any = None) -> Any:
        """One command, in a process of its own; returns its document. Raises DidNotHappen with what it said."""
        done = subprocess.run(
            [*_crmw(), *words, "--json"], cwd=self.home, env=self._env, capture_output=True, check=False,
            input=None if typed is None else json.dumps(typed).encode(),
        )  # fmt: skip
        if done.returncode != 0:
            raise DidNotHappen(done.stderr.decode("utf-8", "replace").strip())
        return json.loads(done.stdout)

    def name(self, address: str, otherwise: str = "") -> str:
        """Somebody of the staff in the language of the terminal; of anybody else `otherwise`, or the address."""
        if not self._names:
            chosen = "name" if terminal_language() == "zh" else "name_en"
            people = self.crmw("people", "show")["content"]["people"]
            self._names = {one["email"]: one.get(chosen) or one["name"] for one in people}
        return self._names.get(address, otherwise or address)

    def get(self, path: str) -> httpx.Response:
        """One page; raises DidNotHappen unless it is there."""
        return self._request("GET", path)

    def post(self, path: str, fields: Mapping[str, Sequence[str]]) -> httpx.Response:
        """Post the form of a page as a browser would, with the hidden fields that the page gave."""
        given = [dict(ATTRIBUTE.findall(tag)) for tag in HIDDEN.findall(self.get(path).text)]
        hidden = {field["name"]: field.get("value", "") for field in given if "name" in field}
        return self._request("POST", path, data={**hidden, **{name: list(values) for name, values in fields.items()}})

    def case(self, code: str) -> Any:
        """The case as the API shows it."""
        return self.get(f"/api/v1/cases/{code}").json()

    def example(self, task: str) -> dict[str, Any]:
        """An answer to a form task that validates."""
        example: dict[str, Any] = self.get(f"/api/v1/requests/{task}").json()["example"]
        return example

    def mail(self, to: str, what: str, fits: Callable[[EmailMessage], bool]) -> EmailMessage:
        """The newest mail to somebody that fits, waiting until it has come; `what` names it should it never come."""
        return self.wait(what, lambda: next((m for m in self._mails(to) if fits(m)), None))

    def reply(self, mail: EmailMessage, text: str, files: Sequence[Path] = ()) -> str:
        """Answer a mail as whoever got it, by SMTP; returns the Message-ID of the answer."""
        answer = EmailMessage(policy=policy.SMTP)
        answer["From"], answer["To"] = str(mail["To"]), str(mail["Reply-To"])
        answer["Subject"], answer["Message-ID"] = f"Re: {mail['Subject']}", make_msgid(domain=CLIENT)
        answer["In-Reply-To"], answer["Date"] = str(mail["Message-ID"]), format_datetime(real_now())
        answer.set_content(text + "\n")
        for file in files:
            main, _, sub = media_type(file.name).partition("/")
            answer.add_attachment(file.read_bytes(), maintype=main, subtype=sub, filename=file.name)
        self._hand_in(_address(mail["To"]), _address(mail["Reply-To"]), answer.as_bytes())
        return str(answer["Message-ID"])

    def write(self, sender: str, to: str, subject: str, text: str) -> None:
        """A mail of their own from somebody outside."""
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject  # with the name, if there is one
        mail["Message-ID"], mail["Date"] = make_msgid(domain=CLIENT), format_datetime(real_now())
        mail.set_content(text)
        self._hand_in(_address(sender), to, mail.as_bytes())

    def runs(self, code: str) -> int:
        """How many runs of this case Prefect shows; 0 also while its server does not answer."""
        body = {"flow_runs": {"tags": {"all_": [code]}}}
        try:
            answer = self._http.post(f"{self.prefect}/api/flow_runs/count", json=body, timeout=10)
        except httpx.TransportError:
            return 0
        return int(answer.text) if answer.is_success else 0

    def wait(self, what: str, look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """What `look` finds, once it finds something; raises DidNotHappen when it never does."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise DidNotHappen(bilingual(f"crmw up 已退出：{self._said()}", f"crmw up has ended: {self._said()}"))
            found = look()
            if found:
                return found
            self._pause.wait(0.2)
        raise DidNotHappen(
            bilingual(f"等了 {seconds:.0f} 秒仍没有：{what}", f"waited {seconds:.0f} s in vain for: {what}")
        )

    def _is_up(self) -> bool:
        file = self.home / "ports.json"
        if not file.is_file():
            return False
        self._ports = json.loads(file.read_text(encoding="utf-8"))
        return self._http.get(f"{self.url}/health/live", timeout=10).is_success

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self._http.request(method, f"{self.url}{path}", timeout=30, **more)
        if answer.is_error:
            # The path may hold the secret of a link.
            raise DidNotHappen(
                bilingual(
                    f"页面 {path[:3]}… 答 {answer.status_code}", f"page {path[:3]}… answered {answer.status_code}"
                )
            )
        return answer

    def _mails(self, to: str) -> list[EmailMessage]:
        listed = self.get(f"/mailbox.json?to={to}").json()
        return [message_from_bytes(self.get(f"/mailbox/{m['id']}.eml").content, policy=policy.default) for m in listed]

    def _hand_in(self, sender: str, recipient: str, content: bytes) -> None:
        transport = SmtpTransport(LOOPBACK, self._ports["smtp"], security="none", sender=sender, ehlo=CLIENT)
        try:
            outcome = transport.deliver(recipient, content)
        finally:
            transport.close()
        if not isinstance(outcome, Sent):
            raise DidNotHappen(bilingual(f"邮件没有送达：{outcome}", f"a mail was not taken: {outcome}"))

    def _said(self) -> str:
        return (self.home / "up.txt").read_text(encoding="utf-8", errors="replace").strip()[-500:]


def link_in(mail: EmailMessage) -> str:
    """The path of the answering link in the text of a mail."""
    body = mail.get_body(("plain",))
    found = LINK.search(body.get_content()) if body is not None else None
    if found is None:
        raise DidNotHappen(bilingual("邮件中没有链接", "the mail holds no link"))
    return found.group(1)


def as_posted(example: Mapping[str, Any]) -> dict[str, list[str]]:
    """An example as the fields of its page post it."""
    fields: dict[str, list[str]] = {}
    for name, value in example.items():
        if isinstance(value, dict):
            fields |= {f"{name}.{part}": [str(inner)] for part, inner in value.items()}
        elif isinstance(value, bool):
            fields[name] = ["yes" if value else "no"]
        else:
            fields[name] = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return fields


@contextmanager
def _signals_later() -> Iterator[None]:
    """Ctrl-C and SIGTERM count after the block: in it a child could be started that nobody knows of and nobody ends."""
    came: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {one: signal.signal(one, lambda number, _: came.append(number)) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        for number in came:
            signal.raise_signal(number)


def _crmw() -> list[str]:
    return [sys.executable, "-m", "crm_workflows.interfaces.cli"]


def _free(wanted: int) -> int:
    """The usual port if nobody has it, else 0: any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError:
            return 0
    return wanted


def _address(header: object) -> str:
    found = re.search(r"<([^<>]+)>", str(header))
    return found.group(1) if found else str(header).strip()
