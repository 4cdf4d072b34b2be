"""Cases with which this procedure is tried out (`crmw simulate`)."""

from crm_workflows import Example

FINDING = {
    "what": "包装受潮：改用防潮袋",
    "department": "资材部",
    "by": "2030-06-30",
    "found_in": "2026 年上半年满意度调查",
    "asked_by": "tang.li@yongchang.example",
    "owner": "lin.xiaoyu@yongchang.example",
}

EXAMPLES = (
    Example("一项改进 / an improvement", FINDING),
    Example("日期已过 / its date is over", FINDING | {"by": "2025-06-30"}),
)
