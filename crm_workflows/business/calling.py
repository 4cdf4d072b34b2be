"""Carries out the rounds of callbacks that are due (CB-2), each occurrence once. It must not say when one is due."""

import logging
from datetime import datetime, timedelta
from typing import Final

from crm_workflows.business.customers import people_in
from crm_workflows.business.rounds import AT_ONCE, chosen, following
from crm_workflows.domain.cron import zone_of
from crm_workflows.domain.errors import Refused, StoreBusy
from crm_workflows.domain.messages import CasePart, NeedsAttention
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import CaseRow, Customer, Round
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine import mails, opening
from crm_workflows.engine.attention import said_in
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Transaction

log = logging.getLogger(__name__)
PROCESS: Final = "periodic-callbacks"
PUT_OFF: Final = timedelta(hours=1)
"""For how long a round is put off that could not be carried out."""
TITLE: Final = bilingual("定期回访计划", "Recurring round of callbacks")
FAILED: Final = bilingual("回访计划未能执行", "a round of callbacks could not be carried out")
REMEDY: Final = bilingual(
    "请查明原因；系统每小时重试，其他计划照常进行",
    "find out why; it is tried again every hour, and all other rounds go on",
)


@carries_out("CB-2")
def fire(engine: Engine) -> int:
    """Carry out every round that is due; returns how many callbacks were opened. Safe in several processes.

    What was missed is caught up once: the next occurrence is counted from now. After a kill in the middle the same
    occurrence goes on, and whoever has a callback of it gets no second one. A round that fails holds up no other.
    """
    now = engine.clock.now()
    with engine.store.read() as reader:
        due = reader.due(Round, "next_at", now, limit=AT_ONCE, is_paused=False)
    return sum(_one(engine, one, now) for one in due if one.retry_at is None or one.retry_at <= now)


def _one(engine: Engine, one: Round, now: datetime) -> int:
    try:
        return _carry_out(engine, one, now)
    except StoreBusy:
        raise
    except Exception as error:
        log.exception("round not carried out", extra={"round": one.code, "error": type(error).__name__})
        with engine.store.write() as tx:
            is_put_off = tx.update(Round, (one.code,), {"next_at": one.next_at}, retry_at=now + PUT_OFF)
            if is_put_off and one.retry_at is None:
                _tell_admins(engine, tx, one, error, now)
        return 0


def _tell_admins(engine: Engine, tx: Transaction, one: Round, error: Exception, now: datetime) -> None:
    """Once for each occurrence, however often it fails."""
    part = CasePart(case=one.code, title=one.title, process=TITLE, url_path=f"/schedules?code={one.code}")
    for admin in [person for person in engine.staff.directory().with_role("admin") if person.active]:
        context = NeedsAttention(
            case=part, to_name=admin.shown_name(admin.language), problem=FAILED, since=now,
            detail=said_in(error, admin.language), remedy=REMEDY,
        )  # fmt: skip
        tx.insert_new(
            mails.mail_of(
                one.code, "needs_attention", admin.email, admin.language, context, now,
                mail_domain=engine.mail_domain, key=f"round/{one.next_at}",
            )
        )  # fmt: skip


def _carry_out(engine: Engine, one: Round, now: datetime) -> int:
    is_over = one.valid_to is not None and now.astimezone(zone_of(one.zone)).date().isoformat() > one.valid_to
    opened = 0
    if not is_over and one.next_at is not None:
        with engine.store.read() as reader:
            customers = list(chosen(reader, one, now))
        occurrence = f"round/{one.code}/{one.next_at.isoformat()}"
        for customer in customers:
            try:
                opened += _open(engine, one, customer, f"{occurrence}/{customer.code}")
            except (Refused, NobodyToAsk) as error:
                # One customer whose line is not in order holds up nobody else; the register shows it as not called.
                log.error("callback not opened", extra={"customer": customer.code, "error": error.message})
    with engine.store.write() as tx:
        # Only if nobody has carried it out or edited it meanwhile.
        done = {"next_at": following(one, now), "fired_at": now, "retry_at": None}
        tx.update(Round, (one.code,), {"next_at": one.next_at}, **done)
    log.info("round carried out", extra={"round": one.code, "opened": opened})
    return opened


def _open(engine: Engine, one: Round, customer: Customer, key: str) -> int:
    with engine.store.read() as reader:
        if reader.find(CaseRow, idempotency_key=key, limit=1):
            return 0
        people = people_in(reader, customer.code)
    if not people:
        log.warning("a customer has nobody to call", extra={"customer": customer.code})
        return 0
    first = people[0]
    contact = {"name": first.name, "email": first.email, "phone": first.phone, "language": first.language}
    owner = engine.staff.directory().identity(one.does or customer.owner)
    input_ = {
        "company": customer.name, "customer": customer.code, "contact": contact, "tier": customer.tier,
        "why": "round", "questions": one.questions, "owner": opening.keeper(engine, owner).email,
    }  # fmt: skip
    opening.start(engine, PROCESS, input_, requester=None, origin="round", idempotency_key=key)
    return 1
