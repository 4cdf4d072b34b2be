"""Whom a cell means: people name a company by our code, its credit code or its full name, a colleague by name too."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from crm_workflows.business.imports.table import Column, Entry, Problem
from crm_workflows.domain import cells
from crm_workflows.domain.credit_code import normal_form
from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Customer, Supplier
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Reader

Company = TypeVar("Company", Customer, Supplier)
SEVERAL: Final = (
    "名册中有多家同名公司 / several companies of the register have this name",
    "改填代码或信用代码 / give the code or the credit code",
)
NOT_STAFF: Final = ("不在人员名册中 / is not among the staff", "核对姓名或邮箱 / check the name or the address")
OWNER: Final = "owner"


def by_address(entries: Iterable[Entry], directory: Directory) -> list[Entry]:
    """With the main address of the colleague who owns a row; a name stays where not exactly one active person has it.

    Of a table of many rows each name is looked up once.
    """
    found: dict[str, str] = {}
    for word in {entry.values[OWNER] for entry in entries}:
        called = directory.called(word)
        found[word] = called[0].email if len(called) == 1 else directory.identity(word)
    return [replace(one, values={**one.values, OWNER: found[one.values[OWNER]]}) for one in entries]


def not_one_colleague(entry: Entry, column: Column, directory: Directory) -> Problem | None:
    """Why it cannot be said which colleague owns this row; None where an active one does."""
    word = entry.values[OWNER]
    person = directory.person(word)
    if person is not None and person.active:
        return None
    called = directory.called(word)
    if not called:
        return entry.problem(column, *NOT_STAFF)
    addresses = ", ".join(one.email for one in called)
    what = bilingual(f"{len(called)} 位同事叫此名", f"is the name of {len(called)} colleagues")
    return entry.problem(column, what, bilingual(f"填邮箱：{addresses}", f"give the address: {addresses}"))


def meant(reader: Reader, record: type[Company], words: Iterable[str]) -> dict[str, list[Company]]:
    """By word the companies of that register that it may mean: one, none, or several of the same name."""
    named = set(words)
    wanted, found = named - {""}, defaultdict[str, list[Company]](list)
    for row in reader.find(record, code=[cells.code(word) for word in wanted]):
        found[row.code].append(row)
    left = [word for word in wanted if cells.code(word) not in found]
    for row in reader.find(record, credit_code=[normal_form(word) for word in left]):
        found[row.credit_code].append(row)
    left = [word for word in left if normal_form(word) not in found]
    for row in reader.find(record, name=left) if left else ():
        found[row.name].append(row)
    return {
        word: found.get(cells.code(word)) or found.get(normal_form(word)) or found.get(word) or [] for word in named
    }
