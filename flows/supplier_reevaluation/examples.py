"""Cases with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, suppliers

COMPANY, LONG_AGO = "苏州澄岚精密轴承有限公司", datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
SUPPLIER = suppliers.in_register(COMPANY, "91320500MAX0CL616K", LONG_AGO, category="component")
RECOGNISED = {
    "company": COMPANY,
    "supplier": SUPPLIER.code,
    "contact": {"name": "顾晚晴", "email": "gu.wanqing@chenglan.example"},
    "goods": "深沟球轴承 6204-2RS",
    "yearly_amount": {"amount": "480000.00", "currency": "CNY"},
    "supplier_class": "C",
    "valid_until": "2026-12-31",
    "owner": "wang.fang@yongchang.example",
}

EXAMPLES = (Example("在册供应商 / a supplier of the register", RECOGNISED, (SUPPLIER,)),)
