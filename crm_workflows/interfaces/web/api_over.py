"""The HTTP API of those who act over the people asked: amending, reassigning, overriding. The engine says who may."""

from typing import Any

from fastapi import APIRouter, Request

from crm_workflows.engine.decisions.amending import Amendment, amend
from crm_workflows.engine.decisions.handing import Handover, reassign
from crm_workflows.engine.decisions.overriding import Override, override
from crm_workflows.engine.record.doctor import as_json, examine
from crm_workflows.interfaces.web.api_models import Amend, Amended, OverrideRequest, OverrideTaken, Reassign, Reassigned
from crm_workflows.interfaces.web.api_parts import CHANNEL, AsKept, Here, Key, storable, who_acts

router = APIRouter()


@router.get("/doctor")
def look_at_all(site: Here) -> list[dict[str, Any]]:
    """What would get stuck as people stand now, each with what mends it; as `crmw doctor --json` prints it."""
    return as_json(examine(site.engine))


@router.post("/cases/{code}/amendment")
def amend_case(site: Here, http: Request, code: AsKept, body: Amend, key: Key) -> Amended:
    """Change what a running case is about; whoever approved the old is asked again."""
    storable(body.model_dump())
    wanted = Amendment(body.values, who_acts(http, body.by), body.reason, CHANNEL, f"api:{key}")
    done = amend(site.engine, code, wanted)
    return Amended(case=code, asked_again=list(done.asked_again), sentence=done.sentence)


@router.post("/requests/{request_id}/reassign")
def reassign_request(site: Here, http: Request, request_id: AsKept, body: Reassign, key: Key) -> Reassigned:
    """Give what one person is asked to another; by an administrator."""
    storable(body.model_dump())
    how = Handover(who_acts(http, body.by), CHANNEL, body.reason, f"api:{key}")
    sentence = reassign(site.engine, request_id, from_=body.from_, to=body.to, how=how)
    return Reassigned(request=request_id, to=body.to, sentence=sentence)


@router.post("/requests/{request_id}/override")
def override_request(site: Here, http: Request, request_id: AsKept, body: OverrideRequest, key: Key) -> OverrideTaken:
    """Decide over those asked: an administrator proposes, another person confirms by the same call."""
    storable(body.model_dump())
    wanted = Override(body.decision, who_acts(http, body.by), body.reason, CHANNEL, f"api:{key}")
    done = override(site.engine, request_id, wanted)
    return OverrideTaken(
        case=done.case, request=done.request, decision=done.decision, is_decided=done.is_decided,
        people=list(done.people), sentence=done.sentence,
    )  # fmt: skip
