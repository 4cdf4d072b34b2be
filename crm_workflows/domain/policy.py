"""The company's numbers, amounts and switches, typed and immutable. It must not know which process reads which key."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.money import Money

Value = bool | int | Decimal | Money | str
DIGEST_MODES = ("off", "also", "instead")
"""Whether somebody gets a digest each morning, and whether single mails come beside it (G-10)."""
OTHER = "other"
"""The last of a list of choices, whatever else there is."""
KINDS: dict[type, str] = {bool: "yes or no", int: "whole number", Decimal: "number", Money: "amount", str: "text"}
KINDS_ZH = {"yes or no": "是否值", "whole number": "整数", "number": "小数", "amount": "金额", "text": "文字"}
"""The same words in Chinese, by the English ones."""


def kind_of(value: Value) -> str:
    """The plain word for a value's type: "whole number", "amount", ..."""
    return KINDS[type(value)]


class Policy(Mapping[str, Value]):
    """Typed values by key, frozen into a case when it opens.

    Keys of a group are dotted: `criteria_weights.cost`. Every reader raises AuthorMistake that names the key when it
    is missing or of another kind: the procedure and the policy file disagree, which nobody can answer for by mail.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        for key, value in values.items():
            if type(value) not in KINDS:
                raise AuthorMistake(f'policy "{key}" has a value of type {type(value).__name__}; give {_choices()}')
        self._values = MappingProxyType(dict(sorted(values.items())))

    def amount(self, key: str) -> Money:
        """An amount of money with its currency."""
        value = self._get(key)
        if not isinstance(value, Money):
            raise self._wrong(key, "an amount such as 1000000.00 CNY")
        return value

    def number(self, key: str) -> int:
        """A whole number."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def number_or(self, key: str, usual: int) -> int:
        """A whole number that a policy need not name."""
        return self.number(key) if key in self._values else usual

    def decimal(self, key: str) -> Decimal:
        """A number that may have decimals; whole numbers count as such."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(key, "a number")
        return Decimal(value)

    def text(self, key: str) -> str:
        """A text."""
        value = self._get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def has_group(self, group: str) -> bool:
        """Whether there is anything under `group`."""
        return any(key.startswith(f"{group}.") for key in self._values)

    def labels(self, group: str) -> dict[str, str]:
        """The texts of a group, without its prefix, `other` last; empty where there is no such group."""
        keys = [key for key in self._values if key.startswith(f"{group}.")]
        found = {key.removeprefix(f"{group}."): self.text(key) for key in keys}
        return dict(sorted(found.items(), key=lambda pair: pair[0] == OTHER))

    def numbers(self, group: str) -> dict[str, int]:
        """The whole numbers of a group, without its prefix: `numbers("criteria_weights")["cost"]`."""
        keys = [key for key in self._values if key.startswith(f"{group}.")]
        if not keys:
            raise AuthorMistake(f'policy has no group "{group}"; add it to the policy file and apply it')
        return {key.removeprefix(f"{group}."): self.number(key) for key in keys}

    def to_json(self) -> dict[str, Any]:
        """A JSON document that `from_json` reads back to an equal policy; keys are sorted."""
        return {key: _to_json(value) for key, value in self._values.items()}

    @cached_property
    def as_text(self) -> str:
        """The JSON document as text, which is how a case keeps its policy."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    @lru_cache(maxsize=64)
    def from_text(text: str) -> "Policy":
        """Read back `as_text`; what was read is kept, since every stretch asks and few policies are in use."""
        return Policy.from_json(json.loads(text))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Policy":
        """Read back what `to_json` wrote; raises AuthorMistake on a value that it never writes."""
        return cls({key: _from_json(key, value) for key, value in document.items()})

    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Policy({dict(self._values)!r})"

    def _get(self, key: str) -> Value:
        try:
            return self._values[key]
        except KeyError:
            raise AuthorMistake(f'policy has no "{key}"; add it to the policy file and apply it') from None

    def _wrong(self, key: str, wanted: str) -> AuthorMistake:
        value = self._values[key]
        return AuthorMistake(f'policy "{key}" must be {wanted}, not the {kind_of(value)} "{value}"; correct the file')


def _choices() -> str:
    return ", ".join(KINDS.values())


def _to_json(value: Value) -> Any:
    if isinstance(value, Money):
        return {"amount": str(value.amount), "currency": value.currency}
    return {"decimal": str(value)} if isinstance(value, Decimal) else value


def _from_json(key: str, value: Any) -> Value:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return Money.of(value["amount"], value["currency"])
    if isinstance(value, dict) and set(value) == {"decimal"}:
        return Decimal(value["decimal"])
    raise AuthorMistake(f'policy "{key}" cannot be read back from {value!r}; the record of this policy is damaged')
