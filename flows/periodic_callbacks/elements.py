"""Who is asked about a callback, by when, and what silence means (CB-4 to CB-7)."""

from crm_workflows import (
    FormTask,
    Gate,
    PolicyRead,
    callbacks,
    keep_waiting,
    manager,
    owner,
    role,
    working_days,
    working_hours,
)
from flows.periodic_callbacks.forms import CallbackRecord, DataRepair, NeedFollowed, Sample

ANOTHER_HOUR_AND_DAY = working_hours("callback_again")

RECORD = FormTask(
    callbacks.RECORD_TASK, "客户回访 / Callback", rule="CB-4", form=CallbackRecord,
    by=owner, due=working_days("callback_due"), remind=working_days("callback_remind"), escalate_to=manager,
    anew=("result",), in_sheets=True,
)  # fmt: skip

REPAIR = FormTask(
    "data_repair", "联系不上，核实客户资料 / Nobody reached: repair the data", rule="CB-5", form=DataRepair,
    by=role("data_steward"), due=working_days("steward_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

NEED = FormTask(
    "callback_need", "跟进新需求 / Follow up a need", rule="CB-6", form=NeedFollowed,
    by=owner, due=working_days("need_due"), remind=working_days(1), escalate_to=manager,
)  # fmt: skip

SKIP_A = Gate(
    "skip_a", "A 级客户本次不回访 / Skipping a customer of tier A", rule="CB-7", approver=manager,
    due=working_days(1), remind=working_hours(4), escalate_to=manager, on_silence=keep_waiting,
    on_yes="本次不回访，记录原因 / the callback is skipped, with its reason on record",
    on_no="仍须回访 / the customer is called",
)  # fmt: skip

SAMPLE = FormTask(
    "callback_sample", "回访抽查 / Sample of a callback", rule="CB-7", form=Sample,
    by=manager, due=working_days(2), remind=working_days(1), escalate_to=manager, anew=("is_right", "remark"),
)  # fmt: skip

POLICY = (
    *(PolicyRead(key, "whole number") for key in ("callback_tries", "callback_sample", "callback_again")),
    *(PolicyRead(key, "whole number") for key in ("silence_a", "silence_b", "silence_c")),
)
"""What CB-1, CB-3, CB-5 and CB-7 read of the policy besides the durations above."""
