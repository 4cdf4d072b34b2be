"""Mailboxes of the company's own on a real Dovecot: hints, Junk, several of them, folders made anew, and crashes.

However often a mail is delivered, found or fetched, it is one row, and intake applies it once.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from imapclient import IMAPClient

from crm_workflows.adapters.mail.imap_idle import listen
from crm_workflows.bootstrap import Office, open_office
from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.records import InboundMail, Watermark
from crm_workflows.engine.mail_in import mailbox_watch
from crm_workflows.interfaces.up.imap import Imap, folders_of, imap_roles
from crm_workflows.interfaces.up.mail_out import _sent_copies
from crm_workflows.settings import Mailbox
from tests.dovecot import PASSWORD, Dovecot
from tests.interfaces.dovecot_world import connect, mail, owner, running, user
from tests.patience import eventually

__all__ = ["connect", "owner", "user"]
pytestmark = pytest.mark.needs_dovecot


def subjects(office: Office) -> list[str]:
    with office.store.read() as reader:
        return sorted(row.subject for row in reader.find(InboundMail))


def role(office: Office) -> Imap:
    """Of the first mailbox, having looked once, so that only what comes from now on counts."""
    made = imap_roles(office)[0]
    made.look()
    return made


def test_a_hint_brings_a_mail_in_long_before_the_next_look(
    connect: Callable[..., Office], owner: IMAPClient, user: str
) -> None:
    office = connect(user)
    with running(role(office)):
        owner.append("INBOX", mail("one"))
        eventually(lambda: subjects(office) == ["one"])


def test_where_hints_break_off_the_next_look_finds_the_mail_and_hints_come_again(
    connect: Callable[..., Office], owner: IMAPClient, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def breaking(*arguments: Any) -> bool:
        begun.append(1)
        if len(begun) == 1:
            raise MailTrouble("断开 / gone")
        return listen(*arguments)

    monkeypatch.setattr("crm_workflows.interfaces.up.imap.listen", breaking)
    office = connect(user, imap_poll_seconds=0.2)
    with running(role(office)):
        owner.append("INBOX", mail("one"))
        eventually(lambda: "one" in subjects(office) and len(begun) > 1)


def test_a_server_that_hangs_up_ends_the_listening_at_once(
    dovecot: Dovecot, owner: IMAPClient, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library takes it for silence and would be asked hundreds of times without a pause."""
    account = Mailbox(host="127.0.0.1", port=dovecot.port, user=user, password=PASSWORD, security="none")
    (folder,) = folders_of(account).values()
    clients: list[IMAPClient] = []
    check = IMAPClient.idle_check

    def counted(client: IMAPClient, timeout: float) -> Any:
        clients.append(client)
        if len(clients) == 1:
            client.socket().shutdown(2)
        return check(client, timeout)

    monkeypatch.setattr(IMAPClient, "idle_check", counted)
    with pytest.raises(MailTrouble):
        listen(folder, threading.Event(), lambda: None)
    assert len(clients) == 1


def test_answers_are_found_in_junk_by_its_use_whatever_its_name(
    connect: Callable[..., Office], owner: IMAPClient, user: str
) -> None:
    office = connect(user, imap_folder=r"INBOX, \Junk")
    looking = role(office)
    owner.append("垃圾邮件", mail("taken for junk"))
    owner.append("INBOX", mail("good"))
    looking.look()
    assert subjects(office) == ["good", "taken for junk"]


