"""People, policy and calendar as texts: read, check, compare. It must not store them: the database does.

parse_*   text → what the engine uses; ConfigurationError with one line per mistake
load_*    the same from a file
check_*   text → findings, warnings included, sorted by line; never raises
difference   two texts → what changes, in sentences for the person who applies it
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from crm_workflows.adapters.configuration.config_check import Finding
from crm_workflows.adapters.configuration.config_check_calendar import read_calendar
from crm_workflows.adapters.configuration.config_check_former import Former
from crm_workflows.adapters.configuration.config_check_people import read_people
from crm_workflows.adapters.configuration.config_check_policy import read_policy
from crm_workflows.adapters.configuration.config_difference import Kind, difference
from crm_workflows.adapters.files import said_with_reason
from crm_workflows.domain.approvers import RoleAsked
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import bilingual
from crm_workflows.domain.working_time import WorkingCalendar

__all__ = [
    "Finding",
    "Former",
    "Kind",
    "check_calendar",
    "check_people",
    "check_policy",
    "difference",
    "load_calendar",
    "load_people",
    "load_policy",
    "parse_calendar",
    "parse_people",
    "parse_policy",
    "read_first_text",
    "read_text",
]


def parse_people(text: str, filename: str = "people.yaml") -> Directory:
    """The directory a text describes; ConfigurationError."""
    directory, sheet = read_people(text, filename)
    if directory is None:
        raise sheet.mistakes()
    return directory


def parse_policy(text: str, filename: str = "policy.yaml") -> Policy:
    """The policy a text describes; ConfigurationError."""
    policy, sheet = read_policy(text, filename)
    if policy is None:
        raise sheet.mistakes()
    return policy


def parse_calendar(text: str, filename: str = "calendar.yaml", *, checked: bool = False) -> WorkingCalendar:
    """The calendar a text describes, with the public holidays of its country; ConfigurationError.

    A text that was `checked` before it was put in force is parsed without importing the package of holidays.
    """
    source, sheet = read_calendar(text, filename, checked=checked)
    if source is None:
        raise sheet.mistakes()
    return source.build()


def load_people(path: Path) -> Directory:
    """`parse_people` of a file; ConfigurationError also where it cannot be read."""
    return parse_people(read_text(path), str(path))


def load_policy(path: Path) -> Policy:
    """`parse_policy` of a file; ConfigurationError also where it cannot be read."""
    return parse_policy(read_text(path), str(path))


def load_calendar(path: Path) -> WorkingCalendar:
    """`parse_calendar` of a file; ConfigurationError also where it cannot be read."""
    return parse_calendar(read_text(path), str(path))


def check_people(
    text: str, filename: str, required_roles: Mapping[str, RoleAsked] | None = None, former: Former | None = None
) -> list[Finding]:
    """Mistakes and doubts; `required_roles` are those that the installed procedures ask, `former` knows whose the
    addresses were in the versions before."""
    return sorted(read_people(text, filename, required_roles, former)[1].findings)


def check_policy(text: str, filename: str, required_keys: Mapping[str, str] | None = None) -> list[Finding]:
    """Mistakes and doubts; `required_keys` are the keys and groups that the installed procedures read, each with its
    kind ("whole number", "amount", ... or "" for any), as `domain.policy.kind_of` words it."""
    return sorted(read_policy(text, filename, required_keys)[1].findings)


def check_calendar(text: str, filename: str, on: date | None = None) -> list[Finding]:
    """Mistakes and doubts; with today's date also a warning of holidays that are not published yet."""
    return sorted(read_calendar(text, filename, on)[1].findings)


def read_first_text(path: Path) -> str:
    """`read_text` of a file that belongs into the folder of the configuration."""
    if not path.exists():
        zh = f"缺少文件 {path}，请补上，或将 CRMW_CONFIG 设为它所在的目录"
        en = f"{path} is missing; write it, or set CRMW_CONFIG to the folder that has it"
        raise ConfigurationError([bilingual(zh, en)])
    return read_text(path)


def read_text(path: Path) -> str:
    """A configuration file's text; ConfigurationError where there is none or it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        zh, en = "文件不是 UTF-8 编码，请另存为 UTF-8", "the file is not written in UTF-8; save it as UTF-8"
        raise ConfigurationError([bilingual(f"{path}:{line}: {zh}", f"{path}:{line}: {en}")]) from None
    except OSError as error:
        zh, en = f"{path}: 文件无法读取（{{}}），请核对路径", f"{path}: the file cannot be read ({{}}); check the path"
        raise ConfigurationError([said_with_reason(zh, en, error)]) from None
