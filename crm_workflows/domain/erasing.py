"""What stands in the place of somebody who was erased by law: in texts, in JSON and as an address (G-7).

It must not store or look up anything, nor judge whether somebody may be erased.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from crm_workflows.domain.audit import PLACE, person_id
from crm_workflows.domain.records import Json

GONE: Final = "已删除 (erased)"
"""In the place of a name, or of a word about somebody: plain text like the name was, in no language of its own."""
NAMES: Final = ("name", "to_name", "contact_name")
PHONES: Final = ("phone", "mobile", "tel")
SHORTEST_NAME: Final = 2
SHORTEST_PHONE: Final = 7
"""Letters and digits: what is shorter would be found in words and amounts that are not theirs."""
_DIGIT: Final = re.compile(r"\d")
_HOME: Final = "86"


def place_of(address: str) -> str:
    """The address that stands for an erased one: the same for the same, and told from it only by who knows it."""
    return address if PLACE.fullmatch(address) else f"erased-{person_id(address).partition(':')[2]}@erased.example"


@dataclass(frozen=True)
class Traces:
    """By what somebody is known: addresses in lower case, names and phone numbers as they were written.

    `shared` are names that somebody else bears too: taken out only where they stand beside an address of theirs.
    """

    addresses: frozenset[str]
    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    shared: frozenset[str] = field(default=frozenset())

    @cached_property
    def _found(self) -> re.Pattern[str]:
        addresses = sorted((re.escape(one) for one in self.addresses), key=len, reverse=True)
        others = [*map(_as_name, sorted(self.names - self.shared, key=len, reverse=True)), *map(_as_phone, self.phones)]
        pieces = [rf"(?P<address>(?<![\w.+-])(?:{'|'.join(addresses)})(?![\w-]))", *filter(None, others)]
        return re.compile("|".join(pieces), re.IGNORECASE)

    def are_in(self, text: str) -> bool:
        """Whether the text names them."""
        return self._found.search(text) is not None

    def out_of(self, text: str) -> str:
        """The text without them; a mere number becomes empty, so that a field for one still fits."""
        if not any(char.isalpha() for char in text) and _national(text) in map(_national, self.phones):
            return ""
        return self._found.sub(lambda found: place_of(found[0]) if found["address"] else GONE, text)

    def out_of_json(self, value: Json) -> Any:
        """The same of every text in it; beside an address of theirs also the name and the number, whoever bears it."""
        if isinstance(value, str):
            return self.out_of(value)
        if isinstance(value, list):
            return [self.out_of_json(one) for one in value]
        if not isinstance(value, dict):
            return value
        cleaned = {name: self.out_of_json(one) for name, one in value.items()}
        if self._stand_in(value):
            cleaned |= {name: GONE for name in NAMES if isinstance(value.get(name), str) and value[name]}
            cleaned |= {name: "" for name in PHONES if isinstance(value.get(name), str)}
        return cleaned

    def told_by(self, value: Json) -> Iterator[tuple[str, str]]:
        """("name" or "phone", as written) of whoever stands in the value under one of their addresses."""
        if isinstance(value, dict):
            if self._stand_in(value):
                yield from (("name", value[key]) for key in NAMES if isinstance(value.get(key), str))
                yield from (("phone", value[key]) for key in PHONES if isinstance(value.get(key), str))
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                yield from self.told_by(one)

    def _stand_in(self, value: dict[str, Any]) -> bool:
        return any(isinstance(one, str) and one.strip().lower() in self.addresses for one in value.values())


def traces(addresses: Collection[str], told: Collection[tuple[str, str]], others: Collection[str]) -> Traces:
    """Traces of these addresses, with the names and numbers told of them; `others` are names of other people."""
    names = {text.strip() for kind, text in told if kind == "name" and len(text.strip()) >= SHORTEST_NAME}
    phones = {text.strip() for kind, text in told if kind == "phone" and len(_digits(text)) >= SHORTEST_PHONE}
    known = {address.strip().lower() for address in addresses}
    theirs = frozenset(name for name in names if name != GONE and name.lower() not in known)
    return Traces(frozenset(known), theirs, frozenset(phones), theirs & frozenset(others))


def _as_name(name: str) -> str:
    """Letters of other scripts stand without blanks between words; Latin ones only as whole words."""
    pattern = r"\s+".join(map(re.escape, name.split()))
    return rf"(?<!\w){pattern}(?!\w)" if name.isascii() else pattern


def _as_phone(phone: str) -> str:
    return r"(?<!\d)(?:\+?86[\s-]?)?" + r"[\s()-]{0,2}".join(_national(phone)) + r"(?!\d)"


def _national(phone: str) -> str:
    """The digits of a number, without the prefix of a country that people leave out at home."""
    digits = _digits(phone)
    return digits.removeprefix(_HOME) if len(digits) > SHORTEST_PHONE + len(_HOME) else digits


def _digits(text: str) -> str:
    return "".join(_DIGIT.findall(text))
