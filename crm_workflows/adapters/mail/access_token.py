"""The access token with which a mail server lets us in (XOAUTH2), from a command or a file. It must not renew tokens.

Providers that take no password any more hand out tokens that live for about an hour. Whoever renews them (a program of
the company's choice, with its own refresh token) is asked for the present one; we keep no secret of theirs.
"""

import shlex
import subprocess
import threading
from pathlib import Path
from typing import Final

from crm_workflows.domain.errors import MailTrouble
from crm_workflows.domain.text import bilingual

_SECONDS: Final = 30.0
_LONGEST: Final = 16_000
"""Characters; those of the large providers have up to some three thousand."""


def token_from(command: str, file: Path | None) -> "AccessToken | None":
    """Where the settings say that the token comes from; None where they name neither, so that a password is used."""
    return AccessToken(command=command, file=file) if command or file else None


class AccessToken:
    """Asks once and keeps the token until a server refuses it. Safe between threads."""

    def __init__(self, *, command: str = "", file: Path | None = None) -> None:
        """`command` prints the token on its first line, without a shell; `file` holds it there. One of the two."""
        self._command, self._file = command, file
        self._kept = ""
        self._lock = threading.Lock()

    def get(self) -> str:
        """The token to log in with; raises MailTrouble when there is none to be had."""
        with self._lock:
            return self._get()

    def is_renewed(self, refused: str) -> bool:
        """After a refused login: ask again, unless somebody has; whether there is another token than that one."""
        with self._lock:
            if self._kept == refused:
                self._kept = ""
            return self._get() != refused

    def _get(self) -> str:
        if not self._kept:
            said = self._printed() if self._command else self._read()
            token = said.strip().partition("\n")[0].strip()
            if not token or len(token) > _LONGEST or not token.isascii() or any(c.isspace() for c in token):
                raise self._trouble("第一行不是访问令牌", "its first line is no access token")
            self._kept = token
        return self._kept

    def _printed(self) -> str:
        try:
            done = subprocess.run(
                shlex.split(self._command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, timeout=_SECONDS, check=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise self._trouble("没有及时结束", "it did not end in time") from error
        except subprocess.CalledProcessError as error:
            status = error.returncode
            raise self._trouble(f"失败（退出码 {status}）", f"it failed with exit status {status}") from error
        except (OSError, ValueError) as error:  # ValueError: quotes that are not closed
            raise self._trouble("无法运行", "it cannot be run") from error
        return done.stdout.decode("ascii", "replace")

    def _read(self) -> str:
        try:
            return Path(self._file or "").read_text("ascii", "replace")
        except OSError as error:
            raise self._trouble("读不出", "it cannot be read") from error

    def _trouble(self, chinese: str, english: str) -> MailTrouble:
        """Names the setting's kind and the program or file, never what was printed."""
        name = self._command.partition(" ")[0] or str(self._file)
        what = (
            ("访问令牌命令", "the command for the access token,") if self._command else ("令牌文件", "the token file")
        )
        return MailTrouble(bilingual(f"{what[0]} {name} {chinese}", f"{what[1]} {name}: {english}"))
