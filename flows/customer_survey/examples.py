"""Surveys with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, customers

OWNER, LONG_AGO = "lin.xiaoyu@yongchang.example", datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
SOMEBODY = customers.Somebody("钟意", "zhong.yi@yunfan.example", "+8651055500366")
ROWS = customers.in_register("C-MA-9001", "无锡云帆泵业有限公司", "91320200MAX5YF366C", LONG_AGO, SOMEBODY, owner=OWNER)
SURVEY = {"title": "客户满意度调查", "owner": OWNER}

EXAMPLES = (
    Example("在册客户 / customers of the register", SURVEY, ROWS),
    Example("没有客户 / no customer", SURVEY),
)
