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
from crm_workflows.domain.text import LANGUAGES, SEPARATOR, bilingual, in_language

Severity = Literal["error", "warning"]
EMAIL: Final = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z0-9-]*[A-Za-z0-9]")
NULLS: Final = ("", "~", "null")
_WIDE_COLON: Final = re.compile(r"^[ \t-]*[A-Za-z_]+(：)", re.MULTILINE)
"""A field as somebody with a Chinese keyboard types it."""
_MARKS: Final = {
    "people": {"people", "departments"},
    "policy": {"criteria_weights", "pass_mark", "recognition_due"},
    "calendar": {"office_hours", "overrides"},
}
"""Fields by which a file of a kind is known."""
BOTH_LANGUAGES: Final = "先写中文，再写斜线和英文，斜线前后各空一格"
"""How a label is written, told without one: a sentence ends where the languages part."""
_SLIPS: Final = (
    ("mapping values are not allowed here", "此处不应有冒号，或缩进有误"),
    ("could not find expected ':'", "缺少冒号"),
    ("found character '\t'", "缩进用了制表符，请改用空格"),
    ("found character", "值以特殊字符开头，请加引号"),
    ("found unexpected end of stream", "引号没有收尾"),
    ("expected ',' or", "括号没有收尾"),
    ("expected <block end>", "缩进与上文不一致"),
    ("unreadable character", "有无法读取的字符"),
)
"""How PyYAML begins what it says of the slips that people make most; the rest stays in its words."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake or doubt: where it is and, in one sentence, what to do. Only errors keep a text from use."""

    file: str
    line: int
    message: str
    message_zh: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {'' if self.severity == 'error' else 'warning: '}{self.message}"

    def told(self) -> str:
        """As a label."""
        warning = "" if self.severity == "error" else "警告："
        chinese = f"{self.file}:{self.line}: {warning}{self.message_zh}"
        return bilingual(chinese.replace(SEPARATOR, "/"), str(self))  # what was typed may hold what parts the languages


def _composed(text: str) -> Node | None:
    """By libyaml where PyYAML has it, five times as fast: every command reads three texts. Mistakes PyYAML words."""
    try:
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def line_of(node: Node) -> int:
    """The line on which a value begins, counted from 1."""
    return int(node.start_mark.line) + 1


