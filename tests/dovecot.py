"""A real Dovecot of our own for tests: on loopback, in a temporary folder, any user with the same password.

It must not touch the machine's own Dovecot or its files.
"""

import base64
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.certificate import certificate_in
from tests.parts import require

PASSWORD = "secret"
USER_WITH_CHINESE_PASSWORD, CHINESE_PASSWORD = "wang", "秘密 secret"
TOKEN_KEY = b"signs the access tokens of tests"
"""A token signed with it (JWT, HS256) that names a user under `email` lets that user in by XOAUTH2."""
_READY = 20.0  # seconds

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
login_log_format_elements = user=<%u>
imap_id_log = *
auth_failure_delay = 0
auth_mechanisms = plain login xoauth2
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
mail_location = maildir:{home}/mail/%u
mailbox_list_index = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2
}}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {home}/users
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  # Else every login after a wrong password is made to wait.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  user = {internal}
  # By which a mail server lets people log in (tests/postfix.py).
  unix_listener auth-client {{
    mode = 0666
  }}
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  mailbox "垃圾邮件" {{
    auto = create
    special_use = \\Junk
  }}
}}
"""

OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server; any user but one logs in with PASSWORD and finds an empty INBOX."""

    port: int
    tls_port: int
    certificate: Path
    home: Path

    @property
    def log(self) -> Path:
        """What it says."""
        return self.home / "log"


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Start a server and stop it by its process; skips, or fails in CI, where Dovecot is not installed."""
    program = require("dovecot")
    # Short, since Unix sockets in it must not exceed 108 characters.
    home = Path(tempfile.mkdtemp(prefix="dc-"))
    home.chmod(0o755)
    port, tls_port = free_port(), free_port()
    _write_files(home, port, tls_port)
    # Its children inherit what it writes to, so a pipe would stay open after it.
    with (home / "stderr").open("wb") as errors:
        process = subprocess.Popen([program, "-F", "-c", str(home / "dovecot.conf")], stderr=errors)
    try:
        _wait_until_ready(process, port, home)
        yield Dovecot(port, tls_port, home / "cert.pem", home)
    finally:
        process.terminate()
        process.wait(_READY)
        shutil.rmtree(home)


def _write_files(home: Path, port: int, tls_port: int) -> None:
    for folder in ("run", "state", "mail"):
        (home / folder).mkdir()
    me = pwd.getpwuid(os.geteuid())
    # Dovecot never gives root access to mails; started by root it has its own users.
    owner = pwd.getpwnam("nobody") if me.pw_uid == 0 else me
    internal, login = ("dovecot", "dovenull") if me.pw_uid == 0 else (me.pw_name, me.pw_name)
    os.chown(home / "mail", owner.pw_uid, owner.pw_gid)
    (home / "users").write_text(f"{USER_WITH_CHINESE_PASSWORD}:{CHINESE_PASSWORD}\n", encoding="utf-8")
    certificate_in(home)
    keys = home / "keys" / "default" / "HS256"
    keys.mkdir(parents=True)
    (keys / "default").write_bytes(base64.b64encode(TOKEN_KEY))
    (home / "oauth2").write_text(OAUTH2.format(home=home))
    config = CONFIG.format(
        home=home,
        port=port,
        tls_port=tls_port,
        password=PASSWORD,
        uid=owner.pw_uid,
        gid=owner.pw_gid,
        internal=internal,
        internal_group=grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name,
        login=login,
    )
    (home / "dovecot.conf").write_text(config, encoding="utf-8")


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, home: Path) -> None:
    tries = int(_READY / 0.05)
    pause = threading.Event()
    for _ in range(tries):
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                if connection.recv(4) == b"* OK":
                    return
        except OSError:
            pause.wait(0.05)
    said = [file.read_text(errors="replace") for file in (home / "stderr", home / "log") if file.exists()]
    raise AssertionError("Dovecot did not come up: " + "\n".join(said))


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
