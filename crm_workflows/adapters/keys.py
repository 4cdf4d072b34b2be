"""The server key and the secrets derived from it. It must not store any secret but the key itself.

Losing the key makes every link and reply address that is on its way useless, so it is part of the backup, and a damaged
key file is reported instead of being replaced.
"""

import base64
import hashlib
import hmac
import logging
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import bilingual

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_FILE: Final = "secret.key"
_KEY_BYTES: Final = 32
_TOKEN_BYTES: Final = 20
"""160 bits: 32 letters of base32, no padding."""

log = logging.getLogger(__name__)


class ServerKey:
    """Implements the port `Secrets` with HMAC-SHA256; every secret is lower-case base32 (letters and 2-7)."""

    def __init__(self, key: bytes) -> None:
        """Raises ValueError for a key of less than 256 bits."""
        if len(key) < _KEY_BYTES:
            raise ValueError("a server key has at least 32 bytes")
        self._key = key

    def nonce(self) -> str:
        """160 fresh random bits."""
        return _base32(secrets.token_bytes(_TOKEN_BYTES))

    def token(self, request: str, person: str, revision: int, nonce: str) -> str:
        """160 bits, 32 characters, fit for an address, a Message-ID and a URL path."""
        return _base32(self._mac("token", request, person, str(revision), nonce)[:_TOKEN_BYTES])

    def sign(self, purpose: str, value: str) -> str:
        """256 bits, 52 characters."""
        return _base32(self._mac("sign", purpose, value))

    def public_key(self) -> str:
        """64 hexadecimal digits; changes only with the server key."""
        return self._signer.public_key().public_bytes_raw().hex()

    def seal(self, content: bytes) -> str:
        """128 hexadecimal digits."""
        return self._signer.sign(content).hex()

    def is_seal(self, public_key: str, content: bytes, signature: str) -> bool:
        """See the port; no secret is needed for it."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), content)
        except (InvalidSignature, ValueError):
            return False
        return True

    @cached_property
    def _signer(self) -> "Ed25519PrivateKey":
        # Imported late: few commands sign, and all of them would wait for it.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._mac("seal"))

    def _mac(self, *parts: str) -> bytes:
        """Parts carry their lengths, so that no two lists of parts give the same input."""
        encoded = [part.encode("utf-8") for part in parts]
        return hmac.new(self._key, b"".join(b"%d:%s" % (len(e), e) for e in encoded), hashlib.sha256).digest()


def load_or_create_key(home: Path, configured: str | None = None) -> ServerKey:
    """The key from the setting `CRMW_SECRET_KEY` if given, else from the home, where the first start creates it.

    Several processes starting at once end up with the same key. Raises ConfigurationError for a key that is too short
    or a damaged file.
    """
    if configured is not None and configured.strip():
        return _from_setting(configured.strip())
    path = home / KEY_FILE
    if not path.exists():
        _create(path)
    return _from_file(path)


def _from_setting(text: str) -> ServerKey:
    if len(text) < _KEY_BYTES:
        raise ConfigurationError(
            [
                bilingual(
                    "设置 CRMW_SECRET_KEY 太短：请使用至少 32 个随机字符",
                    "the setting CRMW_SECRET_KEY is too short: use at least 32 random characters",
                )
            ]
        )
    try:
        return ServerKey(bytes.fromhex(text))  # what stands in secret.key is the same key here
    except ValueError:
        return ServerKey(text.encode("utf-8"))


def _create(path: Path) -> None:
    """Write beside and link: the file appears complete or not at all, and the first process to link wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        log.debug("another process has created the server key first")
    finally:
        draft.unlink(missing_ok=True)


def _from_file(path: Path) -> ServerKey:
    if path.stat().st_mode & 0o077:
        log.warning("the server key was readable by others than its owner; that is corrected now")
        path.chmod(0o600)
    try:
        return ServerKey(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except ValueError:
        raise ConfigurationError(
            [
                bilingual(
                    f"密钥文件 {path} 已损坏：请从备份恢复；若删除它，已发出的链接和回复地址将全部失效",
                    f"the key file {path} is damaged: restore it from the backup; deleting it would make every link "
                    "and reply address already sent useless",
                )
            ]
        ) from None


def _base32(value: bytes) -> str:
    return base64.b32encode(value).decode("ascii").rstrip("=").lower()
