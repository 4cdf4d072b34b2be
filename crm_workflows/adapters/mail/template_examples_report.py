"""Examples of the monthly report. They must not name real companies or people."""

from typing import Any, Final

from crm_workflows.domain import messages_report as r
from crm_workflows.domain.message_parts import CasePart

MONTH: Final = CasePart(
    case="", title="2026 年 2 月", process="客户关系月报 / Monthly report", url_path="/report?month=2026-02"
)
ROWS: Final = (
    r.ReportRow(
        title="到可以下单的天数 / Days to first order possible",
        said="9.5 天 / 9.5 days",
        beside="6 件；90% 在 14 天内 / of 6; 90% within 14 days",
        aim="≤ 10 天 / ≤ 10 days",
        before="12 天 / 12 days",
        meets=True,
    ),
    r.ReportRow(title="按时率 / On time", said="84.2%", beside="16/19", aim="≥ 90%", before="91%", meets=False),
    r.ReportRow(title="一次通过率 / First-pass yield", said="—", aim="≥ 80%", before="100%"),
    r.ReportRow(title="新立案件 / Cases opened", said="7"),
)
REPORTS: Final[dict[str, tuple[Any, ...]]] = {
    "monthly_report": (
        r.MonthlyReport(
            case=MONTH,
            to_name="陈静",
            month="2026 年 2 月 / Feb 2026",
            parts=(
                r.ReportPart(title="新客户建档 / Customer onboarding", rows=ROWS),
                r.ReportPart(title="客户回访 / Customer callback"),
            ),
            changed=("新客户建档 · 按时率：91% → 84.2% / Customer onboarding · On time: 91% → 84.2%",),
            acts=(
                r.WhoActs(name="陈静", waiting=5, overdue=2),
                r.WhoActs(name="<赵> & 钱", waiting=1, overdue=0),
            ),
            more=3,
            has_picture=True,
        ),
        r.MonthlyReport(
            case=MONTH,
            to_name="陈静",
            month="2026 年 2 月 / Feb 2026",
            parts=(r.ReportPart(title="客户回访 / Customer callback"),),
        ),
    ),
}
