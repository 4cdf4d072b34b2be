"""What an import takes of a customer is what the forms take: else nobody could review or call the customer."""

import csv
import io
from typing import Any

import pytest
from pydantic import ValidationError

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports
from crm_workflows.business.imports.table import Problem
from crm_workflows.testing import MemoryStore
from flows.customer_review.subject import ReviewedCustomer
from tests.flows.customers import OWNER
from tests.office import Office

HEAD = ("客户名称", "统一社会信用代码", "客户经理", "联系人", "邮箱")
COMPANY, PERSON, MAIL = "无锡云帆泵业有限公司", "钟意", "zhong@yunfan.example"


def problems(name: str, person: str, mail: str) -> list[str]:
    """The columns at fault."""
    said, text = list[Problem](), io.StringIO()
    csv.writer(text).writerows([HEAD, (name, "91320200MAYC000019", OWNER, person, mail)])
    table = opened(text.getvalue().encode(), "表.csv")
    imports.run(Office(MemoryStore()).engine, imports.KINDS["customers"], table, "表.csv", "preview", said.append)
    return [one.column.split(" / ")[1] for one in said]


def is_reviewed(name: str, person: str, mail: str) -> bool:
    """Whether such a customer can be looked at."""
    contact: dict[str, Any] = {"name": person, "email": mail}
    about: dict[str, Any] = {"company": name, "customer": "C-MA-0001", "tier": "B", "owner": OWNER, "contact": contact}
    try:
        ReviewedCustomer.model_validate(about)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("row", "at_fault"),
    [
        (("无" * 121, PERSON, MAIL), ["Customer"]),
        (("无", PERSON, MAIL), ["Customer"]),
        (("无锡\u202e云帆", PERSON, MAIL), ["Customer"]),
        ((COMPANY, "钟" * 81, MAIL), ["Contact"]),
        ((COMPANY, PERSON, "zhong@yunfan.test"), ["Mail"]),
        (("无" * 120, "钟" * 80, MAIL), []),
        (("无锡", "钟", MAIL), []),
    ],
)
def test_who_comes_in_can_be_reviewed(row: tuple[str, str, str], at_fault: list[str]) -> None:
    assert problems(*row) == at_fault
    assert is_reviewed(*row) is not bool(at_fault)
