"""Cases with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, customers

COMPANY, OWNER = "无锡云帆泵业有限公司", "lin.xiaoyu@yongchang.example"
CONTACT = {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"}
LONG_AGO = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
ROWS = customers.in_register(
    "C-MA-9001", COMPANY, "91320200MAX5YF366C", LONG_AGO, customers.Somebody(**CONTACT), owner=OWNER
)
CUSTOMER = {"company": COMPANY, "customer": "C-MA-9001", "contact": CONTACT, "tier": "B", "owner": OWNER}

EXAMPLES = (
    Example("到期复核 / it is time", CUSTOMER, ROWS),
    Example("逾期付款 / an overdue payment", CUSTOMER | {"trigger": "overdue_payment"}, ROWS),
    Example("客户资料变更 / changed data", CUSTOMER | {"trigger": "changed_data", "remark": "采购部迁至新址"}, ROWS),
)
