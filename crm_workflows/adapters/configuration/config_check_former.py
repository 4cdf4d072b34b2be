"""Finds addresses that a people text gives to somebody else than they ever belonged to.

An address is the proof of who answers: handed on, it would hand over what its former holder was asked. A rename, a new
main address beside the old one, is none. It must not read the database: it is given the texts that were in force.
"""

from collections.abc import Iterable
from typing import Final

import yaml

from crm_workflows.adapters.configuration.config_check import Sheet
from crm_workflows.adapters.configuration.config_check_links import Entry

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Written in C where there is one: every version there ever was is read."""


class Former:
    """Whose each address was, over all versions that were in force."""

    def __init__(self, texts: Iterable[str]) -> None:
        """`texts` are the versions, oldest first; each had no mistakes when it was put in force."""
        self._holder: dict[str, int] = {}
        self._names: list[str] = []
        for text in texts:
            for name, addresses in _people_of(text):
                self._learn(name, addresses)

    def _learn(self, name: str, addresses: list[str]) -> None:
        """Somebody is who they were by any of their addresses, by the main one where two people were behind them."""
        known = [self._holder[address] for address in addresses if address in self._holder]
        who = known[0] if known else len(self._names)
        if known:
            self._names[who] = name
        else:
            self._names.append(name)
        # What another held before stays theirs, whatever a version of before this rule said.
        for address in addresses:
            self._holder.setdefault(address, who)

    def check(self, sheet: Sheet, entries: Iterable[Entry]) -> None:
        """Note every address of another person; who has but one past is that person, under whatever main address."""
        for entry in entries:
            person = entry.person
            known = [self._holder[address] for address in person.emails if address in self._holder]
            # Somebody whose new main address was another's is still found by the name.
            who = next((one for one in known if self._names[one] == person.name), known[0] if known else None)
            for address in person.emails:
                former = self._holder.get(address)
                if former is not None and former != who:
                    name = self._names[former]
                    line = entry.line("email" if address == person.email else "other_emails")
                    sheet.error(
                        line,
                        f"{address} 曾是 {name} 的地址，{person.name} 会因此能答复 {name} 的事项；"
                        f"请给 {person.name} 一个从未有人用过的地址",
                        f"{address} was the address of {name}, so {person.name} could answer what {name} was asked; "
                        f"give {person.name} an address that nobody had before",
                    )


def _people_of(text: str) -> list[tuple[str, list[str]]]:
    """Name and addresses of everybody, the main address first."""
    people = yaml.load(text, Loader=LOADER)["people"]  # noqa: S506  # a safe one
    return [
        (str(person["name"]), [str(a).strip().lower() for a in (person["email"], *(person.get("other_emails") or ()))])
        for person in people
    ]
