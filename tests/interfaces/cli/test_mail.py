"""mail read, list, dead, resend, check: how replies would be read, and what became of mails."""

import socket
from email.message import EmailMessage
from pathlib import Path
from typing import Any, get_args

import pytest

from crm_workflows.bootstrap import Office
from crm_workflows.domain.mail.reading import ReadingKind
from crm_workflows.domain.records import Message
from crm_workflows.engine.mail_in import intake
from crm_workflows.engine.views.views import mail_view
from crm_workflows.interfaces.cli.session import account
from crm_workflows.interfaces.cli.words import READINGS
from tests.interfaces.cli.conftest import SUPPLIER, Crmw, Story
from tests.misbehaving_smtp import misbehaving

KEYS = {"file", "automatic", "bounce", "visible", "first_line", "reading", "comment", "why"}


def reply(path: Path, text: str, **headers: str) -> Path:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "郑晓东 <zheng.xiaodong@yongchang.example>", "a@b.example", "回复: x"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    path.write_bytes(mail.as_bytes())
    return path


def test_replies_are_read_as_intake_would_read_them(crmw: Crmw, tmp_path: Path) -> None:
    yes = reply(tmp_path / "yes.eml", "同意，谢谢\n\n> 请您审批\n> 驳回 原因\n")
    no = tmp_path / "no.txt"
    no.write_bytes("不同意 价格太高\n\n发自我的手机".encode("gb18030"))
    doubtful = tmp_path / "doubtful.txt"
    doubtful.write_text("同意吗？", encoding="utf-8")
    back = tmp_path / "back.txt"
    back.write_text("退回 SV-6 请补充理由", encoding="utf-8")
    read = crmw("mail", "read", yes, no, doubtful, back, "--json").json
    assert [item["reading"] for item in read] == ["approve", "reject", "unclear", "send_back"]
    assert all(set(item) >= KEYS for item in read)
    assert read[0]["visible"] == "同意，谢谢"
    assert (read[1]["comment"], read[3]["to"], read[3]["comment"]) == ("价格太高", "SV-6", "请补充理由")
    assert read[0]["file"] == str(yes)


def test_automatic_mail_never_reads_as_a_decision(crmw: Crmw, tmp_path: Path) -> None:
    away = reply(tmp_path / "away.eml", "同意\n", Auto_Submitted="auto-replied")
    (item,) = crmw("mail", "read", away, "--json").json
    assert (item["automatic"], item["reading"], item["first_line"]) == (True, "unclear", "同意")
    assert item["why"]


def test_readings_are_shown_to_people_in_their_language(crmw: Crmw, tmp_path: Path) -> None:
    doubtful = reply(tmp_path / "doubtful.eml", "同意吗？")
    english, chinese = (
        crmw("mail", "read", doubtful, LANG=language, COLUMNS="250").out for language in ("en", "zh_CN.UTF-8")
    )
    assert "Reading" in english
    assert "Unclear" in english
    assert "读作" in chinese
    assert "不明确" in chinese
    assert "unclear" not in chinese


def test_every_reading_has_its_words() -> None:
    assert set(get_args(ReadingKind)) == set(READINGS)


def test_a_file_that_is_missing_or_no_mail_is_one_sentence_or_unclear(crmw: Crmw, tmp_path: Path) -> None:
    assert "there is no file" in crmw("mail", "read", tmp_path / "nowhere.eml").refusal
    (tmp_path / "picture.eml").write_bytes(bytes(range(256)) * 40)
    (item,) = crmw("mail", "read", tmp_path / "picture.eml", "--json").json
    assert item["reading"] in ("unclear", "empty")


def asking(crmw: Crmw) -> dict[str, Any]:
    """The mail by which the supplier was asked, among those of the outbox."""
    (found,) = [mail for mail in crmw("mail", "list", "--json").json if mail["template"] == "documents_request"]
    return dict(found)


def test_the_outbox_and_what_was_received_are_listed(crmw: Crmw, story: Story) -> None:
    story.waiting()
    sent = asking(crmw)
    assert (sent["case"], sent["to"], sent["status"]) == (story.code, SUPPLIER, "sent")
    assert sent["subject"].startswith(f"[{story.code}]")
    assert crmw("mail", "list", "--status", "failed", "--json").json == []
    assert crmw("mail", "list", "--received", "--json").json == []
    assert SUPPLIER in crmw("mail", "list").out
    assert "没有邮件" in crmw("mail", "list", "--received", LANG="zh_CN.UTF-8").out


@pytest.mark.breaks_invariants("failed by hand after it arrived", "every mail arrives or somebody hears")
def test_a_mail_that_was_given_up_is_shown_and_sent_again(crmw: Crmw, story: Story, office: Office) -> None:
    story.waiting()
    sent = asking(crmw)
    assert crmw("mail", "dead", "--json").json == []
    with office.store.write() as tx:
        tx.update(Message, (sent["id"],), status="failed", error="地址不存在 / no such address", next_at=None)
    (given_up,) = crmw("mail", "dead", "--json").json
    assert set(given_up) == {"id", "case", "template", "to", "why", "at"}
    assert "no such address" in crmw("mail", "dead").out
    chinese = crmw("mail", "dead", LANG="zh_CN.UTF-8", COLUMNS="250").out
    assert "资料请求" in chinese
    assert "documents_request" not in chinese
    again = crmw("mail", "resend", given_up["id"], "--to", "gu@chenglan.example", "--json").json
    assert (again["to"], again["status"]) == ("gu@chenglan.example", "queued")
    story.crmw("work", "--until-idle")
    assert ("gu@chenglan.example", "sent") in [(m["to"], m["status"]) for m in crmw("mail", "list", "--json").json]


