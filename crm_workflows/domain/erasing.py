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
from crm_workflows.domain.spellings import OTHER_ADDRESS, as_address, as_name, as_phone, plain_address

GONE: Final = "已删除 (erased)"
"""In the place of a name, or of a word about somebody: plain text like the name was, in no language of its own."""
NAMES: Final = ("name", "to_name", "contact_name")
PHONES: Final = ("phone", "mobile", "tel")
SHORTEST_NAME: Final = 2
SHORTEST_PHONE: Final = 7
"""Letters and digits: what is shorter would be found in words and amounts that are not theirs."""
_DIGIT: Final = re.compile(r"\d")
_HOME: Final = "86"
_DAY: Final = re.compile(r"(?:19|20)\d\d(?:0\d|1[0-2])[0-3]\d")
"""A number that reads as a day would be found in dates."""
_ONE_WORD: Final = re.compile(r"[\x21-\x7e]+")


def place_of(address: str) -> str:
    """The address that stands for an erased one: the same for the same, and told from it only by who knows it."""
    return address if PLACE.fullmatch(address) else f"erased-{person_id(address).partition(':')[2]}@erased.example"


@dataclass(frozen=True)
class Traces:
    """By what somebody is known: addresses in lower case, names and phone numbers as they were written.

    `shared` are names that somebody else bears too, or that are words beside: taken out only where they stand beside an
    address of theirs. `kept` are longer names of others in which one of theirs stands.
    """

    addresses: frozenset[str]
    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    shared: frozenset[str] = field(default=frozenset())
    kept: frozenset[str] = field(default=frozenset())

    @cached_property
    def _found(self) -> re.Pattern[str]:
        kept = [*map(as_name, sorted(self.kept, key=len, reverse=True)), OTHER_ADDRESS]
        phones = [as_phone(_national(phone)) for phone in sorted(self.phones)]
        others = [*map(as_name, sorted(self.names - self.shared, key=len, reverse=True)), *phones]
        pieces = [rf"(?P<kept>{'|'.join(kept)})", *filter(None, others)]
        if self.addresses:
            longest = "|".join(map(as_address, sorted(self.addresses, key=len, reverse=True)))
            pieces.insert(0, f"(?P<address>{longest})")
        return re.compile("|".join(pieces), re.IGNORECASE)

    def are_in(self, text: str) -> bool:
        """Whether the text names them."""
        return any(not found["kept"] for found in self._found.finditer(text))

    def out_of(self, text: str) -> str:
        """The text without them; a mere number becomes empty, so that a field for one still fits."""
        if not any(char.isalpha() for char in text) and _national(text) in map(_national, self.phones):
            return ""
        return self._found.sub(self._instead, text)

    def _instead(self, found: re.Match[str]) -> str:
        if found["kept"]:
            return found[0]
        address = plain_address(found[0])
        return place_of(address) if address in self.addresses else GONE

    def out_of_json(self, value: Json) -> Any:
        """The same of every text in it; beside an address of theirs also the name and the number, whoever bears it."""
        if isinstance(value, str):
            return self.out_of(value)
        if isinstance(value, list):
            return [self.out_of_json(one) for one in value]
        if not isinstance(value, dict):
            return value
        cleaned = {self.out_of(name) if "@" in name else name: self.out_of_json(one) for name, one in value.items()}
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

    def others_in(self, value: Json) -> Iterator[str]:
        """Names that stand beside an address that is not theirs; one of theirs may, so that only longer ones tell."""
        if isinstance(value, dict):
            if not self._stand_in(value) and any(map(_is_address, value.values())):
                yield from (value[key] for key in NAMES if isinstance(value.get(key), str))
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                yield from self.others_in(one)

    def _stand_in(self, value: dict[str, Any]) -> bool:
        return any(isinstance(one, str) and one.strip().lower() in self.addresses for one in value.values())


def traces(
    addresses: Collection[str],
    told: Collection[tuple[str, str]],
    others: Collection[str],
    said: Collection[str] = (),
    beside: Collection[str] = (),
) -> Traces:
    """Traces of these addresses, with the names and numbers told of them; `others` are names of other people.

    `beside` are names that perhaps belong to others, of which only the longer ones stay.
    A single Latin word stands in codes, amounts and other names: it is one of their names in all texts only where
    somebody has `said` so.
    """
    known = {address.strip().lower() for address in addresses}
    given = {text.strip() for text in said}
    named = {text.strip() for kind, text in told if kind == "name"} | given
    names = frozenset(one for one in named if _is_name(one) and one.lower() not in known)
    phones = {text.strip() for kind, text in told if kind == "phone"} | (given - names)
    borne = {one.strip().casefold() for one in others}
    shared = frozenset(
        one for one in names if one.casefold() in borne or (one not in given and _ONE_WORD.fullmatch(one))
    )
    own = [one.casefold() for one in names - shared]
    longer = (one.strip() for one in (*others, *beside))
    kept = frozenset(one for one in longer if any(name in one.casefold() != name for name in own))
    return Traces(frozenset(known), names, frozenset(filter(_is_phone, phones)), shared, kept)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(OTHER_ADDRESS, value.strip()) is not None


def _is_name(text: str) -> bool:
    return len(text) >= SHORTEST_NAME and text != GONE and any(char.isalpha() for char in text)


def _is_phone(text: str) -> bool:
    digits = _digits(text)
    return len(digits) >= SHORTEST_PHONE and not _DAY.fullmatch(digits)


def _national(phone: str) -> str:
    """The digits of a number, without the prefix of a country that people leave out at home, nor that of a place."""
    digits = _digits(phone).removeprefix("00")
    return (digits.removeprefix(_HOME) if len(digits) > SHORTEST_PHONE + len(_HOME) else digits).removeprefix("0")


def _digits(text: str) -> str:
    return "".join(str(int(one)) for one in _DIGIT.findall(text))
