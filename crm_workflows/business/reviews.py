"""Reviews of customers that something brings up (ON-12): what they begin with, and opening one, whoever asks for it.

It must not judge whether one is due.
"""

import logging
from datetime import datetime
from functools import partial
from typing import Any, Final

from crm_workflows.business.customers import Somebody, open_case, people_in
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.messages import CasePart
from crm_workflows.domain.people import NobodyToAsk
from crm_workflows.domain.records import CaseRow, Customer
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.running import attention, opening
from crm_workflows.engine.running.opening import Started

log = logging.getLogger(__name__)
PROCESS: Final = "customer-review"
TITLE: Final = bilingual("客户复核", "Review of a customer")
FAILED: Final = bilingual("未能发起客户复核", "the review of a customer could not be opened")
REMEDY: Final = bilingual(
    "请按所述改正客户名册（可重新导入）；系统每小时重试，回访照常安排",
    "put the register right, by an import for example; it is tried again every hour, and calls are made all the same",
)


def input_of(
    reader: Reader, row: Customer, trigger: str, remark: str, *, owner: str, otherwise: Somebody | None = None
) -> dict[str, Any]:
    """The first person with an address stands for the customer, `otherwise` where there is none."""
    known = [one for one in people_in(reader, row.code) if one.email]
    who = known[0] if known else otherwise or Somebody(row.name, "", "")
    return {
        "company": row.name, "customer": row.code, "tier": row.tier, "trigger": trigger,
        "contact": {"name": who.name, "email": who.email or owner, "language": who.language},
        "remark": remark[:400], "owner": owner,
    }  # fmt: skip


def is_open(reader: Reader, customer: str) -> bool:
    """Whether somebody reviews the customer now."""
    return open_case(reader, PROCESS, customer) is not None


def opened_by(reader: Reader, key: str) -> str | None:
    """The review that was opened with this key, also by a process that died before it could say so."""
    found = reader.find(CaseRow, idempotency_key=key, limit=1)
    return found[0].code if found else None


def bring_up(
    engine: Engine, row: Customer, trigger: str, remark: str, now: datetime, *, key: str, origin: str
) -> Started | None:
    """Open a review, once for each key; None where it cannot be: then the admins hear why, once for each key."""
    try:
        owner = opening.keeper(engine, engine.staff.directory().identity(row.owner)).email
        with engine.store.read() as reader:
            input_ = input_of(reader, row, trigger, remark, owner=owner)
        return opening.start(engine, PROCESS, input_, requester=None, origin=origin, idempotency_key=key)
    except (Refused, NobodyToAsk) as error:
        log.error("review not opened", extra={"customer": row.code, "error": error.message})
        part = CasePart(case=row.code, title=row.name, process=TITLE, url_path=f"/customers/{row.code}")
        said = partial(attention.said_in, error)
        with engine.store.write() as tx:
            attention.tell_admins_of(engine, tx, part, FAILED, said, REMEDY, now, key)
        return None
