"""A real Postfix of our own for tests: on loopback ports, in a temporary folder, delivering into Dovecot's mailboxes.

Mails to other domains it hands to a server of the test's choice. It must not touch the machine's own Postfix, and asks
no name server.
"""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.certificate import certificate_in
from tests.dovecot import Dovecot, free_port
from tests.parts import require

DOMAIN: Final = "yongchang.example"
_READY = 20.0  # seconds

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = mail.{domain}
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_tls_security_level = none
mynetworks =
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sender_restrictions = reject_sender_login_mismatch, check_client_access texthash:{home}/stamps
smtpd_sender_login_maps = texthash:{home}/logins
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dovecot}/run/auth-client
smtpd_tls_cert_file = {home}/cert.pem
smtpd_tls_key_file = {home}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
recipient_delimiter = +
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {dovecot}/mail
virtual_mailbox_maps = texthash:{home}/mailboxes
virtual_alias_maps = texthash:{home}/aliases
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = texthash:{home}/transport
message_size_limit = 2000000
virtual_mailbox_limit = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
maximal_queue_lifetime = 2s
bounce_queue_lifetime = 2s
delay_warning_time = 1s
in_flow_delay = 0s
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
QUEUES: Final = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "saved", "trace"]


class Postfix:
    """A running server: STARTTLS on one port and TLS at once on the other, login as with Dovecot."""

    def __init__(self, home: Path) -> None:
        self._home, self.log = home, home / "log"
        self.port, self.tls_port = free_port(), free_port()
        self.certificate = certificate_in(home).public
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """With what lies in its queue; ready when this returns."""
        daemons = Path(_said("postconf", "-h", "daemon_directory"))
        # Its children inherit what it writes to, so a pipe would stay open after it.
        with (self._home / "stderr").open("wb") as errors:
            self._process = subprocess.Popen(
                [daemons / "master", "-c", self._home, "-d"],
                stdin=subprocess.DEVNULL, stderr=errors, start_new_session=True,
            )  # fmt: skip
        _wait_until_ready(self._process, self.port, self._home)

    def kill(self) -> None:
        """Kill -9 of all its programs."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_READY)

    def stop(self) -> None:
        """For good."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_READY)


@contextmanager
def running_postfix(
    dovecot: Dovecot, users: tuple[str, ...], outside: int, *, stamps: str = "", **changed: str
) -> Iterator[Postfix]:
    """Mail to these users at DOMAIN lands in their mailboxes, all other at the port `outside`.

    The first user also gets what is for crm@. `stamps` is a header for every mail, `changed` other parameters of
    main.cf. Skips, or fails in CI, where Postfix is not installed.
    """
    require("postfix")
    if os.geteuid() != 0:
        pytest.skip("this test needs root: only root may start Postfix, whose programs have users of their own")
    home = Path(tempfile.mkdtemp(prefix="pf-"))
    home.chmod(0o755)
    running = Postfix(home)
    (home / "stamps").write_text(f"127.0.0.1 PREPEND {stamps}\n" if stamps else "")
    _write_files(home, dovecot, running, changed)
    _write_tables(home, users, outside)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(home)


def _write_files(home: Path, dovecot: Dovecot, running: Postfix, changed: dict[str, str]) -> None:
    owner = pwd.getpwnam("nobody")
    given = dict(line.split(" =", 1) for line in MAIN.strip().splitlines()) | changed
    text = "".join(f"{name} = {value}\n" for name, value in given.items())
    (home / "main.cf").write_text(
        text.format(home=home, dovecot=dovecot.home, domain=DOMAIN, uid=owner.pw_uid, gid=owner.pw_gid)
    )
    (home / "master.cf").write_text(MASTER.format(port=running.port, tls_port=running.tls_port))
    postfix, drop = pwd.getpwnam("postfix"), grp.getgrnam("postdrop").gr_gid
    private = [(f"queue/{name}", 0o700, postfix.pw_gid) for name in (*QUEUES, "private")]
    for name, mode, group in [
        ("data", 0o700, postfix.pw_gid), ("queue", 0o755, -1), ("queue/pid", 0o755, -1), *private,
        ("queue/maildrop", 0o730, drop), ("queue/public", 0o710, drop),
    ]:  # fmt: skip
        (home / name).mkdir()
        (home / name).chmod(mode)
        if group != -1:
            os.chown(home / name, postfix.pw_uid, group)


def _write_tables(home: Path, users: tuple[str, ...], outside: int) -> None:
    (home / "mailboxes").write_text("".join(f"{user}@{DOMAIN} {user}/\n" for user in users))
    (home / "aliases").write_text(f"crm@{DOMAIN} {users[0]}@{DOMAIN}\n")
    (home / "logins").write_text("".join(f"{user}@{DOMAIN} {user}\n" for user in users) + f"crm@{DOMAIN} {users[0]}\n")
    (home / "transport").write_text(f"{DOMAIN} virtual:\n* smtp:[127.0.0.1]:{outside}\n")


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, home: Path) -> None:
    pause = threading.Event()
    for _ in range(int(_READY / 0.05)):
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                if connection.recv(4) == b"220 ":
                    return
        except OSError:
            pause.wait(0.05)
    said = [file.read_text(errors="replace") for file in (home / "stderr", home / "log") if file.exists()]
    raise AssertionError("Postfix did not come up: " + "\n".join(said))
