"""The product from outside: people who use its pages, its mails and its command line.

Nothing here uses the engine; what it knows is the contract. A company can be killed and started again at any moment,
and its people simply try again, as people do.
"""

import os
import re
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
from tests.installation import SAMPLES, Installation, NotRunning

DECISION_FORM = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


class Company(Installation):
    """An installation, and its people."""

    def __init__(self, home: Path, env: Mapping[str, str] | None = None, *, prefect: bool = False) -> None:
        super().__init__(home, env, prefect=prefect)
        self.answered: set[tuple[str, str]] = set()
        self.outbox: dict[tuple[str, str], tuple[str, str, bytes]] = {}

    # -- mails and links ----------------------------------------------------------------------------------------

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
