"""Shows rounds of callbacks in Prefect as deployments with a schedule, and takes edits made there over (CB-2).

Our row is the truth and our worker fires it: a run that Prefect's schedule starts only looks whether anything is due.
What both knew last is kept in `Meta`: whoever differs from it has edited; of two the newest edit wins, and what lost
stays on record there. It must not choose customers.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from prefect import Flow, flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule

from crm_workflows.adapters.orchestration.prefect_words import OUR_TAG
from crm_workflows.business import calling, rounds
from crm_workflows.domain.cron import LIMITS
from crm_workflows.domain.errors import Refused
from crm_workflows.domain.records import Meta, Round
from crm_workflows.engine.context import Engine

log = logging.getLogger(__name__)
FLOW: Final = "callback-rounds"
TAG: Final = "callback-round"
KEPT: Final = "prefect_round/"


@dataclass(frozen=True)
class Told:
    """What both sides can say of a round; no cron line where it comes by working days or Prefect has no schedule."""

    cron: str | None
    zone: str
    active: bool


def told_of(one: Round) -> Told:
    """What our row says."""
    words = one.cron.split()
    return Told(" ".join(words) if len(words) == len(LIMITS) else None, one.zone, not one.is_paused)


def told_by(theirs: DeploymentResponse, zone: str) -> Told | None:
    """What Prefect says; None for schedules that a round cannot have. `zone` is for those without a schedule."""
    if not theirs.schedules:
        return Told(None, zone, not theirs.paused)
    (first, *more) = theirs.schedules
    if more or not isinstance(first.schedule, CronSchedule):
        return None
    cron = " ".join(first.schedule.cron.split())
    return Told(cron, first.schedule.timezone or "UTC", bool(first.active) and not theirs.paused)


class RoundMirror:
    """Brings our rounds and their deployments together; harmless in several processes, each edit being compared."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._flow = round_flow(lambda: calling.fire(engine))

    def look(self, client: SyncPrefectClient) -> dict[UUID, Flow[..., Any]]:
        """Once through all rounds; the deployments whose runs are to be answered, with what answers them."""
        tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
        known = {one.name: one for one in client.read_deployments(deployment_filter=tagged)}
        with self._engine.store.read() as reader:
            ours = reader.find(Round, order="code")
        found = {}
        for one in ours:
            identity = self._bring_together(client, one, known.get(one.code))
            if identity is not None:
                found[identity] = self._flow
        return found

    def _bring_together(self, client: SyncPrefectClient, one: Round, theirs: DeploymentResponse | None) -> UUID | None:
        if one.is_removed:
            if theirs is not None:
                client.delete_deployment(theirs.id)
            return None
        if theirs is None:
            identity = self._create(client, one)
            self._keep(one, None)
            return identity
        base = self._kept(one.code)
        seen = told_by(theirs, one.zone)
        is_theirs, is_ours = base is None or seen != base[0], base is None or one.edition != base[1]
        if base is not None and is_theirs and (not is_ours or _changed_at(theirs) > one.changed_at):
            one = self._adopt(one, seen)
        if is_theirs or is_ours:
            self._tell(client, theirs, one)
            both = base is not None and is_theirs and is_ours
            self._keep(one, {"prefect": asdict(seen) if seen else None, "won": one.changed_by} if both else None)
        return theirs.id

    def _adopt(self, one: Round, seen: Told | None) -> Round:
        """The row as edited in Prefect; as it was where that is no round. A schedule taken away there is a pause."""
        if seen is None:
            log.warning("a schedule in Prefect is none that a round can have", extra={"round": one.code})
            return one
        is_gone = seen.cron is None and told_of(one).cron is not None
        cron, zone = (one.cron, one.zone) if seen.cron is None else (seen.cron, seen.zone)
        try:
            return rounds.adopt(self._engine, one, cron=cron, zone=zone, is_paused=is_gone or not seen.active)
        except Refused as refused:
            log.warning("an edit in Prefect was not taken over", extra={"round": one.code, "error": refused.message})
            with self._engine.store.read() as reader:
                return reader.get(Round, one.code) or one

    def _create(self, client: SyncPrefectClient, one: Round) -> UUID:
        identity = client.create_deployment(
            client.create_flow(self._flow), one.code, parameters={"code": one.code}, tags=[OUR_TAG, TAG],
            description=f"{one.title}\n\n`{one.cron}` ({one.zone})", entrypoint="", enforce_parameter_schema=False,
        )  # fmt: skip
        self._tell(client, client.read_deployment(identity), one)
        return identity

    def _tell(self, client: SyncPrefectClient, theirs: DeploymentResponse, one: Round) -> None:
        """Make the deployment say what our row says."""
        ours = told_of(one)
        if told_by(theirs, one.zone) == ours:
            return
        for schedule in theirs.schedules:
            client.delete_deployment_schedule(theirs.id, schedule.id)
        if ours.cron is not None:
            made = CronSchedule(cron=ours.cron, timezone=ours.zone)
            client.create_deployment_schedules(theirs.id, [DeploymentScheduleCreate(schedule=made, active=ours.active)])
        client.update_deployment(theirs.id, DeploymentUpdate(paused=ours.cron is None and not ours.active))

    def _kept(self, code: str) -> tuple[Told, int] | None:
        with self._engine.store.read() as reader:
            held = reader.get(Meta, KEPT + code)
        kept = json.loads(held.value) if held else None
        return (Told(**kept["told"]), kept["edition"]) if kept else None

    def _keep(self, one: Round, conflict: dict[str, Any] | None) -> None:
        with self._engine.store.write() as tx:
            held = tx.get(Meta, KEPT + one.code)
            before = json.loads(held.value) if held else {}
            conflicts = [*before.get("conflicts", ()), *([conflict | {"edition": one.edition}] if conflict else [])]
            kept = {"told": asdict(told_of(one)), "edition": one.edition, "conflicts": conflicts}
            tx.put(Meta(KEPT + one.code, json.dumps(kept, ensure_ascii=False)))


def _changed_at(theirs: DeploymentResponse) -> datetime:
    """When somebody last edited there, as far as Prefect says; long ago where it does not."""
    found = [one.updated for one in theirs.schedules] or [theirs.updated]
    return max((at for at in found if at is not None), default=datetime.min.replace(tzinfo=UTC))


def round_flow(fire: Callable[[], int]) -> Flow[..., Any]:
    """What a run of such a deployment does: look whether anything is due, as our worker does every few seconds."""

    @flow(name=FLOW, persist_result=False, validate_parameters=False)
    def callback_round(code: str) -> int:
        """定期回访计划：检查是否到期。Looks whether a round of callbacks is due; each occurrence comes once."""
        del code
        return fire()

    return callback_round
