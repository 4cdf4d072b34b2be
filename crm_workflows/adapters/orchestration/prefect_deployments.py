"""Under which names people start and continue cases in Prefect. It must not run them (see `prefect_desk`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from types import ModuleType
from typing import Any, Final
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.types.entrypoint import EntrypointType

from crm_workflows.adapters.orchestration.prefect_later import bring_in
from crm_workflows.adapters.orchestration.prefect_words import OUR_TAG, STRETCH_DEPLOYMENT
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.engine.procedure import Procedure

START_DEPLOYMENT: Final = "start"
ENTRY_MODULE: Final = "crm_workflows.interfaces.prefect_entry"
"""Where a process that Prefect starts finds every flow by name, ready to run."""


@dataclass(frozen=True)
class Served:
    """A deployment and the flow that answers it here."""

    flow: Flow[..., Any]
    deployment: RunnerDeployment


def process_flows(modules: Iterable[ModuleType]) -> dict[str, Flow[..., Any]]:
    """The flow of each process found in these modules, newest version only, by the name of the process.

    Steps and flows that were declared before Prefect was here become genuine now.
    AuthorMistake when a flow and its process are called differently: Prefect and we would show two names for one thing.
    """
    found: dict[str, Flow[..., Any]] = {}
    modules = list(modules)
    for module in modules:
        bring_in(module)
    for value in (value for module in modules for value in vars(module).values()):
        made = procedure_of(value)
        if made is None or not isinstance(value, Flow):
            continue
        if value.name != made.name:
            raise AuthorMistake(f"the flow {value.name!r} holds the process {made.name!r}; give both the same name")
        earlier = procedure_of(found.get(made.name))
        if earlier is None or earlier.version <= made.version:
            found[made.name] = value
    return found


def procedure_of(flow: object) -> Procedure | None:
    """The procedure that a flow publishes; None for anything else."""
    made = getattr(flow.fn, "crm_procedure", None) if isinstance(flow, Flow) else None
    return made if isinstance(made, Procedure) else None


def served(flows: Mapping[str, Flow[..., Any]], continuing: Flow[..., Any]) -> list[Served]:
    """For each process one deployment that starts a case by its form, and one that continues a case.

    `continuing` takes the parameter `case`; its runs, and with them the *Retry* of a stretch, belong to the process.
    """
    answers: list[Served] = []
    for process, flow in flows.items():
        made = procedure_of(flow)
        if made is None:
            raise AuthorMistake(f"flow {process!r} publishes no procedure")
        # The form is read by our own rules, which answer in sentences; Prefect's check would quote what was typed.
        start = flow.with_options(validate_parameters=False)
        answers.append(Served(start, _deployment(start, START_DEPLOYMENT, made, START_TEXT)))
        again = continuing.with_options(name=process)
        answers.append(Served(again, _deployment(again, STRETCH_DEPLOYMENT, made, STRETCH_TEXT)))
    return answers


START_TEXT: Final = """
    **{title}**

    填写表单即发起案件；负责人先收到邮件确认，之后流程才开始。

    Filling in the form starts a case; its responsible owner confirms by mail before the procedure begins.

    {about}
"""
STRETCH_TEXT: Final = """
    **{title}**

    让一个案件继续：办理已就绪的步骤；没有就绪的步骤时什么也不发生。

    Continues one case: carries out what is ready in it, and does nothing when nothing is ready. Prefect's *Retry* of a
    finished stretch comes to the same.
"""


def _deployment(flow: Flow[..., Any], name: str, made: Procedure, text: str) -> RunnerDeployment:
    about = cleandoc(made.body.__doc__ or "")
    deployment = RunnerDeployment.from_flow(
        flow,
        name=name,
        description=cleandoc(text).format(title=made.title, about=about),
        tags=[OUR_TAG, made.name],
        version=f"{made.version}-{made.source_hash}",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    deployment.entrypoint = f"{ENTRY_MODULE}.{flow.fn.__name__}"
    return deployment


def register(client: SyncPrefectClient, one: Served) -> UUID | None:
    """Create or update the deployment; returns its id.

    None when it belongs to a work pool already: a team has deployed it there, and a worker of theirs answers it.
    """
    try:
        existing = client.read_deployment_by_name(one.deployment.full_name)
    except ObjectNotFound:
        existing = None
    if existing is not None and existing.work_pool_name:
        return None
    identity = one.deployment.apply()
    return identity if isinstance(identity, UUID) else UUID(str(identity))
