"""Where Prefect comes in: every flow by name, wired to this installation when it runs, and the desk for starts.

A Prefect worker imports `crm_workflows.interfaces.prefect_entry.supplier_vetting` (or `case_worker`); `crmw up` and
`crmw worker` use `desk_of`. It must not hold rules, and importing it must not open the database.
"""

import functools
import sys
from typing import Any

from prefect import Flow, flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from crm_workflows.adapters.configuration.flow_files import add_own_flows
from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.adapters.orchestration.prefect_deployments import procedure_of, process_flows, served
from crm_workflows.adapters.orchestration.prefect_desk import ProcessDesk
from crm_workflows.adapters.orchestration.prefect_environment import PrefectAddress
from crm_workflows.adapters.orchestration.prefect_front import continuing_flow, start_key
from crm_workflows.adapters.orchestration.prefect_rounds import RoundMirror
from crm_workflows.bootstrap import Office, open_office
from crm_workflows.domain.errors import NotFound
from crm_workflows.domain.forms import Subject
from crm_workflows.domain.records import CaseRow
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Perform, StretchSummary
from crm_workflows.engine.procedure import Procedure, StartedFromForm
from crm_workflows.engine.running import opening, worker
from crm_workflows.engine.running.waiting import Ran, summary_of
from crm_workflows.interfaces import addresses
from crm_workflows.interfaces.up.everything import serve_worker
from crm_workflows.interfaces.up.once import work_once
from crm_workflows.settings import Settings


@functools.cache
def _office() -> Office:
    return open_office(Settings.load())


def desk_of(office: Office, address: PrefectAddress, public_url: str) -> ProcessDesk:
    """The desk of an installation that runs: starts open cases in `office`, continued cases are run by it.

    `public_url` is where people see the pages.
    """
    flows = _flows()
    for found in flows.values():
        made = procedure_of(found)
        if made is not None:
            made.starter = functools.partial(open_case, office, public_url)
    answers = served(flows, continuing_flow(functools.partial(reclaim, office)))
    return ProcessDesk(address, answers, RoundMirror(office.engine).look)


def open_case(office: Office, public_url: str, made: Procedure, application: Any) -> StartedFromForm:
    """Open the case that a form in Prefect asks for; its owner confirms by mail before the procedure begins (G-2).

    Raises what `opening.start` refuses.
    """
    started = opening.start(
        office.engine, made.name, application, requester=None, origin="prefect", idempotency_key=start_key()
    )
    owner = application.owner if isinstance(application, Subject) else application["owner"]
    sentence = bilingual(
        f"案件 {started.code} 已登记，待 {owner} 收邮件确认后开始办理",
        f"case {started.code} is opened and begins when {owner} has confirmed it by mail",
    )
    return StartedFromForm(started.code, sentence, f"{public_url.rstrip('/')}/cases/{started.code}")


def reclaim(office: Office, code: str, perform: Perform) -> StretchSummary:
    """Run what is ready in one case, if anything is; raises NotFound. The answer says how the case stands."""
    engine = office.engine
    with engine.store.read() as reader:
        row = reader.get(CaseRow, code)
    if row is None:
        raise NotFound(bilingual(f"没有案件 {code}，请核对编号", f"there is no case {code}; check the code"))
    for _, summary in worker.run_one(engine, row, lambda _process, _code, body: body(perform)):
        return summary
    with engine.store.read() as reader:
        return summary_of(engine, reader, Ran(reader.get(CaseRow, code) or row, ()))


def _flows() -> dict[str, Flow[..., Any]]:
    add_own_flows(Settings.load().own_flows)
    load_processes()
    return process_flows(module for name, module in sys.modules.copy().items() if name.startswith("flows."))


def __getattr__(name: str) -> Any:
    """A flow as a process that Prefect starts needs it: the same, but opening this installation when it runs."""
    if name == "continue_case":
        return continuing_flow(lambda code, perform: reclaim(_office(), code, perform))
    for found in _flows().values():
        made = procedure_of(found)
        if made is not None and found.fn.__name__ == name:
            made.starter = _start_here
            return found.with_options(validate_parameters=False)
    raise AttributeError(f"{__name__} has no flow {name!r}")


def _start_here(made: Procedure, application: Any) -> StartedFromForm:
    office = _office()
    return open_case(office, addresses.public_url(office.settings), made, application)


@flow(name="case-worker", persist_result=False)
def case_worker(until_idle: bool = False) -> State[Any]:
    """案件工作进程：办理所有案件中已就绪的步骤并发送邮件，直到被取消。

    A worker, as `crmw worker`: carries out what is ready and sends mails, until it is cancelled. With `until_idle` it
    ends when nothing is ready any more.
    """
    settings = Settings.load()
    if until_idle:
        done = work_once(settings, track=True)
        return Completed(name="Idle", message=f"{done.stretches} stretches, {done.mails} mails")
    serve_worker(settings, lambda: None)
    return Completed(name="Stopped")
