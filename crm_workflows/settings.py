"""Settings from the environment and `config/settings.env`, read once at start. It must not open anything."""

import os
import re
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from crm_workflows.adapters.configuration.config_files import read_text
from crm_workflows.adapters.configuration.setting_check import checked, misspelt
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import bilingual
from crm_workflows.shipped import shipped

Security = Literal["none", "starttls", "ssl"]
_PER_MINUTE: Final = re.compile(r"(\*|[\w.-]+)\s*=\s*[1-9]\d{0,5}")
Trust = Literal["internal", "authenticated"]
"""What is asked of senders: nothing, as the mail never left the company's own server, or that somebody vouches."""
FURTHER_MAILBOXES: Final = range(2, 10)
WEB_ADDRESS: Final = (
    "不是网址，如 https://crm.example.com / this is no address of a web server, such as https://crm.example.com"
)
PER_MINUTE: Final = bilingual(
    "不是域名与每分钟邮件数的清单，如 qq.com=30,*=120",
    "this is no list of domains with mails a minute, such as qq.com=30,*=120",
)
FILE: Final = Path("config/settings.env")


class Mailbox(BaseSettings):
    """One mailbox to be read: `CRMW_IMAP_…`, and `CRMW_IMAP2_…` to `CRMW_IMAP9_…` for further ones."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    host: str = ""
    port: int = Field(default=0, ge=0, le=65535)
    user: str = ""
    password: str = Field(default="", repr=False)
    token_command: str = ""
    token_file: Path | None = None
    security: Security = "ssl"
    folder: str = "INBOX"
    sent_folder: str = ""
    """Where the provider keeps what was sent, to settle whether a mail was taken."""
    trust: Trust | None = None
    authserv_id: str = ""

    @property
    def name(self) -> str:
        """By which its mails are kept; `/` and the folder stand behind it."""
        return f"imap:{self.user}@{self.host}"

    @property
    def address(self) -> str:
        """Which mailbox it is, for people; at most providers the user's name is an address already."""
        return self.user if "@" in self.user else f"{self.user}@{self.host}"

    @property
    def is_internal(self) -> bool:
        """Whether mail in it is taken to be from whom it says: as set, else on this machine only."""
        return is_loopback(self.host) if self.trust is None else self.trust == "internal"

    @property
    def servers(self) -> tuple[str, ...]:
        """Whose word on senders is taken; none: signatures are checked here."""
        return tuple(name.strip() for name in self.authserv_id.split(",") if name.strip())

    @property
    def folders(self) -> tuple[str, ...]:
        """One or more, with commas between; `\\Junk` and the like name one by its use."""
        return tuple(dict.fromkeys(name.strip() for name in self.folder.split(",") if name.strip())) or ("INBOX",)


