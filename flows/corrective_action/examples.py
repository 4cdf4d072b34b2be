"""Corrective actions with which this procedure is tried out (`crmw simulate`)."""

from crm_workflows import Example

WANTED = {
    "complaint": "CP-2030-00001",
    "what": "密封件漏油",
    "product": "密封件",
    "cause": "密封圈硬度偏低",
    "owner": "li.weimin@yongchang.example",
}

EXAMPLES = (Example("投诉之后 / after a complaint", WANTED),)
