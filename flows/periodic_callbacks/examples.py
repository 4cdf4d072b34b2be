"""Cases with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, customers

COMPANY, OWNER = "无锡云帆泵业有限公司", "lin.xiaoyu@yongchang.example"
CREDIT_CODE, LONG_AGO = "91320200MAX5YF366C", datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
CONTACT = {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"}
SOMEBODY = customers.Somebody(**CONTACT)
OF_TIER_B = customers.in_register("C-MA-9001", COMPANY, CREDIT_CODE, LONG_AGO, SOMEBODY, owner=OWNER)
OF_TIER_A = customers.in_register("C-MA-9001", COMPANY, CREDIT_CODE, LONG_AGO, SOMEBODY, owner=OWNER, tier="A")
BLOCKED = customers.in_register("C-MA-9001", COMPANY, CREDIT_CODE, LONG_AGO, SOMEBODY, owner=OWNER, status="blocked")
CALL = {"company": COMPANY, "customer": "C-MA-9001", "contact": CONTACT, "tier": "B", "owner": OWNER}

EXAMPLES = (
    Example("A 级客户 / a customer of tier A", CALL | {"tier": "A"}, OF_TIER_A),
    Example("B 级客户 / a customer of tier B", CALL, OF_TIER_B),
    Example("已冻结的客户 / a blocked customer", CALL, BLOCKED),
)
