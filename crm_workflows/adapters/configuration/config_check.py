"""Reads configuration texts with the line of every value and collects mistakes. It must not know what fields mean.

Values stay text until a reader asks for a date, a flag or money: YAML's own guessing (`no` as false, 08:30 as a number)
never gets a word in.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.money import Money
from crm_workflows.domain.text import bilingual, in_language

Severity = Literal["error", "warning"]
EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]*[A-Za-z0-9]")
NULLS: Final = ("", "~", "null")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake or doubt: where it is and, in one sentence, what to do. Only errors keep a text from use."""

    file: str
    line: int
    message: str
    severity: Severity = "error"
    message_zh: str = ""
    """The same in Chinese, where it was written: what people slip into most."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'' if self.severity == 'error' else 'warning: '}{self.message}"

    def told(self) -> str:
        """As a label where it has both languages, else in English."""
        chinese = self.message_zh.replace(" / ", "/")  # what was typed may hold what parts the languages
        return bilingual(f"{self.file}:{self.line}: {chinese}", str(self)) if chinese else str(self)


def _composed(text: str) -> Node | None:
    """By libyaml where PyYAML has it, five times as fast: every command reads three texts. Mistakes PyYAML words."""
    try:
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def line_of(node: Node) -> int:
    """The line on which a value begins, counted from 1."""
    return int(node.start_mark.line) + 1


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy for an unknown word: the known one that looks like it, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known are {', '.join(names)}" if names else "none is known"


@dataclass
class Sheet:
    """One text under reading; every method that cannot read its node notes a finding and answers None."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def error(self, at: Node | int, message: str, chinese: str = "") -> None:
        """Note a mistake at a node or line."""
        line = at if isinstance(at, int) else line_of(at)
        self.findings.append(Finding(self.file, line, message, message_zh=chinese))

    def warn(self, at: Node | int, message: str) -> None:
        """Note a doubt, which keeps nobody from applying the text."""
        self.findings.append(Finding(self.file, at if isinstance(at, int) else line_of(at), message, "warning"))

    @property
    def has_errors(self) -> bool:
        """Whether anything but warnings was noted."""
        return any(finding.severity == "error" for finding in self.findings)

    def mistakes(self) -> ConfigurationError:
        """The error to raise where the text cannot be used: one line per mistake, in the order of the text."""
        return ConfigurationError([f.told() for f in sorted(self.findings) if f.severity == "error"])

    def root(self, text: str) -> MappingNode | None:
        """The mapping a text consists of."""
        try:
            node = _composed(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            problem = getattr(error, "problem", None) or "unreadable character"
            self.error(mark.line + 1 if mark else 1, f"this is not YAML ({problem}); check indentation and quotes")
            return None
        except RecursionError:
            self.error(1, "the file is nested too deeply to be read; compare it with the shipped example")
            return None
        if not isinstance(node, MappingNode):
            self.error(1, "the file must consist of `field: value` lines; compare it with the shipped example")
            return None
        return node

    def fields(self, node: Node | None, what: str, known: Iterable[str] | None = None) -> dict[str, Node]:
        """The fields of a mapping; fields given twice or not among `known` are noted and left out."""
        if node is None or self.is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self.error(node, f"{what} must be given as `field: value` lines")
            return {}
        found: dict[str, Node] = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            if key in found:
                self.error(key_node, f'{what} gives "{key}" twice; keep one', f"“{key}”写了两次，请只保留一处")
            elif known is not None and key not in known:
                self.error(key_node, f'{what} has an unknown field "{key}"; {nearest(key, known)}')
            else:
                found[key] = value
        return found

    def items(self, node: Node | None, what: str) -> list[Node]:
        """The items of a list."""
        if node is None or self.is_null(node):
            return []
        if not isinstance(node, SequenceNode):
            self.error(node, f"{what} must be a list, such as [one, two]")
            return []
        return list(node.value)

    def text(self, node: Node | None, what: str) -> str | None:
        """A text without surrounding blanks; None for an empty value, which is no mistake here."""
        if node is None or self.is_null(node):
            return None
        if not isinstance(node, ScalarNode):
            self.error(node, f"{what} must be a single value")
            return None
        return str(node.value).strip()

    def email(self, node: Node | None, what: str) -> str | None:
        """A mail address in lower case."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        if not EMAIL.fullmatch(written):
            self.error(node, f'{what} "{written}" is no mail address; write one such as name@company.example')
            return None
        return written.lower()

    def day(self, node: Node | None, what: str) -> date | None:
        """A date."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        try:
            return date.fromisoformat(written)
        except ValueError:
            self.error(node, f'{what} "{written}" is no date of the calendar; write it as 2026-03-02')
            return None

    def flag(self, node: Node | None, what: str) -> bool | None:
        """True or false."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        if written not in ("true", "false"):
            self.error(node, f'{what} must be true or false, not "{written}"')
            return None
        return written == "true"

    def money(self, node: Node | None, what: str) -> Money | None:
        """An amount, negative ones included."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        try:
            return Money.model_validate(written)
        except ValidationError as error:
            reason = in_language(error.errors()[0]["msg"], "en")
            self.error(node, f'{what} "{written}" is no amount: {reason}')
            return None

    def zone(self, node: Node | None, what: str) -> str | None:
        """An IANA time zone."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        try:
            ZoneInfo(written)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.error(node, f'{what} "{written}" is no time zone; write one such as Asia/Shanghai')
            return None
        return written

    def labels(self, node: Node | None, what: str) -> dict[str, str]:
        """Names with a label for readers; an empty label is the name itself."""
        return {name: self.text(value, f'{what} "{name}"') or name for name, value in self.fields(node, what).items()}

    def known(self, name: str, node: Node, what: str, known: Mapping[str, object]) -> bool:
        """Whether a name is among the known ones; noted with the nearest one otherwise."""
        if name not in known:
            self.error(node, f'{what} "{name}" is unknown; {nearest(name, known)}')
        return name in known

    @staticmethod
    def is_null(node: Node) -> bool:
        """Whether nothing stands behind the field's colon."""
        return isinstance(node, ScalarNode) and not node.style and node.value.strip().lower() in NULLS
