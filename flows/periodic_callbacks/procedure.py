"""Periodic callbacks 客户回访, as the rule book has them: one case per callback, closed when recorded or given up.

A callback opens after onboarding (ON-11), when the silence that the tier allows is over since the last real contact,
at an agreed date, after an event such as a delivery or a complaint, and by the recurring rounds of an admin (CB-2).
Each one that is done dates the next in the register. Who is asked and by when stands in `elements.py`, what a form asks
in `forms.py`, what the engine does itself in `steps.py`; the surveys of CB-8 are a process of their own.

A call that is missed is reminded of, then the manager hears (CB-7), and it waits. To go back to CB-4 is to record anew,
from the first try on; nothing below `back_to` is done in that round. After three times the case needs attention.
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, complaint_alarm, manager, owner, person, procedure
from flows.periodic_callbacks.elements import ANOTHER_HOUR_AND_DAY, NEED, RECORD, REPAIR, SAMPLE, SKIP_A
from flows.periodic_callbacks.forms import CallbackRecord
from flows.periodic_callbacks.steps import (
    TakenUp,
    call_facts,
    call_later,
    changed_input,
    complaint_of,
    enter_promises,
    enter_record,
    enter_repair,
    is_sampled,
    keep_try,
    record_facts,
    take_up,
)
from flows.periodic_callbacks.subject import CustomerCallback


@flow(name="periodic-callbacks")
@procedure(code="CB", version=1, booked=True, name="periodic-callbacks", title="客户回访 / Customer callback")
def periodic_callbacks(case: Case[CustomerCallback]) -> Outcome:
    """客户回访：联系、记录、跟进。Call a customer, record what was said, and see to what follows."""
    call = case.subject

    # CB-1 One open callback per customer, ever. CB-3 Skipped, with the reason on record, where it is not to be called.
    taken = take_up(call, case.policy)
    if taken.skip:
        if taken.next_at:
            call_later(call, taken.next_at)
        return case.close("done", taken.skip)

    # CB-4 Record, by page or reply. CB-5 Not reached: another hour and day, another contact, then repair of the data.
    record = called(case, taken)
    if record is None:
        repair = case.task(REPAIR, shows=call_facts(call, taken, 0))
        enter_repair(call, repair)
        return case.close("done", "多次未联系上，资料已核实 / nobody was reached; the data were looked at")
    if record.result == "skip":
        enter_record(call, record, case.policy)
        return case.close("done", "本次不回访 / skipped")

    # CB-6 A complaint, or satisfaction of 2 or less: owner and manager hear at once, and customer service has a case of
    # its own before anybody looks at the record: hours of safety wait for no sample. A record that was sent back opens
    # no second one: whoever is in charge of the first hears that it was put right, and more where it is graver now.
    shown = record_facts(call, taken.tier, record)
    if record.is_bad:
        case.tell("CB-6", "tell_of_complaint", Announce((owner, manager), "回访不满意 / A bad callback", shows=shown))
        taken_in = complaint_of(call, record)
        if taken_in.input:
            case.open_later("complaint-resolution", taken_in.input, rule="CB-6", relation="complaint")
        elif taken_in.named:
            graver = complaint_alarm.news(taken_in.named, (person(taken_in.in_charge),), shown)
            case.tell("CP-3", "alert_of_correction", graver)
        else:
            news = Announce((person(taken_in.in_charge),), "回访记录已更正 / The callback was put right", shows=shown)
            case.tell("CB-6", "tell_in_charge", news)

    # CB-7 A supervisor samples records, all bad ones of tier A, and can send back.
    if is_sampled(call, taken.tier, record, case.policy):
        sample = case.task(SAMPLE, shows=shown)
        if not sample.is_right:
            case.back_to("CB-4", because=sample.remark)
    # CB-1 The next one: as agreed, else when the tier's silence is over; the morning round opens it (CB-3).
    enter_record(call, record, case.policy)

    # CB-4 On the day of each promise, whoever made it says whether it was kept.
    for promised in enter_promises(call, taken.tier, record) if record.promises else ():
        case.open_later("callback-promise", promised.input, rule="CB-4", relation="promise", on=promised.at)

    # CB-6 The account manager sees to a need; changed data reopen the archive.
    if record.needs:
        case.task(NEED, shows=shown)
    if record.changed_data:
        case.open_later("customer-review", changed_input(call, record), rule="CB-6", relation="changed_data")

    return case.close("done", "回访已记录 / the callback is recorded")


def called(case: Case[CustomerCallback], taken: TakenUp) -> CallbackRecord | None:
    """CB-4, CB-5: what was recorded, after so many tries (policy); None where nobody was ever reached."""
    call, most = case.subject, case.policy.number("callback_tries")
    since = {"since": taken.on.isoformat()} if taken.on else None
    for tries in range(most):
        shown = call_facts(call, taken, tries)
        record: CallbackRecord = case.task(RECORD, shows=shown, against=since)
        # CB-7 Skipping a customer of tier A needs the manager's yes.
        if record.result == "skip" and taken.tier == "A":
            decision = case.approval(SKIP_A, shows=record_facts(call, taken.tier, record))
            if decision.rejected:
                case.back_to("CB-4", because=decision.comment)
        if record.result != "not_reached":
            return record
        keep_try(call, record, tries)
        if tries + 1 < most:
            case.wait(
                "CB-5",
                "another_hour_and_day",
                title="换一天、换个时间 / another day at another hour",
                for_=ANOTHER_HOUR_AND_DAY,
            )
    return None
