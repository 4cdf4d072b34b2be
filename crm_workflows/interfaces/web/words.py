"""Words of states, outcomes and kinds that pages show, in both languages. It must not hold sentences of one page."""

from typing import Final

from crm_workflows.domain.messages import TITLES
from crm_workflows.domain.verbs import VERBS

STATUSES: Final = {
    "running": "进行中 / Running",
    "waiting": "等待中 / Waiting",
    "closed": "已结束 / Closed",
    "needs_attention": "需要处理 / Needs attention",
    "cancelled": "已取消 / Cancelled",
}
ACCESS_ROLES: Final = {
    "staff": "员工 / Staff",
    "process_owner": "流程负责人 / Process owner",
    "admin": "管理员 / Admin",
    "auditor": "审计员（只读） / Auditor, reads only",
}
"""What somebody is to the pages, where people sign in."""
OUTCOMES: Final = {
    "approved": "通过 / Approved",
    "rejected": "未通过 / Rejected",
    "lapsed": "逾期终止 / Lapsed",
    "withdrawn": "已撤回 / Withdrawn",
    "resolved": "已解决 / Resolved",
    "done": "已完成 / Done",
}
DECISIONS: Final = {verb.word: verb.choose for verb in VERBS.values()} | {
    "submit": "提交 / Submit",
    "complete": "收齐 / Complete",
    "lapsed": "逾期终止 / Lapsed",
    "override": "越级决定 / Override",
}
"""As something to choose."""
DECIDED: Final = {verb.word: verb.done for verb in VERBS.values()} | {
    "submit": "已提交 / Submitted",
    "complete": "资料已收齐 / All papers received",
    "lapsed": "逾期终止 / Lapsed",
    "override": "两人越级决定 / Overridden by two people",
}
"""As something that has happened."""
CHANNELS: Final = {
    "link": "邮件链接 / by link",
    "reply": "邮件回复 / by reply",
    "page": "页面 / on a page",
    "cli": "命令行 / by command",
    "api": "接口 / by API",
    "silence": "逾期未答复 / by silence",
    "start": "发起时附上 / with the start",
    "prefect": "Prefect / Prefect",
    "mail": "邮件 / by mail",
    "round": "回访计划 / by a round of callbacks",
    "import": "导入 / by an import",
    "survey": "满意度调查 / a survey",
    "payment": "付款逾期 / an overdue payment",
    "register": "客户名册 / the customer register",
    "case": "另一案件 / another case",
}
KINDS: Final = {
    "approval": "审批 / Approval",
    "task": "任务 / Task",
    "documents": "资料 / Papers",
    "timer": "等待日期 / Timer",
}
MAIL_STATES: Final = {
    "queued": "待发送 / Queued",
    "sending": "发送中 / Sending",
    "sent": "已发送 / Sent",
    "failed": "未送达 / Failed",
    "uncertain": "结果不明 / Uncertain",
}
SUPPLIER_STATES: Final = {
    "recognised": "已认定 / Recognised",
    "barred": "已禁用 / Barred",
    "on_hold": "暂停 / On hold",
    "ended": "认定已到期 / Recognition ended",
}
CUSTOMER_STATES: Final = {"active": "正常 / Active", "blocked": "已冻结 / Blocked"}
CONTACTS_MADE: Final = {
    "order": "订单 / Order",
    "visit": "拜访 / Visit",
    "service": "上门服务 / Service",
    "complaint": "投诉 / Complaint",
    "callback": "回访 / Callback",
    "survey": "满意度调查 / Survey",
}
MESSAGES: Final = TITLES
