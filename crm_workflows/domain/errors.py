"""The one tree of errors; each message is one sentence: what happened, to which case, what to do.

    CrmError
    ├── AuthorMistake        a flow, template or configuration is wrong: found at start, before anything runs
    │   ├── ConfigurationError   people, policy or calendar file, with file and line
    │   ├── ProcedureChanged     the code no longer matches the journal of a running case
    │   └── RoundsUsedUp         a case has gone back as often as it may; from here a person decides
    ├── Refused              a person's request is refused, politely; nobody is paged
    │   ├── NotFound             no such case, request, token
    │   ├── NotEntitled          this person may not do this (G-2, G-5)
    │   ├── AlreadyDecided       too late: names who decided
    │   ├── Expired              token or request is over
    │   ├── TooOften             asked again too soon; later it may be
    │   └── InvalidInput         form, file or command input does not fit
    ├── OfNewerRelease       a newer release has written it, and is to go on with it
    └── OutsideFailure       the world outside failed; `retryable` says whether trying again can help
        ├── StoreBusy            database locked or serialisation conflict
        └── MailTrouble          a mail server refused, hung or dropped

It must not hold behaviour. A message for readers of pages and mails is bilingual ("中文 / English").
"""

from crm_workflows.domain.text import LANGUAGES, bilingual, in_language


class CrmError(Exception):
    """Base of all; `str(error)` is the sentence for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AuthorMistake(CrmError):
    """A flow, template or configuration is wrong."""


class ConfigurationError(AuthorMistake):
    """A configuration file has mistakes; `findings` holds one line each, with file, line and remedy."""

    def __init__(self, findings: list[str]) -> None:
        chinese, english = ("\n".join(in_language(one, language) for one in findings) for language in LANGUAGES)
        super().__init__(english if chinese == english else bilingual(chinese, english))
        self.findings = findings


class NothingInForce(ConfigurationError):
    """The files of a first start have mistakes, so that nothing is in force; `lister` is the command that tells all."""

    def __init__(self, findings: list[str], lister: str) -> None:
        super().__init__(findings)
        self.lister = lister


class ProcedureChanged(AuthorMistake):
    """The procedure's code no longer matches what the case has already gone through."""


class RoundsUsedUp(AuthorMistake):
    """The procedure goes back once more than it may: declared, and for a person to decide."""


class Refused(CrmError):
    """A person's request is refused; nothing was changed."""


class NotFound(Refused):
    """There is no such case, request or file."""


class NotEntitled(Refused):
    """This person may not do this."""


class AlreadyDecided(Refused):
    """Somebody decided before; the message names who."""


class Expired(Refused):
    """The link or the request is over."""


class TooOften(Refused):
    """Asked for too often; waiting helps."""


class InvalidInput(Refused):
    """What was handed in does not fit; `fields` maps a field's path to one sentence."""

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class OfNewerRelease(CrmError):
    """A newer release has written what this one cannot read; whoever finds it leaves it alone."""


class OutsideFailure(CrmError):
    """The outside world failed."""

    retryable = True


class StoreBusy(OutsideFailure):
    """The database is locked, full or out of reach; nothing was written."""


class MailTrouble(OutsideFailure):
    """A mail server refused, hung or dropped the connection."""


def quotable(error: BaseException) -> str:
    """What may be said of an error where nobody could be erased from it, in logs and in Prefect (G-7).

    Our own sentences are made for people, and a system's are its own; any other may quote what somebody wrote.
    """
    kind = type(error).__qualname__
    said = error.message if isinstance(error, CrmError) else error.strerror if isinstance(error, OSError) else None
    return f"{kind}: {said}" if said else kind