class Settings(BaseSettings):
    """Every setting by its name in the contract, without the prefix `CRMW_`; an empty value counts as not given."""

    model_config = SettingsConfigDict(env_prefix="CRMW_", env_ignore_empty=True, extra="ignore", frozen=True)

    home: Path = Path(".crmw")
    database_url: str = ""
    config: Path | None = None
    tracking: Literal["auto", "always", "off"] = "auto"
    public_url: str = ""
    sign_in: bool = False
    session_idle_hours: float = Field(default=8.0, gt=0, le=24 * 30)
    session_hours: float = Field(default=72.0, gt=0, le=24 * 30)
    bind: str = "127.0.0.1"
    proxies: str = "127.0.0.1,::1"
    secret_key: str = ""
    mail_from: str = "crm-workflows@localhost"
    reply_domain: str = ""
    reply_to: Literal["plus", "plain"] = "plus"
    """Where answers go: an address with a secret of its own, or `mail_from`, for providers that drop plus addresses."""
    mail_redirect_to: str = ""
    complaints_address: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=0, ge=0, le=65535)
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_token_command: str = ""
    smtp_token_file: Path | None = None
    smtp_security: Security = "starttls"
    smtp_timeout: float = Field(default=30.0, gt=0)
    smtp_retry_max: float | None = Field(default=None, gt=0)
    smtp_per_minute: str = ""
    imap_host: str = ""
    imap_port: int = Field(default=0, ge=0, le=65535)
    imap_user: str = ""
    imap_password: str = ""
    imap_token_command: str = ""
    imap_token_file: Path | None = None
    imap_security: Security = "ssl"
    imap_folder: str = "INBOX"
    imap_sent_folder: str = ""
    imap_trust: Trust | None = None
    imap_authserv_id: str = ""
    imap_poll_seconds: float = Field(default=30.0, gt=0)
    further_mailboxes: tuple[Mailbox, ...] = Field(default=(), validation_alias="further mailboxes")
    """Filled by `load` alone, so under a name that no environment has."""
    now: datetime | None = None
    speed: float = Field(default=1.0, gt=0)

    @field_validator("now")
    @classmethod
    def _has_zone(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(
                "须带时区，如 2026-03-02T09:00:00+08:00 / it needs a zone, such as 2026-03-02T09:00:00+08:00"
            )
        return value

    @field_validator("smtp_per_minute")
    @classmethod
    def _are_numbers_by_domain(cls, value: str) -> str:
        if not all(_PER_MINUTE.fullmatch(part.strip()) for part in value.split(",") if value):
            raise ValueError(PER_MINUTE)
        return value.lower()

    @field_validator("public_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        """Every link of every mail begins with it: `javascript:` or a bare name would make them all dead or worse."""
        try:
            parts = urlsplit(value)
            is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_web = False
        if value and (not is_web or parts.query or parts.fragment or any(c.isspace() for c in value)):
            raise ValueError(WEB_ADDRESS)
        return value

    @classmethod
    def load(cls, home: Path | None = None) -> Self:
        """From the environment, then `config/settings.env`; raises ConfigurationError naming the setting."""
        file = FILE if FILE.is_file() else None
        text = read_text(FILE) if file else ""
        wrong = misspelt(_names(), os.environ, str(FILE), text)
        if wrong:
            raise ConfigurationError(wrong)
        with checked("CRMW_", str(FILE), text):
            loaded = cls(_env_file=file)
        further: list[Mailbox] = []
        given = "\n".join((*os.environ, text)).upper()
        for n in (n for n in FURTHER_MAILBOXES if f"CRMW_IMAP{n}_" in given):
            with checked(f"CRMW_IMAP{n}_", str(FILE), text):
                further.append(Mailbox(_env_file=file, _env_prefix=f"CRMW_IMAP{n}_"))
        update: dict[str, object] = {"further_mailboxes": tuple(one for one in further if one.host)}
        return loaded.model_copy(update=update | ({"home": home} if home is not None else {}))

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        """Every mailbox that is read by IMAP, the first one of `CRMW_IMAP_…` first."""
        first = Mailbox.model_construct(
            host=self.imap_host, port=self.imap_port, user=self.imap_user, password=self.imap_password,
            token_command=self.imap_token_command, token_file=self.imap_token_file, security=self.imap_security,
            folder=self.imap_folder, sent_folder=self.imap_sent_folder, trust=self.imap_trust,
            authserv_id=self.imap_authserv_id,
        )  # fmt: skip
        return tuple(one for one in (first, *self.further_mailboxes) if one.host)

    @property
    def servers_of_mailboxes(self) -> dict[str, tuple[str, ...] | None]:
        """By the name of each mailbox whose word on senders is taken there; None where nobody's is asked for."""
        return {one.name: None if one.is_internal else one.servers for one in self.mailboxes}

    @property
    def mail_outside(self) -> bool:
        """Whether any mailbox takes mail from outside the company's own server."""
        return any(not one.is_internal for one in self.mailboxes)

    @property
    def url_of_database(self) -> str:
        """The database: as set, else SQLite in the home."""
        return self.database_url or f"sqlite:///{(self.home / 'crm.db').resolve()}"

    @property
    def is_shared(self) -> bool:
        """Whether other machines may work on the same database; SQLite is for the processes of one."""
        return bool(self.database_url) and not self.database_url.startswith("sqlite")

    @property
    def config_dir(self) -> Path:
        """Where people, policy and calendar files lie: as set, `config/` here, else what was shipped."""
        if self.config is not None:
            return self.config
        here = Path("config")
        return here if (here / "people.yaml").is_file() else shipped("config")

    @property
    def own_flows(self) -> Path:
        """Where a company's own procedures lie, if it has any: beside people, policy and calendar."""
        return self.config_dir / "flows"

    @property
    def public_host(self) -> str:
        """The name under which people elsewhere reach the pages; empty where only this machine does."""
        host = (urlsplit(self.public_url).hostname or "").lower()
        return "" if is_loopback(host) else host

    @property
    def is_local_mail(self) -> bool:
        """True on the embedded default: no SMTP server is set, mails go to the mailbox pages."""
        return not self.smtp_host

    @property
    def lets_anybody_act(self) -> bool:
        """Whether people are asked by real mail while whoever uses this machine may act as any of them on the pages."""
        return not self.sign_in and (not self.is_local_mail or bool(self.mailboxes))

    @property
    def mail_domain(self) -> str:
        """The domain of reply addresses and Message-IDs."""
        return self.reply_domain or self.mail_from.rpartition("@")[2].strip(" >") or "localhost"

    @property
    def complaints_to(self) -> str:
        """The address to which complaints are written: as set, else `complaints@` the domain of reply addresses."""
        return (self.complaints_address or f"complaints@{self.mail_domain}").lower()

    @property
    def mails_per_minute(self) -> dict[str, int]:
        """The most mails a minute by the recipient's domain; `*` for each that is not named."""
        pairs = (part.strip().partition("=") for part in self.smtp_per_minute.split(",") if part.strip())
        return {domain.strip(): int(number) for domain, _, number in pairs}

    @property
    def most_retry_seconds(self) -> float:
        """The longest wait between two tries of a mail, in real seconds."""
        return self.smtp_retry_max or (10.0 if self.is_local_mail else 300.0)


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own; an empty one is nobody's."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _names() -> frozenset[str]:
    """Every setting there is, as it stands in the environment."""
    further = (f"CRMW_IMAP{n}_{name.upper()}" for n in FURTHER_MAILBOXES for name in Mailbox.model_fields)
    return frozenset([*(f"CRMW_{name.upper()}" for name in Settings.model_fields), *further])


class _PrefectSettings(BaseSettings):
    model_config = SettingsConfigDict(extra="allow")


def prefect_settings() -> dict[str, str]:
    """Prefect's own settings (address, authentication) that stand in `config/settings.env` beside ours."""
    held = _PrefectSettings(_env_file=FILE if FILE.is_file() else None)
    extra = held.model_extra or {}
    return {name.upper(): str(value) for name, value in extra.items() if name.lower().startswith("prefect_") and value}
