"""An example of the mail of a satisfaction survey. It must not name real companies or people."""

from typing import Final

from crm_workflows.adapters.mail.template_example_parts import OUTSIDE, WEDNESDAY
from crm_workflows.domain import messages as m

SURVEYS: Final[dict[str, tuple[m.Mail, ...]]] = {
    "survey": (
        m.Survey(
            case=OUTSIDE,
            to_name="顾晚晴",
            title="2026 年上半年满意度调查",
            question="您对我们的产品和服务总体满意吗？ / How satisfied are you with our products and service?",
            closes_at=WEDNESDAY,
            company_name="苏州澄岚精密轴承有限公司",
            manager_name="林小雨",
            manager_email="lin.xiaoyu@yongchang.example",
        ),
    ),
}
