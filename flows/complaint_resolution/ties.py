"""What ties a complaint to the customer, to the supplier whose part was the cause, and to one about the same thing."""

from dataclasses import dataclass
from typing import Any

from crm_workflows import (
    Announce,
    Books,
    Case,
    Fact,
    Policy,
    Shown,
    Words,
    callbacks,
    complaint_alarm,
    complaint_register,
    customers,
    events,
    owner,
    person,
    reviews,
    step,
    suppliers,
)
from flows.complaint_resolution.subject import Complaint

UPHELD = ("upheld", "partly")
JOINED = Words(
    "您的来信已并入已受理的投诉 / Your complaint was joined to one under way",
    "同一事项的投诉正在处理，我们将一并答复。 / "
    "We are already dealing with a complaint about the same thing, and answer both.",
)


@dataclass(frozen=True)
class Joined:
    """The open complaint about the same thing, and who is in charge of it; empty where there is none."""

    case: str
    owner: str
    named: tuple[str, ...] = ()
    """Of safety, press and law what the open one did not name (CP-3)."""


@step(rule="CP-1", title="查找同一投诉 / look for a complaint about the same thing")
def joined_to(complaint: Complaint, policy: Policy, *, books: Books) -> Joined:
    """The same customer or sender, and the same order, else the same product (CP-1). Mails were looked at as they came.

    What this one is about is entered, so that the next one finds it.
    """
    found = None
    if complaint.channel != "mail":
        found = complaint_register.same_thing(books.tx, complaint.about, policy, books.now, but=books.case)
    if found is None:
        complaint_register.enter(books.tx, complaint.about, books.case, books.now)
        return Joined("", "")
    books.link(found.code, "joined_to")
    flags = {"safety": complaint.safety, "press": complaint.press, "legal": complaint.legal}
    return Joined(found.code, found.owner, complaint_alarm.note(books, found.code, complaint.what, flags))


def tell_of_joining(case: Case[Complaint], joined: Joined) -> None:
    """CP-1 to CP-3: whoever is in charge of the first one reads it, and is not alone in it where it is graver now; the
    customer hears where it was joined.
    """
    shown = Shown((Fact("并入 / Joined to", joined.case), *case.subject.shown().facts))
    in_charge = (person(joined.owner), owner)
    if joined.named:
        case.tell("CP-3", "alert_of_joining", complaint_alarm.news(joined.named, in_charge, shown))
    else:
        again = Announce(in_charge, "同一投诉再次提出 / A complaint again", shows=shown)
        case.tell("CP-1", "tell_of_joining", again)
    if case.subject.person:
        facts = Shown((Fact("投诉编号 / Your complaint", joined.case),))
        case.write("CP-2", "tell_joined", Words(JOINED.title, JOINED.text, facts), to=case.subject.person)


def tie_up(case: Case[Complaint]) -> None:
    """At the end: calls to the customer (CB-1), a review (ON-12), the supplier's record and re-evaluation (SV-12)."""
    complaint = case.subject
    call_again(complaint, case.policy)
    review = review_input(complaint)
    if review:
        case.open_later("customer-review", review, rule="ON-12", relation="review")
    charge_supplier(case.policy)


@step(rule="CB-1", title="安排结案后回访 / enter the call after the close")
def call_again(complaint: Complaint, policy: Policy, *, books: Books) -> bool:
    """Some weeks after the close; the call after three days is the follow-up of CP-11, which has been made.

    Of an upheld one less silence is allowed than its tier does, for some months (policy).
    """
    if complaint.customer:
        events.after_complaint(books, complaint.customer, books.case, policy, again_only=True)
        if books.latest("verdict") in UPHELD:
            callbacks.complaint_over(books, complaint.customer, policy)
    return bool(complaint.customer)


@step(rule="ON-12", title="是否复核客户 / see whether the customer is reviewed")
def review_input(complaint: Complaint, *, books: Books) -> dict[str, Any] | None:
    """An upheld complaint of a customer in the register brings up a review, unless one is open already."""
    if not complaint.customer or books.latest("verdict") not in UPHELD:
        return None
    row = customers.held(books, complaint.customer)
    if customers.open_case(books.tx, "customer-review", row.code):
        return None
    who, keeper = complaint.contact, books.person(row.owner)
    otherwise = customers.Somebody(who.name, str(who.email or ""), who.phone, who.language)
    remark, owner = f"{books.case} {' '.join(complaint.what.split())}", keeper.email if keeper else row.owner
    return reviews.input_of(books.tx, row, "upheld_complaint", remark, owner=owner, otherwise=otherwise)


@step(rule="SV-12", title="计入供应商记录 / enter it with the supplier")
def charge_supplier(policy: Policy, *, books: Books) -> int:
    """An upheld one about a part counts in the supplier's score; one too many brings the re-evaluation forward."""
    code = books.latest("supplier")
    if not code or books.latest("verdict") not in UPHELD or not suppliers.is_known(books, str(code)):
        return 0
    many = suppliers.add_complaint(books, str(code), books.case)
    if many >= policy.number_or("supplier_complaints_reevaluate", suppliers.TOO_MANY):
        suppliers.evaluate_soon(books, str(code))
    return many