def test_a_folder_that_is_not_there_does_not_hold_up_the_others(
    connect: Callable[..., Office], owner: IMAPClient, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    office = connect(user, imap_folder=r"Nowhere,\Archive,INBOX")
    looking = role(office)
    owner.append("INBOX", mail("good"))
    looking.look()
    assert subjects(office) == ["good"]
    said = [str(getattr(record, "error", "")) for record in caplog.records]
    assert any(r"it has no folder for \Archive" in line for line in said)


def test_a_mailbox_that_refuses_us_is_on_record_until_it_can_be_read(
    connect: Callable[..., Office], owner: IMAPClient, user: str
) -> None:
    def in_trouble(office: Office) -> list[mailbox_watch.Away]:
        with office.store.read() as reader:
            return mailbox_watch.in_trouble(reader, [one.address for one in office.settings.mailboxes])

    office = connect(user, imap_password="wr0ng")
    role(office)
    (away,) = in_trouble(office)
    assert "refuses the login" in away.why
    office = connect(user)
    role(office)
    assert in_trouble(office) == []


def test_one_mail_in_two_folders_and_delivered_three_times_is_one(
    connect: Callable[..., Office], owner: IMAPClient, user: str
) -> None:
    office = connect(user, imap_folder=r"INBOX,\Junk")
    looking = role(office)
    for way in ("first", "second", "third"):
        owner.append("INBOX", mail("one", way))
        owner.append("垃圾邮件", mail("one", way))
        looking.look()
    assert subjects(office) == ["one"]
    with office.store.read() as reader:
        assert sorted(held.uid for held in reader.find(Watermark)) == [3, 3]


def test_several_mailboxes_are_read_each_by_itself(
    connect: Callable[..., Office], dovecot: Dovecot, owner: IMAPClient, user: str
) -> None:
    other = f"{user}b"
    further = Mailbox(host="127.0.0.1", port=dovecot.port, user=other, password=PASSWORD, security="none")
    office = connect(user)
    settings = office.settings.model_copy(update={"further_mailboxes": (further,)})
    with closing(open_office(settings)) as both:
        first, second = imap_roles(both)
        assert (first.name, second.name) == ("imap", "imap2")
        first.look()
        second.look()
        with IMAPClient("127.0.0.1", dovecot.port, ssl=False) as client:
            client.login(other, PASSWORD)
            client.append("INBOX", mail("to the other"))
        owner.append("INBOX", mail("to the first"))
        first.look()
        second.look()
        assert subjects(both) == ["to the first", "to the other"]


def test_a_folder_made_anew_is_read_from_shortly_before_the_last_mail_and_nothing_counts_twice(
    connect: Callable[..., Office], owner: IMAPClient, user: str
) -> None:
    owner.create_folder("答复")
    office = connect(user, imap_folder="答复")
    looking = role(office)
    owner.append("答复", mail("one"))
    looking.look()
    owner.delete_folder("答复")
    owner.create_folder("答复")
    now = office.clock.now()
    owner.append("答复", mail("years ago"), msg_time=now.replace(year=now.year - 3))
    owner.append("答复", mail("one", "restored"), msg_time=now)
    owner.append("答复", mail("two"), msg_time=now)
    looking.look()
    assert subjects(office) == ["one", "two"]
    owner.append("答复", mail("three"))
    looking.look()
    assert subjects(office) == ["one", "three", "two"]


def test_two_pollers_at_once_store_every_mail_once(
    connect: Callable[..., Office], owner: IMAPClient, user: str
) -> None:
    """As when a process that was thought dead goes on beside the one that took over."""
    offices = [connect(user), connect(user)]
    roles = [role(office) for office in offices]
    for n in range(20):
        owner.append("INBOX", mail(f"{n:02}"))
    threads = [threading.Thread(target=one.look) for one in roles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert subjects(offices[0]) == [f"{n:02}" for n in range(20)]


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
def test_killed_around_the_commit_of_a_mail_the_next_process_has_it_once(
    connect: Callable[..., Office], owner: IMAPClient, user: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process dies here."""

    office = connect(user)
    looking = role(office)
    for name in ("one", "two", "three"):
        owner.append("INBOX", mail(name))
    write = type(office.store).write

    @contextmanager
    def dying(store: Any) -> Iterator[Any]:
        with write(store) as tx:
            yield tx
            if not after:
                raise Killed
        raise Killed

    monkeypatch.setattr(type(office.store), "write", dying)
    with pytest.raises(Killed):
        looking.look()
    monkeypatch.undo()
    again = connect(user)
    assert subjects(again) == (["one"] if after else [])
    imap_roles(again)[0].look()
    assert subjects(again) == ["one", "three", "two"]


def test_the_copy_of_a_sent_mail_is_found_in_the_folder_that_is_set(
    connect: Callable[..., Office], owner: IMAPClient, user: str
) -> None:
    assert _sent_copies(connect(user).settings) is None, "nobody is asked unless told"
    owner.create_folder("Sent")
    copies = _sent_copies(connect(user, imap_sent_folder="Sent").settings)
    assert copies is not None
    assert not copies.holds("<one@else.example>")
    owner.append("Sent", mail("one"))
    assert copies.holds("<one@else.example>")
    assert not copies.holds("<two@else.example>")