def test_resend_refuses_what_it_cannot_send(crmw: Crmw, story: Story) -> None:
    assert "there is no mail" in crmw("mail", "resend", "nothing").refusal
    story.waiting()
    sent = asking(crmw)
    assert "not a mail address" in crmw("mail", "resend", sent["id"], "--to", "nowhere").refusal


def test_check_says_that_mail_stays_here_without_settings(crmw: Crmw) -> None:
    said = crmw("mail", "check", "--json")
    assert [(line["what"], line["ok"]) for line in said.json] == [("smtp", True), ("imap", True)]
    assert "/mailbox" in crmw("mail", "check").out


def test_check_greets_the_server_and_sends_nothing(crmw: Crmw) -> None:
    with misbehaving() as server:
        settings = {
            "CRMW_SMTP_HOST": "127.0.0.1", "CRMW_SMTP_PORT": str(server.port), "CRMW_SMTP_SECURITY": "none",
            "CRMW_MAIL_FROM": "永昌 <crm@yongchang.example>", "CRMW_SMTP_TIMEOUT": "1",
        }  # fmt: skip
        fine = crmw("mail", "check", **settings)
        assert (fine.status, server.received) == (0, [])
        assert "leave links out" in fine.out
        server.goes_wrong("mail", "550 5.7.1 sender refused")
        refused = crmw("mail", "check", "--json", **settings)
        assert (refused.status, refused.json[0]["ok"]) == (1, False)
        assert "sender refused" in refused.json[0]["says"]
        server.heal()
        server.goes_wrong("connect", "hang")
        assert crmw("mail", "check", **settings).status == 1


def test_check_tells_of_servers_that_are_not_there(crmw: Crmw, free_port: int) -> None:
    settings = {"CRMW_SMTP_HOST": "127.0.0.1", "CRMW_SMTP_PORT": str(free_port), "CRMW_SMTP_SECURITY": "none"}
    settings |= {"CRMW_IMAP_HOST": "127.0.0.1", "CRMW_IMAP_PORT": str(free_port), "CRMW_IMAP_SECURITY": "none"}
    assert "\n  → nothing listens on that port" in crmw("mail", "check", **settings).out
    said = crmw("mail", "check", "--json", **settings)
    assert said.status == 1
    assert [(line["what"], line["ok"]) for line in said.json[:2]] == [("smtp", False), ("imap", False)]


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_unclear_and_unreadable_mail_is_seen_from_the_command_line(crmw: Crmw, at_gate: Story, office: Office) -> None:
    with office.store.read() as reader:
        (asking,) = reader.find(Message, case=at_gate.code, template="approval_request")
        identity = mail_view(office.engine, reader, asking)["message_id"]
    head = f"From: {asking.recipient}\nTo: a@b.example\nSubject: Re: x\nMessage-ID: <1@x>\nIn-Reply-To: {identity}\n\n"
    intake.take_in(office.engine, f"{head}好的".encode(), "test")
    broken = f"From: {SUPPLIER}\nMessage-ID: <2@x>\nContent-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * 500
    intake.take_in(office.engine, broken.encode(), "test", SUPPLIER)
    (said,) = at_gate.view()["replies"]
    assert (said["status"], said["asked_back"], said["from"]) == ("unclear", True, asking.recipient)
    assert "only acknowledges" in " ".join(crmw("case", at_gate.code).out.split())
    (aside,) = crmw("mail", "list", "--received", "--status", "unreadable", "--json").json
    assert aside["from"] == SUPPLIER
    assert "set aside" in crmw("mail", "list", "--received", "--status", "unreadable").out


def test_a_mail_that_was_set_aside_is_taken_out_and_tries_again(crmw: Crmw, office: Office, tmp_path: Path) -> None:
    many = b"".join(b"--b\r\n\r\nx\r\n" for _ in range(500))
    raw = b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' + many + b"--b--\r\n"
    held = intake.take_in(office.engine, raw, "test")
    target = tmp_path / "held.eml"
    assert "text editor" in crmw("mail", "raw", held, "--to", target).out
    assert target.read_bytes() == raw
    assert crmw("mail", "release", held, "--json").json == {"id": held, "status": "new"}
    assert "is not set aside" in crmw("mail", "release", held).refusal
    intake.process_new(office.engine)
    (aside,) = crmw("mail", "list", "--received", "--status", "unreadable", "--json").json
    assert aside["id"] == held


def test_the_account_that_released_a_mail_of_a_machine_is_kept_with_it(crmw: Crmw, office: Office) -> None:
    passed = intake.take_in(office.engine, b"From: noreply@x.example\nMessage-ID: <1@x>\n\nA leak", "test")
    crmw("mail", "release", passed)
    (one,) = crmw("mail", "list", "--received", "--status", "new", "--json").json
    assert one["reading"] == {"released_by_hand": f"cli:{account()}"}


def test_what_would_be_erased_is_told_and_nothing_where_the_policy_keeps_all(crmw: Crmw, office: Office) -> None:
    intake.take_in(office.engine, b"From: a@b.example\nMessage-ID: <1@x>\n\nBuy now", "test")
    assert crmw("mail", "retention", "--dry-run", "--json").json == {"days": None, "mails": 0, "erased": False}
    assert "kept for ever" in crmw("mail", "retention").out
