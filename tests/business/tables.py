"""Tables as people's spreadsheets write them, and an import of them in memory."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from openpyxl import Workbook

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.imports import KINDS, Mode, Result
from crm_workflows.business.imports.table import Problem
from crm_workflows.testing import MemoryStore
from tests.flows.customers import OWNER
from tests.office import Office, credit_code

Raw = Any
HEAD = ("客户名称", "统一社会信用代码", "客户经理", "等级", "行业", "联系人", "电话", "上次联系")
NAMES = ("无锡云帆泵业有限公司", "宁波青禾贸易有限公司", "成都锦程电子有限公司")


def lines(*names: str, **columns: Any) -> list[list[Raw]]:
    given = {"客户经理": OWNER, "等级": "B", "行业": "机械制造", "联系人": "", "电话": "", "上次联系": ""} | columns
    return [[name, credit_code(n), *(given[heading] for heading in HEAD[2:])] for n, name in enumerate(names, 1)]


def as_csv(rows: Sequence[Sequence[Raw]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[Raw]], change: Callable[[Any], None] = lambda _: None) -> bytes:
    book, target = Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    change(sheet)
    book.save(target)
    return target.getvalue()


@dataclass
class Importing:
    """An office, and what its imports have said."""

    office: Office
    said: list[Problem] = field(default_factory=list)

    def __call__(self, content: bytes, kind: str = "customers", mode: Mode = "all") -> Result:
        self.said.clear()
        engine = self.office.engine
        return imports.run(engine, KINDS[kind], opened(content, "表.xlsx"), "表.xlsx", mode, self.said.append)

    def rows(self, record: type[Any], **equals: Any) -> list[Any]:
        with self.office.engine.store.read() as reader:
            return reader.find(record, **equals)

    @property
    def places(self) -> list[tuple[int, str]]:
        """Where something is wrong."""
        return [(one.row, one.column.split(" / ")[-1]) for one in self.said]


@pytest.fixture
def importing() -> Importing:
    return Importing(Office(MemoryStore()))
