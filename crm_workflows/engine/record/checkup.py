"""The nightly look at all open cases, kept for the page of the admins, who get a mail when it has changed (G-5).

It must not judge what would get stuck (see `doctor`).
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.domain.message_parts import CasePart
from crm_workflows.domain.messages import DoctorReport, DoctorsFinding
from crm_workflows.domain.records import Meta
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader, Transaction
from crm_workflows.engine.record.doctor import Finding, as_json, examine

KEPT: Final = "doctor"
NO_CASE: Final = "DOCTOR"
FROM_HOUR: Final = 2
"""Of the company's day; before, the look of the day before stands."""
MOST_KEPT: Final = 20
MOST_CODES: Final = 5
_PROCESS: Final = "夜间检查 / Nightly check"


def check_up(engine: Engine) -> bool:
    """Look at everything if that is still to be done today; whether it was. Twice does no harm."""
    now = engine.clock.now()
    with engine.store.read() as reader:
        before = latest(reader)
    local = now.astimezone(ZoneInfo(engine.staff.calendar().zone))
    today = local.date().isoformat()
    if (before or {}).get("on") == today or (before is not None and local.hour < FROM_HOUR):
        return False
    findings = examine(engine)
    seen = _seen(findings)
    kept = {"on": today, "at": now.isoformat(), "seen": seen, "findings": as_json(findings[:MOST_KEPT])}
    with engine.store.write() as tx:
        tx.put(Meta(KEPT, json.dumps(kept, ensure_ascii=False)))
        if seen and seen != (before or {}).get("seen"):
            _tell(engine, tx, findings, today, now)
    engine.store.wake()
    return True


def latest(reader: Reader) -> dict[str, Any] | None:
    """What was found last: `on` which day, `at`, `findings` as `crmw doctor --json` prints them; None before."""
    held = reader.get(Meta, KEPT)
    return json.loads(held.value) if held else None


def _seen(findings: list[Finding]) -> str:
    """What tells one night's findings from another's; empty for none. Of what stands still a mail has told already."""
    news = [[f.kind, f.what, f.where, f.cases] for f in findings if f.kind != "needs_attention"]
    return hashlib.sha256(json.dumps(news).encode()).hexdigest() if news else ""


def _tell(engine: Engine, tx: Transaction, findings: list[Finding], today: str, now: datetime) -> None:
    told = tuple(
        DoctorsFinding(
            what=f.what, where=f.where, cases=", ".join(f.cases[:MOST_CODES]), count=len(f.cases), remedy=f.remedy
        )
        for f in findings[:MOST_KEPT]
    )
    part = CasePart(case="", title=today, process=_PROCESS)
    for admin in [person for person in engine.staff.directory().with_role("admin") if person.active]:
        name = admin.shown_name(admin.language)
        context = DoctorReport(case=part, to_name=name, at=now, findings=told, more=max(0, len(findings) - MOST_KEPT))
        tx.insert_new(
            mails.mail_of(NO_CASE, admin.email, admin.language, context, now, mail_domain=engine.mail_domain, key=today)
        )
