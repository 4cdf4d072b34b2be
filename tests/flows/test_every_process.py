"""The rules that hold in every process (G-1 … G-10), each in a story about it, told with supplier vetting."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_workflows.adapters.configuration.config_files import parse_calendar, parse_people
from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.domain.durations import working_days
from crm_workflows.domain.elements import Gate
from crm_workflows.domain.errors import InvalidInput, NotEntitled, Refused
from crm_workflows.domain.records import AuditEntry, Request
from crm_workflows.engine.ports import CaseFilter
from crm_workflows.engine.record import auditing, dossier, sealing
from crm_workflows.engine.running import opening
from crm_workflows.engine.running.attention import retry
from crm_workflows.engine.views import view_lists
from tests.office import FixedStaff, Office, application, shipped_text

OWNER = application()["owner"]
HEAD = "zheng.xiaodong@yongchang.example"
DEPUTY = "feng.xue@yongchang.example"
OF_HEAD = f"  - email: {HEAD}\n"


def people_with(staff: FixedStaff, line: str) -> None:
    """Put a people file in force that says `line` of the head of marketing."""
    staff.people = parse_people(shipped_text("people").replace(OF_HEAD, OF_HEAD + line))


def request_row(office: Office, code: str, gate: str) -> Request:
    with office.engine.store.read() as reader:
        found = reader.get(Request, office.waiting(code, gate)["id"])
    assert found is not None
    return found


@pytest.mark.shows("G-1")
def test_whoever_is_responsible_hears_when_it_opens_before_it_is_due_and_when_it_is_overdue(office: Office) -> None:
    code = office.start()
    assert [mail.recipient for mail in office.mails("case_opened", case=code)] == [OWNER], "the owner of the case"
    office.hand_in(code)
    item = office.waiting(code, "papers_check")
    assert item["assignee"]["email"] == OWNER, "a step has one role, resolved to a person as it opens"
    due = datetime.fromisoformat(item["due_at"])
    assert office.asking(code).queued_at < due
    office.move_to(due)
    (reminder,), (escalation,) = office.mails("reminder", to=OWNER), office.mails("escalation", case=code)
    manager = office.staff.people.manager_of(OWNER)
    assert manager is not None
    assert escalation.recipient == manager.email
    assert reminder.request == escalation.request == item["id"]
    remind_at = office.staff.hours.add(office.asking(code).queued_at, working_days(1))
    assert remind_at < due
    assert reminder.queued_at == due, "the clock of this story has stood still until then, and it is caught up once"


@pytest.mark.shows("G-1")
def test_the_reminder_comes_before_the_due_date_where_somebody_looks_at_the_clock(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    due = datetime.fromisoformat(office.waiting(code, "papers_check")["due_at"])
    office.advance(working_days(1))
    (reminder,) = office.mails("reminder", to=OWNER)
    assert reminder.queued_at < due
    assert not office.mails("escalation")


@pytest.mark.shows("G-2")
@pytest.mark.parametrize("channel", ["link", "page", "cli", "api"])
def test_a_requester_decides_on_no_path(office: Office, channel: str) -> None:
    people_with(office.staff, "    deputies: [{email: feng.xue@yongchang.example, from: 2026-03-02, to: 2026-12-31}]\n")
    for requester in (HEAD, DEPUTY):
        code = office.until_gate(requester=requester)
        assert requester not in {item["assignee"]["email"] for item in office.view(code)["waiting_for"]}
        with pytest.raises(NotEntitled, match="G-2"):
            office.answer(code, "approve", by=requester, channel=channel)
        opening.cancel(office.engine, code, by=requester, reason="试验")


@pytest.mark.shows("G-2")
def test_a_no_needs_its_reason_and_is_told_to_everybody_involved(office: Office) -> None:
    code = office.until_gate()
    asked = office.asking(code)
    for decision in ("reject", "send_back"):
        with pytest.raises(InvalidInput, match="G-2"):
            office.answer(code, decision, comment="  ", to="SV-6")
    office.reply(asked, "驳回")
    assert office.waiting(code)["gate"] == "recognition", "by mail neither"
    office.reply(asked, "驳回 产能不足")
    assert office.view(code)["outcome"] == "rejected"
    involved = {d["by"] for d in office.view(code)["decisions"]} | {OWNER}
    assert involved <= {mail.recipient for mail in office.mails("case_closed", case=code)}
    assert "产能不足" in {mail.context["comment"] for mail in office.mails("case_closed", to=OWNER)}


@pytest.mark.shows("G-3")
def test_silence_does_what_the_gate_declares_and_begins_anew_after_a_send_back(office: Office) -> None:
    code = office.until_gate()
    assert "keep waiting" in office.asking(code).context["request"]["on_silence"]
    office.advance(working_days(2))
    office.advance(working_days(60))
    told = (len(office.mails("reminder", to=HEAD)), len(office.mails("escalation", case=code)))
    assert told == (1, 1), "each once, then it waits as declared"
    assert office.waiting(code)["gate"] == "recognition"
    first = request_row(office, code, "recognition")
    office.answer(code, "send_back", to="SV-6", comment="请补充")
    office.submit(code)
    again = request_row(office, code, "recognition")
    assert (again.remind_at, again.escalate_at) != (None, None)
    assert again.due_at == office.staff.hours.add(office.clock.now(), working_days(2)), "armed again from now on"
    assert again.id != first.id
    office.advance(working_days(1))
    assert len(office.mails("reminder", to=HEAD)) == 2


@pytest.mark.shows("G-3")
def test_papers_that_never_come_lapse_as_declared(office: Office) -> None:
    code = office.start()
    assert office.asking(code).context["request"]["on_silence"].endswith("the case ends if nothing arrives")
    office.advance(working_days(15))
    assert office.view(code)["outcome"] == "lapsed"


@pytest.mark.shows("G-4")
def test_due_dates_count_working_days_with_holidays_and_make_up_days_and_an_admin_corrects_them(office: Office) -> None:
    def due(at: datetime) -> datetime:
        office.move_to(at)
        credit_code, company = next(companies)
        code = office.start(application(credit_code=credit_code, company=company))
        office.hand_in(code)
        return datetime.fromisoformat(office.waiting(code, "papers_check")["due_at"]).astimezone(UTC)

    codes = ("91330200MAX0AA110H", "91440300MAX0BB2207", "91310000MAX0CC330A")
    companies = zip(codes, ("杭州沐辰包装有限公司", "北京大有机电有限公司", "上海新元五金有限公司"), strict=True)
    before_holiday = datetime(2026, 4, 30, 6, 0, tzinfo=UTC)
    assert due(before_holiday) == datetime(2026, 5, 7, 6, 0, tzinfo=UTC), "1 to 5 May are free, 6 and 7 count"
    friday = datetime(2026, 5, 8, 6, 0, tzinfo=UTC)
    assert due(friday) == datetime(2026, 5, 11, 6, 0, tzinfo=UTC), "Saturday the 9th is worked in return"
    closed = shipped_text("calendar") + "  - date: 2026-05-09\n    hours: closed\n    note: 停电 / no power\n"
    office.staff.hours = parse_calendar(closed)
    assert due(friday + timedelta(minutes=1)) == datetime(2026, 5, 12, 6, 1, tzinfo=UTC)


@pytest.mark.shows("G-5")
def test_a_dated_deputy_is_asked_and_the_decision_names_both(office: Office) -> None:
    people_with(office.staff, "    deputies: [{email: feng.xue@yongchang.example, from: 2026-03-02, to: 2026-03-31}]\n")
    code = office.until_gate()
    assert office.waiting(code)["assignee"]["deputy_for"] == HEAD
    office.reply(office.asking(code), "同意")
    (made,) = [d for d in office.view(code)["decisions"] if d["decision"] == "approve"]
    assert (made["by"], made["on_behalf_of"]) == (DEPUTY, HEAD)


@pytest.mark.shows("G-5")
def test_a_leaver_is_never_asked_silently_and_nothing_passes_for_want_of_an_approver(office: Office) -> None:
    code = office.until("recognition_application")
    people_with(office.staff, "    active: false\n")
    office.submit(code)
    assert office.view(code)["status"] == "needs_attention"
    assert not office.mails("approval_request", case=code)
    admins = {p.email for p in office.staff.people.with_role("admin")}
    assert {mail.recipient for mail in office.mails("needs_attention", case=code)} == admins
    people_with(office.staff, "")
    retry(office.engine, code, by=next(iter(admins)))
    office.work()
    assert office.waiting(code)["assignee"]["email"] == HEAD


@pytest.mark.shows("G-6")
def test_a_request_shows_what_decides_and_the_decision_is_bound_to_it(office: Office) -> None:
    code = office.until_gate()
    asked = office.asking(code)
    part = asked.context["request"]
    facts = set(office.asking_facts(asked))
    assert {"Supplier", "Reason for trading", "Expected yearly amount", "Weighted score"} <= facts
    assert [a["filename"].rpartition(".")[0] for a in asked.attachments] == [f"认定申请报告-{code}"]
    assert all(part[told] for told in ("requester_name", "why_you", "on_yes", "on_no", "on_silence", "due_at"))
    shown = request_row(office, code, "recognition").fingerprint
    office.answer(code, "send_back", to="SV-6", comment="金额有误")
    office.submit(code, yearly_amount={"amount": "900000.00", "currency": "CNY"})
    assert request_row(office, code, "recognition").fingerprint != shown, "other facts are another request"
    office.reply(asked, "同意")
    assert office.waiting(code)["gate"] == "recognition", "a yes to what was shown before is none to this"
    office.answer(code, "approve")
    with office.engine.store.read() as reader:
        decided = [e.data for e in reader.find(AuditEntry, case=code, event="decided", order="n")]
    fingerprints = [d["fingerprint"] for d in decided if d["decision"] in ("send_back", "approve")]
    assert fingerprints[0] == shown
    assert fingerprints[1] not in ("", shown)


@pytest.mark.shows("G-7")
def test_who_did_what_when_for_whom_by_which_channel_on_which_mail_is_on_record(office: Office) -> None:
    people_with(office.staff, "    deputies: [{email: feng.xue@yongchang.example, from: 2026-03-02, to: 2026-12-31}]\n")
    code = office.until_gate()
    mail = office.reply(office.asking(code), "同意")
    with office.engine.store.read() as reader:
        (entry,) = [e for e in reader.find(AuditEntry, case=code) if e.data.get("decision") == "approve"]
    assert (entry.actor, entry.at) == (DEPUTY, office.clock.now())
    told = {name: entry.data[name] for name in ("on_behalf_of", "channel", "evidence")}
    assert told == {"on_behalf_of": HEAD, "channel": "reply", "evidence": mail}
    assert sealing.seal(office.engine) is not None
    assert auditing.verify(office.engine) == []
    names = [name for name, _ in dossier.dossier(office.engine, code, lambda _: "")]
    assert {"case.json", "audit.json", "check.py", "manifest.json"} <= set(names)


@pytest.mark.shows("G-8")
def test_a_case_ends_on_the_version_on_which_it_began(office: Office) -> None:
    first = office.until_signers()
    office.engine = replace(office.engine, versions=with_a_second_version())
    second = office.start(application("over-limit"))
    assert [office.view(code)["version"] for code in (first, second)] == [1, 2]
    office.sign(first)
    office.submit(first, gate="payment_terms")
    ended = office.view(first)
    assert (ended["version"], ended["outcome"]) == (1, "approved")
    old = {key: made for key, made in with_a_second_version().items() if key != ("supplier-vetting", 2)}
    office.engine = replace(office.engine, versions=old)
    with pytest.raises(Refused, match="stands still"):
        office.hand_in(second)
    assert "version 2 of supplier-vetting, whose code is not installed" in office.view(second)["attention"]
    assert office.view(second)["status"] == "needs_attention", "it is not moved to another version behind your back"
    office.engine = replace(office.engine, versions=with_a_second_version())
    retry(office.engine, second, by=OWNER)
    office.work()
    office.hand_in(second)
    assert office.waiting(second)["gate"] == "papers_check"


def with_a_second_version() -> dict[tuple[str, int], Any]:
    versions = dict(load_processes())
    return versions | {("supplier-vetting", 2): replace(versions["supplier-vetting", 1], version=2)}


@pytest.mark.shows("G-9")
def test_cases_are_found_by_code_subject_owner_state_date_and_text(office: Office) -> None:
    first = office.start()
    office.advance(working_days(1))
    second = office.start(application("over-limit", owner="zhao.lei@yongchang.example"))
    opening.cancel(office.engine, first, by=OWNER, reason="项目取消")
    assert (first, second) == ("SV-2026-00001", "SV-2026-00002")

    def found(**wanted: Any) -> list[str]:
        return [case["case"] for case in view_lists.cases(office.engine, CaseFilter(**wanted))]

    opened = datetime.fromisoformat(office.view(second)["opened_at"])
    assert found() == [second, first], "latest first"
    assert found(text="sv-2026-00002") == [second]
    assert found(text=application()["company"]) == [first]
    assert found(text=application()["credit_code"]) == [first]
    assert found(owner="zhao.lei@yongchang.example") == [second]
    assert found(status="cancelled") == [first]
    assert found(opened_from=opened) == [second]
    assert found(opened_before=opened) == [first]


def test_no_gate_bears_the_title_of_its_process() -> None:
    """In a list and a subject it would not be told which of the two waits."""
    for made in load_processes().values():
        gates = [one for one in made.elements().values() if isinstance(one, Gate)]
        asked = {part for gate in gates for part in gate.title.split(" / ")}
        assert not asked & set(made.title.split(" / ")), made.name
