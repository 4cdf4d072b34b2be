"""A company that connects its own IMAP mailbox: answers come from a real Dovecot, applied once, and receipted."""

from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import pytest
from imapclient import IMAPClient

from crm_workflows.adapters.mail.mail_out import SmtpTransport
from crm_workflows.engine.mail_out.outbox_ports import Sent
from tests.adapters.mail.test_access_token import signed
from tests.black_box import Company
from tests.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.engine.mail_in.test_bounces import report
from tests.installation import SAMPLES
from tests.misbehaving_smtp import misbehaving
from tests.postfix import DOMAIN, running_postfix

pytestmark = [pytest.mark.needs_dovecot, pytest.mark.timeout(240)]
USER = "approvals"


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def company(dovecot: Dovecot, tmp_path: Path) -> Iterator[Company]:
    env = {
        "CRMW_IMAP_HOST": "127.0.0.1",
        "CRMW_IMAP_PORT": str(dovecot.port),
        "CRMW_IMAP_USER": USER,
        "CRMW_IMAP_PASSWORD": PASSWORD,
        "CRMW_IMAP_SECURITY": "none",
        "CRMW_IMAP_POLL_SECONDS": "0.3",
    }
    with Company(tmp_path / "home", env) as running:
        yield running


class PostOffice:
    """Puts mails into the company's mailbox, as its provider would."""

    def __init__(self, dovecot: Dovecot) -> None:
        self.client = IMAPClient("127.0.0.1", port=dovecot.port, ssl=False)
        self.client.login(USER, PASSWORD)

    def deliver(self, mail: EmailMessage) -> None:
        self.client.append("INBOX", mail.as_bytes())


def test_papers_and_a_decision_come_through_the_company_s_own_mailbox(company: Company, dovecot: Dovecot) -> None:
    post = PostOffice(dovecot)
    code = company.start()
    supplier = "gu.wanqing@chenglan.example"
    asked = company.wait_for(lambda: company.mail_about(f"{code}-R1", supplier))
    _, papers = company.answer_to(asked, "附件请查收", sorted((SAMPLES / "good" / "documents").iterdir()))
    company.kill()
    post.deliver(papers)
    post.deliver(papers)
    company.up()
    company.wait_for(lambda: company.case(code)["waiting_for"][0]["gate"] == "papers_check")
    for item in (f"R{n}" for n in range(2, 12)):
        waiting = company.wait_for(lambda: company.case(code)["waiting_for"])[0]
        assert waiting["id"] == f"{code}-{item}"
        company.submit(waiting["id"], waiting["assignee"]["email"])
    head = company.case(code)["waiting_for"][0]["assignee"]["email"]
    request = company.wait_for(lambda: company.mail_about(f"{code}-R12", head))
    _, yes = company.answer_to(request, "同意，谢谢")
    post.deliver(yes)
    company.wait_for(lambda: company.case(code)["waiting_for"][0]["gate"] == "contract_signers")
    decided = [d for d in company.case(code)["decisions"] if d["request"] == f"{code}-R12"]
    assert [(d["decision"], d["by"], d["channel"], d["effective"]) for d in decided] == [
        ("approve", head, "reply", True)
    ]
    answers = [m for m in company.case(code)["mails"] if m["template"] in ("receipt", "documents_received")]
    assert sorted((m["template"], m["to"]) for m in answers) == [("documents_received", supplier), ("receipt", head)]
    seen = IMAPClient("127.0.0.1", port=dovecot.port, ssl=False)
    seen.login(USER, PASSWORD)
    seen.select_folder("INBOX", readonly=True)
    assert all(b"\\Seen" not in flags[b"FLAGS"] for flags in seen.fetch(seen.search(), ["FLAGS"]).values())


