"""Cases with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, customers

LONG_AGO = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
SOMEBODY = customers.Somebody("钟意", "zhong.yi@yunfan.example", "+8651055500366")
CUSTOMER = customers.in_register(
    "C-MA-9001", "无锡云帆泵业有限公司", "91320200MAX5YF366C", LONG_AGO, SOMEBODY, owner="lin.xiaoyu@yongchang.example"
)
SURVEY = {"title": "2026 年上半年满意度调查", "owner": "tang.li@yongchang.example"}

EXAMPLES = (
    Example("有客户可调查 / with a customer to ask", SURVEY, CUSTOMER),
    Example("没有客户 / without customers", SURVEY | {"tier": "A"}),
)
