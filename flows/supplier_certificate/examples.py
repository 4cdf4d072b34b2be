"""Cases with which this procedure is tried out (`crmw simulate`)."""

from datetime import UTC, datetime

from crm_workflows import Example, suppliers

COMPANY, LONG_AGO = "苏州澄岚精密轴承有限公司", datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
SUPPLIER = suppliers.in_register(COMPANY, "91320500MAX0CL616K", LONG_AGO, category="component")
PAPER = {
    "company": COMPANY,
    "supplier": SUPPLIER.code,
    "contact": {"name": "顾晚晴", "email": "gu.wanqing@chenglan.example"},
    "kind": "certificate",
    "expires_on": "2030-06-30",
    "owner": "wang.fang@yongchang.example",
}

EXAMPLES = (
    Example("将到期的证书 / a certificate that will expire", PAPER, (SUPPLIER,)),
    Example("已过期的证书 / a certificate that has expired", PAPER | {"expires_on": "2025-06-30"}, (SUPPLIER,)),
)
