"""The figures of approvals by gate: what each costs and what it changes, and what is worth a look. It must not measure.

They are about gates, not about people: none is told by person. What a line shows leads to a case and is no verdict.
"""

from datetime import timedelta
from typing import Final

from crm_workflows.business.figures.kpi import Kind, Kpi

GATES: Final = "gates"
"""The view of the approvals that were settled, which most of them read."""

APPROVALS: Final = (
    Kpi(
        "gate_wait", "RP-2", "审批等待 / Wait for approvals",
        "本期办结的审批，从征询到决定的天数，按审批；分级审批的每一级各计一次，申请人本人的确认不计 / "
        "Approvals settled in the period: days from asking to the decision, by gate; each stage of a gate counts by "
        "itself, a requester's own confirmation does not count",
        Kind.DAYS, less_is_better=True, reads=GATES,
    ),
    Kpi(
        "gate_changes", "RP-2", "审批改变的结果 / What approvals change",
        "本期办结的审批中，不是原样同意的比例，即驳回、退回或改批，按审批；询问、附言和撤销不计 / "
        "Approvals settled in the period: the share that was no plain yes but rejected, sent back or approved lower, "
        "by gate; questions, comments and undoing do not count",
        Kind.SHARE, reads=GATES, results=("reject", "send_back", "change"), is_neutral=True,
    ),
    Kpi(
        "gate_silence", "G-3", "逾期自动处理的审批 / Settled by silence",
        "本期办结的审批中，无人答复、逾期按规定自动同意或驳回的比例，按审批 / "
        "Approvals settled in the period: the share that nobody answered, so that silence approved or rejected, "
        "by gate",
        Kind.SHARE, less_is_better=True, reads=GATES, results=("silence",),
    ),
    Kpi(
        "gate_override", "G-2", "越级决定的审批 / Decided over those asked",
        "本期办结的审批中，由两人越过被征询人决定的比例，按审批 / "
        "Approvals settled in the period: the share that two people decided over those asked, by gate",
        Kind.SHARE, less_is_better=True, reads=GATES, results=("override",),
    ),
    Kpi(
        "gate_in_a_row", "RP-2", "十秒内接连的决定 / Decided within ten seconds",
        "本期在页面上逐项作出的审批决定中，距同一人上一项决定不超过十秒的比例，按审批；值得看一看，未必有问题：可能事先"
        "已看过；汇总邮件和邮件答复不计，其时刻说明不了 / "
        "Decisions on approvals made one by one on the pages in the period: the share within ten seconds of the one "
        "before by the same person, by gate; worth a look and no fault: they may have read them before; digests and "
        "replies by mail are left out, since their instants cannot tell",
        Kind.SHARE, less_is_better=True, within=timedelta(seconds=10), is_neutral=True,
    ),
    Kpi(
        "gate_mutual", "G-2", "互相同意的审批 / Approving each other",
        "本期同意他人申请的审批决定中，该申请人此前九十天内也同意过决定人的申请的比例，不分流程，按审批；值得看一看，"
        "未必有问题：人少的公司难免 / "
        "Yeses of the period to what others requested: the share where the requester had said yes to a request of "
        "whoever decided within the 90 days before, in any process, by gate; worth a look and no fault: few people "
        "cannot help it",
        Kind.SHARE, less_is_better=True, within=timedelta(days=90), is_neutral=True,
    ),
)  # fmt: skip
