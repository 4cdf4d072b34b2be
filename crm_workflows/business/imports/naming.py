"""Which line of a register a cell means: people name a company by our code, its credit code or its full name."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, TypeVar

from crm_workflows.domain import cells
from crm_workflows.domain.credit_code import normal_form
from crm_workflows.domain.records import Customer, Supplier
from crm_workflows.engine.ports import Reader

Company = TypeVar("Company", Customer, Supplier)
SEVERAL: Final = (
    "名册中有多家同名公司 / several companies of the register have this name",
    "改填代码或信用代码 / give the code or the credit code",
)


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
