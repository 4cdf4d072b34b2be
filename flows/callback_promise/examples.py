"""Promises with which this procedure is tried out (`crmw simulate`)."""

from crm_workflows import Example

PROMISE = {
    "company": "无锡云帆泵业有限公司",
    "customer": "C-MA-9001",
    "contact": {"name": "钟意", "email": "zhong.yi@yunfan.example", "phone": "+8651055500366"},
    "tier": "B",
    "what": "寄新产品目录",
    "by": "2030-06-03",
    "callback": "CB-2030-00001",
    "owner": "lin.xiaoyu@yongchang.example",
}

EXAMPLES = (Example("寄目录 / a catalogue to be sent", PROMISE),)
