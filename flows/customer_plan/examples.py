"""Plans with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, customers

COMPANY, OWNER = "无锡云帆泵业有限公司", "lin.xiaoyu@yongchang.example"
CONTACT = {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"}
LONG_AGO = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
CUSTOMER = {"company": COMPANY, "customer": "C-MA-9001", "contact": CONTACT, "owner": OWNER}


def held(tier: str) -> tuple[object, ...]:
    """The customer in the register."""
    somebody = customers.Somebody(**CONTACT)
    return customers.in_register("C-MA-9001", COMPANY, "91320200MAX5YF366C", LONG_AGO, somebody, owner=OWNER, tier=tier)


EXAMPLES = (
    Example("A 级客户 / a customer of tier A", CUSTOMER, held("A")),
    Example("已降为 B 级 / of tier B by now", CUSTOMER, held("B")),
)
