"""Improvements with which this procedure is tried out (`crmw simulate`)."""

from crm_workflows import Example

WANTED = {
    "what": "缩短答复客户询价的时间",
    "department": "销售部",
    "by": "2030-06-28",
    "found_in": "客户满意度调查",
    "asked_by": "gao.ming@yongchang.example",
    "owner": "lin.xiaoyu@yongchang.example",
}

EXAMPLES = (Example("限期改进 / to be done by a date", WANTED),)
