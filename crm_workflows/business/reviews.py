"""What a review of a customer begins with (ON-12), whatever has brought it up. It opens none."""

from typing import Any, Final

from crm_workflows.business.customers import Somebody, people_in
from crm_workflows.domain.records import Customer
from crm_workflows.engine.ports import Reader

PROCESS: Final = "customer-review"


def input_of(
    reader: Reader, row: Customer, trigger: str, remark: str, *, owner: str, otherwise: Somebody | None = None
) -> dict[str, Any]:
    """The first person with an address stands for the customer, `otherwise` where there is none."""
    known = [one for one in people_in(reader, row.code) if one.email]
    who = known[0] if known else otherwise or Somebody(row.name, "", "")
    return {
        "company": row.name, "customer": row.code, "tier": row.tier, "trigger": trigger,
        "contact": {"name": who.name, "email": who.email or owner, "language": who.language},
        "remark": remark[:400], "owner": owner,
    }  # fmt: skip