def nearest(word: str, known: Iterable[str]) -> tuple[str, str]:
    """A remedy for an unknown word, in Chinese and English: the known one that looks like it, else all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"是否指“{close[0]}”？", f'did you mean "{close[0]}"?'
    if not names:
        return "目前一个也没有", "none is known"
    return f"可用的有：{'、'.join(names)}", f"known are {', '.join(names)}"


@dataclass
class Sheet:
    """One text under reading; every method that cannot read its node notes a finding and answers None."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def error(self, at: Node | int, chinese: str, english: str) -> None:
        """Note a mistake at a node or line."""
        self.findings.append(Finding(self.file, at if isinstance(at, int) else line_of(at), english, chinese))

    def wrong(self, at: Node, what: str, chinese: str, english: str) -> None:
        """A mistake of something by its name, or by a label of it, with which both sentences begin."""
        self.error(at, in_language(what, "zh") + chinese, in_language(what, "en") + english)

    def warn(self, at: Node | int, chinese: str, english: str) -> None:
        """Note a doubt, which keeps nobody from applying the text."""
        line = at if isinstance(at, int) else line_of(at)
        self.findings.append(Finding(self.file, line, english, chinese, "warning"))

    @property
    def has_errors(self) -> bool:
        """Whether anything but warnings was noted."""
        return any(finding.severity == "error" for finding in self.findings)

    def mistakes(self) -> ConfigurationError:
        """The error to raise where the text cannot be used: one line per mistake, in the order of the text."""
        return ConfigurationError([f.told() for f in sorted(self.findings) if f.severity == "error"])

    def root(self, text: str, kind: str) -> MappingNode | None:
        """The mapping a text consists of; one that is plainly of another kind is a slip in the command, told once."""
        node = self._mapping(text)
        fields = {str(key.value) for key, _ in node.value} if node else set()
        other = next((one for one, marks in _MARKS.items() if one != kind and fields & marks), None)
        if node is None or other is None or fields & _MARKS[kind]:
            return node
        zh = f"这是 {other} 文件，不是 {kind} 文件，请用 crmw {other} check"
        self.error(1, zh, f"this is a {other} file and no {kind} file; use crmw {other} check")
        return None

    def _not_yaml(self, text: str, error: yaml.YAMLError) -> None:
        wide = _WIDE_COLON.search(text)
        if wide:
            self.error(
                text.count("\n", 0, wide.start(1)) + 1,
                "冒号写成了全角“：”，请改成半角冒号加一个空格“: ”",
                'the colon is the wide one of Chinese type; write ": "',
            )
            return
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "unreadable character"
        said = next((chinese for begin, chinese in _SLIPS if problem.startswith(begin)), problem)
        self.error(
            mark.line + 1 if mark else 1,
            f"不是有效的 YAML（{said}），请检查缩进、冒号和引号",
            f"this is not YAML ({problem}); check indentation and quotes",
        )

    def _mapping(self, text: str) -> MappingNode | None:
        try:
            node = _composed(text)
        except yaml.YAMLError as error:
            self._not_yaml(text, error)
            return None
        except RecursionError:
            self.error(
                1,
                "文件嵌套过深，无法读取；请对照随附的示例",
                "the file is nested too deeply to be read; compare it with the shipped example",
            )
            return None
        if not isinstance(node, MappingNode):
            self.error(
                1,
                "文件须由 `字段: 值` 这样的行组成；请对照随附的示例",
                "the file must consist of `field: value` lines; compare it with the shipped example",
            )
            return None
        return node

    def fields(self, node: Node | None, what: str, known: Iterable[str] | None = None) -> dict[str, Node]:
        """The fields of a mapping, `what` being its name or a label; fields given twice or not among `known` are noted
        and left out."""
        if node is None or self.is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self.wrong(node, what, "须写成 `字段: 值` 这样的行", " must be given as `field: value` lines")
            return {}
        found: dict[str, Node] = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            if key in found or (known is not None and key not in known):
                self._no_field(key_node, what, None if key in found else known)
            else:
                found[key] = value
        return found

    def _no_field(self, node: Node, what: str, known: Iterable[str] | None) -> None:
        """A field that was there before, or that is not among those known."""
        key = node.value
        if known is None:
            self.wrong(node, what, f"中“{key}”写了两次，请只保留一处", f' gives "{key}" twice; keep one')
            return
        zh, en = nearest(key, known)
        self.wrong(node, what, f"中没有字段“{key}”，{zh}", f' has an unknown field "{key}"; {en}')

    def items(self, node: Node | None, what: str) -> list[Node]:
        """The items of a list."""
        if node is None or self.is_null(node):
            return []
        if not isinstance(node, SequenceNode):
            self.wrong(node, what, " 须为列表，如 [甲, 乙]", " must be a list, such as [one, two]")
            return []
        return list(node.value)

    def text(self, node: Node | None, what: str) -> str | None:
        """A text without surrounding blanks; None for an empty value, which is no mistake here."""
        if node is None or self.is_null(node):
            return None
        if not isinstance(node, ScalarNode):
            self.wrong(node, what, " 须为单个值", " must be a single value")
            return None
        return str(node.value).strip()

    def email(self, node: Node | None, what: str) -> str | None:
        """A mail address in lower case."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        if not EMAIL.fullmatch(written):
            en = f' "{written}" is no mail address; write one such as name@company.example'
            self.wrong(node, what, f"“{written}”不是邮箱地址，请写成 name@company.example 这样", en)
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
            en = f' "{written}" is no date of the calendar; write it as 2026-03-02'
            self.wrong(node, what, f"“{written}”不是日期，请写成 2026-03-02 这样", en)
            return None

    def flag(self, node: Node | None, what: str) -> bool | None:
        """True or false."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        if written not in ("true", "false"):
            zh = f" 须为 true 或 false，不能是“{written}”"
            self.wrong(node, what, zh, f' must be true or false, not "{written}"')
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
            zh, en = (in_language(error.errors()[0]["msg"], language) for language in LANGUAGES)
            self.wrong(node, what, f"“{written}”不是金额：{zh}", f' "{written}" is no amount: {en}')
            return None

    def zone(self, node: Node | None, what: str) -> str | None:
        """An IANA time zone."""
        written = self.text(node, what)
        if written is None or node is None:
            return None
        try:
            ZoneInfo(written)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            en = f' "{written}" is no time zone; write one such as Asia/Shanghai'
            self.wrong(node, what, f"“{written}”不是时区，请写成 Asia/Shanghai 这样", en)
            return None
        return written

    def labels(self, node: Node | None, what: str) -> dict[str, str]:
        """Names with a label for readers; an empty label is the name itself."""
        return {name: self.text(value, f'{what} "{name}"') or name for name, value in self.fields(node, what).items()}

    def known(self, name: str, node: Node, what: str, known: Mapping[str, object]) -> bool:
        """Whether a name is among the known ones; noted with the nearest one otherwise."""
        if name not in known:
            zh, en = nearest(name, known)
            self.wrong(node, what, f"“{name}”没有登记，{zh}", f' "{name}" is unknown; {en}')
        return name in known

    @staticmethod
    def is_null(node: Node) -> bool:
        """Whether nothing stands behind the field's colon."""
        return isinstance(node, ScalarNode) and not node.style and node.value.strip().lower() in NULLS
