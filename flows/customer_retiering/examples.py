"""Re-tierings with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, customers, retiering

OWNER, LONG_AGO = "lin.xiaoyu@yongchang.example", datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
CONTACT = {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"}
SAID = {
    "yearly_value": {"amount": "2500000.00", "currency": "CNY"}, "potential": 90, "frequency": 90, "repeat": 90,
    "length": 80, "share_of_need": 80, "market_influence": False, "depends_on_us": False,
}  # fmt: skip
ROWS = (
    *customers.in_register(
        "C-MA-9001", "无锡云帆泵业有限公司", "91320200MAX5YF366C", LONG_AGO, customers.Somebody(**CONTACT), owner=OWNER,
        case="ON-2025-00001",
    ),
    retiering.facts_given("ON-2025-00001", LONG_AGO, SAID),
)  # fmt: skip
QUARTER = {"title": "2030 年第二季度重新分级", "owner": "luo.min@yongchang.example"}

EXAMPLES = (
    Example("一家客户升级 / one customer goes up", QUARTER, ROWS),
    Example("没有变更 / nothing changes", QUARTER),
)
