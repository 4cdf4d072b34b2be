"""A company that is lost and restored from a backup of its running days, on the other kind of database."""

import hashlib
import json
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.conftest import empty_postgres_url, postgres, postgres_url
from tests.black_box import Company
from tests.installation import SAMPLES
from tests.office import credit_code

__all__ = ["empty_postgres_url", "postgres", "postgres_url"]
HEAD = "zheng.xiaodong@yongchang.example"


class Buyers:
    """People who start cases without a pause until they are told to stop."""

    def __init__(self, company: Company) -> None:
        self.company, self.over, self.started = company, threading.Event(), 0
        self.thread = threading.Thread(target=self._start_cases)
        self.thread.start()

    def _start_cases(self) -> None:
        sample = json.loads((SAMPLES / "good" / "application.json").read_text(encoding="utf-8"))
        while not self.over.is_set():
            n = self.started + 1
            input_ = sample | {"credit_code": credit_code(n), "company": f"{chr(0x4E00 + 97 * n)}公司"}
            body, key = {"process": "supplier-vetting", "input": input_}, {"Idempotency-Key": f"load-{n}"}
            answer = self.company.request("POST", "/api/v1/cases", json=body, headers=key)
            assert answer.status_code == 201, answer.text
            self.started = n
            self.over.wait(0.2)

    def stop(self) -> None:
        self.over.set()
        self.thread.join()


def mail_asking(company: Company, code: str, who: str | None = None) -> EmailMessage:
    """The mail that asks for what the case waits for."""

    def found() -> EmailMessage | None:
        for item in company.case(code)["waiting_for"]:
            if who in (None, item["assignee"]["email"]):
                return company.mail_about(item["id"], item["assignee"]["email"])
        return None

    mail: EmailMessage = company.wait_for(found)
    return mail


def all_sent(company: Company, *codes: str) -> bool:
    """Whether no mail of these cases waits."""
    return {mail["status"] for code in codes for mail in company.case(code)["mails"]} == {"sent"}


def until_recognition(company: Company, code: str) -> EmailMessage:
    """Everybody does what is asked until the head of marketing is; returns the mail that asks them."""
    for _ in range(200):
        waiting = company.case(code)["waiting_for"]
        if waiting and waiting[0]["gate"] == "recognition":
            return mail_asking(company, code, HEAD)
        company.do_what_is_asked(code)
        company.pause.wait(0.1)
    raise AssertionError(f"{code} did not come to its gate")


@pytest.fixture
def lost(tmp_path: Path) -> dict[str, Any]:
    """A company on SQLite that was backed up at work, went on a little, and is gone."""
    with Company(tmp_path / "lost") as company:
        for_papers = company.start("over-limit")
        at_gate = company.start("good")
        asked = until_recognition(company, at_gate)
        papers_mail = mail_asking(company, for_papers)
        company.wait_for(lambda: all_sent(company, for_papers, at_gate))
        buyers = Buyers(company)
        try:
            company.wait_for(lambda: buyers.started >= 3)
            at_backup = buyers.started
            backed_up = company.run("backup", str(tmp_path / "b.zip"))
        finally:
            buyers.stop()
        assert backed_up.returncode == 0, backed_up.stderr
        assert company.decide_by_link(company.link(asked), "approve").status_code == 303
        after = mail_asking(company, at_gate, "wang.fang@yongchang.example")
        company.kill()
    return {
        "file": tmp_path / "b.zip", "for_papers": for_papers, "at_gate": at_gate, "asked": asked, "after": after,
        "papers_mail": papers_mail, "cases_at_backup": at_backup,
    }  # fmt: skip


@pytest.mark.timeout(600)
def test_a_restored_company_goes_on_with_links_replies_files_and_record(
    lost: dict[str, Any], tmp_path: Path, empty_postgres_url: str
) -> None:
    company = Company(tmp_path / "new", {"CRMW_DATABASE_URL": empty_postgres_url})
    company.home.mkdir()
    said = company.run("restore", str(lost["file"]))
    assert said.returncode == 0, said.stderr
    with company.up():
        cases = company.get("/api/v1/cases?limit=500").json()
        assert len(cases) >= 2 + lost["cases_at_backup"], "all that were there when the backup began"
        _what_came_after_the_backup_is_unknown(company, lost)
        _mails_of_before_still_decide(company, lost)
        assert mail_asking(company, lost["at_gate"]).is_multipart(), "who comes next is asked"
        company.check(lost["at_gate"])
        _files_are_whole(company, company.case(lost["at_gate"]))
        _what_was_held_is_sent_by_a_person(company)


def _what_came_after_the_backup_is_unknown(company: Company, lost: dict[str, Any]) -> None:
    view = company.case(lost["at_gate"])
    assert [item["gate"] for item in view["waiting_for"]] == ["recognition"]
    assert not [d for d in view["decisions"] if d["decision"] == "approve"]
    answer = company.get(company.link(lost["after"]))
    assert answer.status_code in (404, 410), "the secret of a mail from the lost time opens nothing"


def _mails_of_before_still_decide(company: Company, lost: dict[str, Any]) -> None:
    assert company.decide_by_link(company.link(lost["asked"]), "approve").status_code == 303
    (made,) = [d for d in company.case(lost["at_gate"])["decisions"] if d["decision"] == "approve"]
    assert (made["by"], made["channel"], made["effective"]) == (HEAD, "link", True)
    company.reply(lost["papers_mail"], "附件请查收", sorted((SAMPLES / "over-limit" / "documents").iterdir()))
    company.wait_for(lambda: company.case(lost["for_papers"])["waiting_for"][0]["gate"] == "papers_check")


def _files_are_whole(company: Company, view: dict[str, Any]) -> None:
    taken = [d for d in view["documents"] if d["problem"] is None]
    assert taken
    for document in taken:
        content = company.get(f"/cases/{view['case']}/files/{document['sha256']}").content
        assert hashlib.sha256(content).hexdigest() == document["sha256"]


def _what_was_held_is_sent_by_a_person(company: Company) -> None:
    held = company.crmw("mail", "dead")
    assert all("may have been sent since" in mail["why"] for mail in held)
    if held:
        company.crmw("mail", "resend", *(mail["id"] for mail in held))
    company.wait_for(lambda: company.crmw("mail", "dead") == [])
