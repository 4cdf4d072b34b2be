"""Complaints with which this procedure is tried out (`crmw simulate`)."""

from typing import Any

from crm_workflows import Example

COMPLAINT: dict[str, Any] = {
    "what": "收到的密封件少了两套，请尽快补发。",
    "contact": {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"},
    "company": "无锡云帆泵业有限公司",
    "channel": "phone",
    "kind": "quantity",
    "product": "密封件",
    "order": "D-2026-0311",
    "wanted": "补发两套",
    "owner": "bai.xue@yongchang.example",
}

BY_PHONE = COMPLAINT | {"contact": {"name": "钟意", "phone": "+8651055500366"}, "legal": True}

EXAMPLES = (
    # The one with the fewest ways comes first: what follows from a later one as from an earlier is walked once.
    Example("没有邮箱的客户 / a customer without a mail address", BY_PHONE),
    Example("一般投诉，走简易程序 / a general complaint, on the short path", COMPLAINT),
    Example("涉及安全的投诉 / a complaint about safety", COMPLAINT | {"kind": "quality", "safety": True}),
)
