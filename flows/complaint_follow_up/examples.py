"""Follow-ups with which this procedure is tried out (`crmw simulate`)."""

from crm_workflows import Example

ASKED = {
    "complaint": "CP-2030-00001",
    "about": "密封件",
    "contact": {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"},
    "owner": "bai.xue@yongchang.example",
}
BY_PHONE = ASKED | {"contact": {"name": "钟意", "phone": "+8651055500366"}}

EXAMPLES = (
    Example("第一轮之后 / after the first round", ASKED | {"round": 3}),
    Example("没有邮箱的客户 / a customer without a mail address", BY_PHONE | {"round": 3}),
)
