"""What stories about complaints share: one that has come in, mails that have left, the way to a step."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from crm_workflows.domain.people import Directory
from crm_workflows.domain.records import Message
from crm_workflows.engine.requests.files import File
from flows.complaint_resolution.examples import COMPLAINT
from tests.office import Office

HANDLER, LEAD, DIRECTOR = "bai.xue@yongchang.example", "tang.li@yongchang.example", "meng.yue@yongchang.example"
QUALITY, GENERAL_MANAGER = "sun.lihua@yongchang.example", "chen.guodong@yongchang.example"
CUSTOMER = COMPLAINT["contact"]["email"]
FAULT: Final[dict[str, Any]] = {"kind": "quality", "legal": True, "what": "水泵密封件漏油"}
"""A complaint that is major: on the full path, with containment."""
RECEIPT = File("签收单.pdf", "application/pdf", b"%PDF-1.4 signed")


def complain(office: Office, *, requester: str | None = None, **changes: Any) -> str:
    """A complaint that has just come in."""
    return office.start(COMPLAINT | changes, process="complaint-resolution", requester=requester)


def three_alike(office: Office) -> list[str]:
    """Complaints of three companies about the same."""
    return [
        complain(office, contact={"name": x, "email": f"{n}@kunde.example", "phone": ""}, company=x, order=x)
        for n, x in enumerate(("甲", "乙", "丙"))
    ]


def sent(office: Office, code: str) -> None:
    """All mails of a case leave now."""
    with office.engine.store.write() as tx:
        for mail in tx.find(Message, case=code, status="queued"):
            tx.update(Message, (mail.id,), status="sent", attempts=1, sent_at=office.clock.now(), next_at=None)


def until(office: Office, code: str, gate: str, **answers: dict[str, Any]) -> None:
    """Do all before `gate`: tasks with their examples, changed where told; gates with yes; the proof handed in."""
    while office.waiting(code)["gate"] != gate:
        one(office, code, answers)


def finish(office: Office, code: str, **answers: dict[str, Any]) -> dict[str, Any]:
    """Do all that is left, waiting where time has to pass; returns the case."""
    while office.view(code)["status"] == "waiting":
        one(office, code, answers)
    return office.view(code)


def one(office: Office, code: str, answers: dict[str, dict[str, Any]]) -> None:
    """Whatever comes first."""
    item = office.waiting(code)
    if item["kind"] == "timer":
        office.move_to(office.clock.now().fromisoformat(item["due_at"]))
    elif item["kind"] == "documents":
        office.hand_in(code, [RECEIPT])
    elif item["kind"] == "task":
        office.submit(code, gate=item["gate"], **answers.get(item["gate"], {}))
    else:
        office.answer(code, "approve", gate=item["gate"])


def followed_up(office: Office, code: str) -> str:
    """The latest follow-up of a closed complaint, open once its days are over."""
    office.move_to(office.clock.now() + timedelta(days=3))
    latest: str = [link["case"] for link in office.view(code)["linked"] if link["relation"] == "follow_up"][-1]
    return latest


def asked(office: Office, code: str) -> Message:
    """The last mail by which the customer was asked."""
    return office.mails("task_request", to=CUSTOMER, case=code)[-1]


def letters(office: Office, code: str) -> list[str]:
    """The titles of the letters to the customer, in English."""
    return [mail.context["title"].split(" / ")[1] for mail in office.mails("letter", case=code)]


def clocks(office: Office, code: str, name: str = "solution_clock") -> list[dict[str, Any]]:
    """The clocks of that name, the first one first."""
    return [clock for clock in office.view(code)["clocks"] if clock["name"] == name]


def gone(office: Office, address: str) -> None:
    """Somebody leaves."""
    before = office.staff.people
    people = [replace(p, active=False) if p.email == address else p for p in before.people]
    office.staff.people = Directory(people, before.roles, before.departments)