@pytest.mark.soak
def test_with_a_token_and_hints_what_comes_to_inbox_or_junk_is_there_in_seconds(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """The whole product, looking once an hour: a mail that comes back, then papers, both in two folders."""
    (tmp_path / "token").write_text(f"{signed(USER)}\n")
    env = {
        "CRMW_IMAP_HOST": "127.0.0.1",
        "CRMW_IMAP_PORT": str(dovecot.port),
        "CRMW_IMAP_USER": USER,
        "CRMW_IMAP_TOKEN_FILE": str(tmp_path / "token"),
        "CRMW_IMAP_SECURITY": "none",
        "CRMW_IMAP_FOLDER": r"INBOX,\Junk",
        "CRMW_IMAP_POLL_SECONDS": "3600",
    }
    supplier = "gu.wanqing@chenglan.example"
    with Company(tmp_path / "home", env) as company:
        post = PostOffice(dovecot)
        code = company.start()
        asked = company.wait_for(lambda: company.mail_about(f"{code}-R1", supplier))
        post.client.append("垃圾邮件", report(str(asked["Message-ID"]), supplier))
        post.client.append("INBOX", report(str(asked["Message-ID"]), supplier))
        company.wait_for(lambda: "mail_failed" in [mail["template"] for mail in company.case(code)["mails"]])
        (mail,) = [mail for mail in company.case(code)["mails"] if mail["to"] == supplier]
        assert (mail["status"], company.crmw("mail", "addresses")[0]["address"]) == ("failed", supplier)
        assert company.get(f"/cases/{code}").text.count("/amend") > 1, "the page shows where to correct it"
        _, papers = company.answer_to(asked, "附件请查收", sorted((SAMPLES / "good" / "documents").iterdir()))
        for folder in ("INBOX", "垃圾邮件", "INBOX"):
            post.client.append(folder, papers.as_bytes())
        company.wait_for(lambda: company.case(code)["waiting_for"][0]["gate"] == "papers_check")
        answers = [mail for mail in company.case(code)["mails"] if mail["template"] == "documents_received"]
        assert len(answers) == 1
        assert company.crmw("mail", "addresses") == [], "whoever writes from there is there"


@pytest.mark.soak
def test_the_whole_product_with_a_postfix_that_turns_its_questions_away_at_first(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mails leave by STARTTLS and login; the supplier's server defers them, and its answer comes while we are dead."""
    with (
        misbehaving() as supplier,
        running_postfix(dovecot, (USER,), supplier.port, maximal_queue_lifetime="1h") as postfix,
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(postfix.certificate))
        env = {
            "CRMW_SMTP_HOST": "127.0.0.1", "CRMW_SMTP_PORT": str(postfix.port), "CRMW_SMTP_SECURITY": "starttls",
            "CRMW_SMTP_USER": USER, "CRMW_SMTP_PASSWORD": PASSWORD, "CRMW_MAIL_FROM": f"永昌 <crm@{DOMAIN}>",
            "CRMW_IMAP_HOST": "127.0.0.1", "CRMW_IMAP_PORT": str(dovecot.port), "CRMW_IMAP_SECURITY": "none",
            "CRMW_IMAP_USER": USER, "CRMW_IMAP_PASSWORD": PASSWORD, "CRMW_IMAP_POLL_SECONDS": "0.3",
            "SSL_CERT_FILE": str(postfix.certificate),
        }  # fmt: skip
        supplier.goes_wrong("rcpt", "450 4.2.0 greylisted", times=3)
        with Company(tmp_path / "home", env) as company:
            code = company.start()
            company.wait_for(lambda: supplier.received)
            (asked,) = (message_from_bytes(mail.content, policy=policy.default) for mail in supplier.received)
            who, papers = company.answer_to(asked, "附件请查收", sorted((SAMPLES / "good" / "documents").iterdir()))
            company.kill()
            way = {"security": "starttls", "sender": parseaddr(who)[1], "ehlo": "supplier.example"}
            with closing(SmtpTransport("127.0.0.1", postfix.port, **way)) as out:  # type: ignore[arg-type]
                assert isinstance(out.deliver(parseaddr(str(papers["To"]))[1], papers.as_bytes()), Sent)
            company.up()
            company.wait_for(lambda: company.case(code)["waiting_for"][0]["gate"] == "papers_check")
            company.wait_for(lambda: len(supplier.received) == 2)
            assert str(message_from_bytes(supplier.received[1].content)["In-Reply-To"]) == str(papers["Message-ID"])
