"""What the requester of a case may say while others decide: remind them 催办, recall the request 撤回 (G-2).

Neither decides anything. Their standing is the case's, not that of somebody asked: the secret of `door_of` opens both
verbs for the requester and nothing else.
"""

from datetime import datetime
from typing import Final

from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader, Secrets
from crm_workflows.engine.requests.entitlement import Standing
from crm_workflows.engine.requests.request_order import place_of

DOOR: Final = "R0"
REQUESTER: Final = "requester"
MAY_REMIND: Final = ("process_owner",)


def door_id(code: str) -> str:
    """The id under which the requester's own secret is kept; no request has it."""
    return f"{code}-{DOOR}"


def is_door(request_id: str | None) -> bool:
    """Whether this is a requester's door, and no request."""
    return bool(request_id) and str(request_id).endswith(f"-{DOOR}")


def door_of(row: CaseRow, requester: Person, secrets: Secrets, now: datetime) -> Assignee:
    """The row that holds the requester's secret. Never active: it is in no inbox, and nobody is asked by it."""
    nonce, identity = secrets.nonce(), door_id(row.code)
    token = secrets.token(identity, requester.email, 1, nonce)
    return Assignee(
        request=identity, person=requester.email, case=row.code, name=requester.shown_name(requester.language),
        role=REQUESTER, language=requester.language, nonce=nonce,
        token_hash=hash_of_secret(token), asked_at=now, is_active=False,
    )  # fmt: skip


def door_request(row: CaseRow) -> Request:
    """What stands in place of a request at this door; it is stored nowhere."""
    title = bilingual(f"您的申请：{row.title}", f"your request: {row.title}")
    return Request(
        id=door_id(row.code), case=row.code, kind=REQUESTER, rule="", name="", title=title, key="", round=1,
        status="open", opened_at=row.opened_at,
    )  # fmt: skip


def spoken_to(reader: Reader, code: str) -> Request:
    """What the requester speaks of: the open approval, else the first thing that somebody is asked.

    Raises InvalidInput where nobody is asked anything.
    """
    found = [r for r in reader.find(Request, case=code, status="open") if r.kind != "timer" and "about" not in r.shows]
    if not found:
        zh = f"案件 {code} 目前没有等待任何人办理，无需催办，也不能撤回"
        raise InvalidInput(bilingual(zh, f"case {code} waits for nobody now; there is nothing to remind of or recall"))
    return min(found, key=lambda request: (request.kind != "approval", place_of(request.id)))


def speaker(engine: Engine, row: CaseRow, address: str, *, also: bool) -> Standing:
    """The standing of the requester, and where `also` of the owner or a process owner; raises NotEntitled."""
    directory = engine.staff.directory()
    someone = directory.person(address)
    own = {directory.identity(row.requester), *((directory.identity(row.owner),) if also else ())}
    by_role = also and someone is not None and not set(MAY_REMIND).isdisjoint(someone.roles)
    if someone is not None and someone.active and (someone.email in own or by_role):
        return Standing(someone.email)
    if also:
        zh, en = "只有申请人、负责人或流程负责人可以催办", "only the requester, the owner or a process owner can remind"
    else:
        zh, en = f"只有案件 {row.code} 的申请人可以撤回", f"only the requester can recall case {row.code}"
    raise NotEntitled(bilingual(zh, en))
