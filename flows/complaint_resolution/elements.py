"""Who is asked about a complaint, by when, and what silence means."""

from crm_workflows import FormTask, PolicyRead, clock_hours, manager, owner, role
from flows.complaint_resolution.forms import SeverityCheck, ShortAnswer

SEVERITY_CHECK = FormTask(
    "severity_check", "确认严重程度 / Confirmation of the severity", rule="CP-3", form=SeverityCheck,
    by=role("service_lead"), due=clock_hours("complaint_severity_due"), remind=clock_hours(1), escalate_to=manager,
)  # fmt: skip

SHORT_ANSWER = FormTask(
    "short_answer", "答复并处理投诉 / Answer and remedy of the complaint", rule="CP-8", form=ShortAnswer,
    by=owner, due=clock_hours("complaint_answer_general"), remind=clock_hours("complaint_remind"), escalate_to=manager,
)  # fmt: skip

POLICY = (
    *(PolicyRead(f"complaint_{what}_{how}", "whole number") for what in ("answer", "solve")
      for how in ("general", "major", "urgent")),
    *(PolicyRead(key, "amount") for key in ("complaint_short_up_to", "complaint_major_above")),
    *(PolicyRead(key, "whole number") for key in ("complaint_alike_days",)),
)  # fmt: skip
"""What CP-3 reads of the policy besides the durations above."""
