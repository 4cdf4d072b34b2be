"""The words of the contract as people read them. It must not invent others."""

from typing import Final

from crm_workflows.domain.outcomes import OUTCOMES as OUTCOMES
from crm_workflows.domain.verbs import VERBS

STATUSES: Final = {
    "running": "办理中 / running",
    "waiting": "等待中 / waiting",
    "closed": "已结束 / closed",
    "needs_attention": "需要处理 / needs attention",
    "cancelled": "已取消 / cancelled",
}
DECISIONS: Final = tuple(VERBS)
KINDS: Final = {
    "approval": "审批 / approval",
    "task": "表单 / form",
    "documents": "资料 / documents",
    "timer": "到期日 / timer",
}
CHANNELS: Final = {
    "link": "链接 / link",
    "reply": "邮件回复 / reply",
    "page": "页面 / page",
    "cli": "命令行 / command line",
    "api": "接口 / API",
    "silence": "逾期 / silence",
    "start": "随申请 / with the start",
    "prefect": "Prefect / Prefect",
    "case": "另一案件 / another case",
}
ROWS: Final = {
    "complete_at_first": "首次提交完整度（%） / complete at first (%)",
    "duplicates_found": "疑似重复客户数 / customers alike",
    "account_manager": "客户经理 / account manager",
    "team": "服务团队 / team",
    "customer_code": "客户代码 / customer code",
    "tier": "等级 / tier",
    "credit": "信用条件 / credit",
    "customer_status": "客户状态 / customer status",
    "merged_into": "并入客户 / merged into",
    "retiered": "更改等级的客户 / customers of a new tier",
    "next_callback_at": "下次回访 / next callback",
    "callback": "回访 / callback",
    "promise": "承诺是否兑现 / promise kept",
    "skipped": "未回访原因 / why not called",
    "plan": "服务计划 / plan",
    "invited": "邀请人数 / people invited",
    "survey": "调查结果 / answers to the survey",
    "complaint": "投诉 / complaint",
    "improvement": "改进 / improvement",
    "corrective_action": "纠正措施 / corrective action",
    "remedy_on": "处理日期 / day of the remedy",
    "contracts": "合同 / contracts",
    "bank_account": "银行账户 / bank account",
    "expires_on": "到期日 / expires on",
    "valid_until": "有效期至 / valid until",
    "supplier_status": "供应商状态 / supplier status",
    "supplier_code": "供应商代码 / supplier code",
    "supplier_class": "级别 / class",
    "recognition_report": "认定申请报告 / report for recognition",
    "payment": "付款条件 / terms of payment",
    "archive": "归档文件 / files archived",
    "cancelled": "取消 / cancelled",
    "severity": "严重程度 / severity",
    "department": "责任部门 / department in charge",
    "cause": "原因 / cause",
    "cause_found": "原因类别 / kind of cause",
    "supplier": "供应商 / supplier",
    "verdict": "结论 / verdict",
    "remedy": "处理措施 / remedy",
    "cost": "费用 / cost",
    "answered_at": "答复时间 / answered at",
    "solved_at": "解决时间 / solved at",
    "appeal": "申诉 / appeal",
    "satisfaction": "满意度 / satisfaction",
    "reopened": "再次受理次数 / times opened again",
}
CLOCKS: Final = {
    "running": "计时中 / running",
    "paused": "暂停 / paused",
    "kept": "按时 / kept",
    "late": "超时 / late",
    "stopped": "已停止 / stopped",
    "superseded": "已由新的时限取代 / replaced",
    "withdrawn": "已取消 / withdrawn",
}
MAIL_STATUSES: Final = {
    "queued": "待发送 / queued",
    "sending": "发送中 / sending",
    "sent": "已发送 / sent",
    "failed": "未送达 / failed",
    "uncertain": "结果不明 / uncertain",
    "new": "待处理 / to be read",
    "applied": "已采用 / applied",
    "receipt": "已签收 / received",
    "unclear": "不明确 / unclear",
    "refused": "未采用 / refused",
    "automatic": "自动邮件 / automatic",
    "duplicate": "重复 / duplicate",
    "unreadable": "已搁置 / set aside",
}
READINGS: Final = {word: verb.choose for word, verb in VERBS.items()} | {
    "uphold": "维持 / Uphold",
    "digest": "逐项答复 / Item by item",
    "unclear": "不明确 / Unclear",
    "empty": "没有答复 / Nothing said",
}
"""What a reply is read as, for people; a word that is not here stands as it is."""
