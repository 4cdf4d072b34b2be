"""Applications with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, customers

COMPANY, CREDIT_CODE = "无锡云帆泵业有限公司", "91320200MAX5YF366C"
LONG_AGO = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
OWNER, ANOTHER_OWNER = "lin.xiaoyu@yongchang.example", "gao.ming@yongchang.example"
CONTACT = {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"}
APPLICATION = {
    "company": COMPANY,
    "credit_code": CREDIT_CODE,
    "contact": CONTACT,
    "industry": "machinery",
    "region": "江苏",
    "source": "行业展会",
    "expected_value": {"amount": "900000.00", "currency": "CNY"},
    "archive": {"address": "江苏省无锡市梁溪路 66 号", "needs": "不锈钢泵轴和叶轮", "consent": True},
    "owner": OWNER,
}
SOMEBODY = customers.Somebody(**CONTACT)
KNOWN = customers.in_register("C-MA-9001", COMPANY, CREDIT_CODE, LONG_AGO, SOMEBODY, owner=ANOTHER_OWNER)
THE_SAME = ({"verdict": "same", "same_as": "C-MA-9001"},)

EXAMPLES = (
    Example("新客户 / a new customer", APPLICATION),
    Example("别人名下的在册客户 / a customer of somebody else", APPLICATION, KNOWN, {"duplicate_check": THE_SAME}),
)
