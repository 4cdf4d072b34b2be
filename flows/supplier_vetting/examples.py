"""Applications with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, suppliers

COMPANY, CREDIT_CODE = "苏州澄岚精密轴承有限公司", "91320500MAX0CL616K"
LONG_AGO = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
APPLICATION = {
    "company": COMPANY,
    "credit_code": CREDIT_CODE,
    "contact": {"name": "顾晚晴", "email": "gu.wanqing@chenglan.example", "phone": "+8651255500188"},
    "goods": "深沟球轴承 6204-2RS",
    "category": "component",
    "yearly_amount": {"amount": "480000.00", "currency": "CNY"},
    "reason": "需要第二来源以保证装配线供应",
    "no_conflict_of_interest": True,
    "owner": "wang.fang@yongchang.example",
}
KNOWN = suppliers.in_register(COMPANY, CREDIT_CODE, LONG_AGO, category="component")
BARRED = suppliers.in_register(COMPANY, CREDIT_CODE, LONG_AGO, category="component", status="barred")

EXAMPLES = (
    Example("新供应商 / a new supplier", APPLICATION),
    Example("在册供应商 / a supplier of the register", APPLICATION, (KNOWN,)),
    Example("禁用供应商 / a barred supplier", APPLICATION, (BARRED,)),
)
