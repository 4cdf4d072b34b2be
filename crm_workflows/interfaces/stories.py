"""For tests of procedures: a company as its folder has it, on a clock that the test moves. Not for production.

    office = company("company")
    case = office.start("contract-renewal", {...})
    office.reply(office.asking(case), "同意")

It must not read the settings of this machine, nor send anything.
"""

from pathlib import Path

from crm_workflows import bootstrap
from crm_workflows.adapters.configuration.config_files import parse_calendar, parse_people, parse_policy
from crm_workflows.adapters.configuration.flow_files import add_own_flows
from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.adapters.database.opening import open_store
from crm_workflows.adapters.keys import ServerKey
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Store
from crm_workflows.engine.procedure import Versions
from crm_workflows.testing import ManualClock, MemoryStore
from crm_workflows.testing.office import Office
from crm_workflows.testing.trial.office import TrialStaff

__all__ = ["Office", "company"]

MAIL_DOMAIN = "stories.example"
KEY_LETTERS = 32


def company(folder: Path | str, database: Path | None = None) -> Office:
    """The people, policy, calendar and procedures of a folder; in memory, or in a new SQLite database.

    ConfigurationError with file, line and remedy for what is wrong in one of them.
    """
    folder = Path(folder)
    add_own_flows(folder / "flows")
    versions, clock = load_processes(), ManualClock()
    people, policy, calendar = (_text(folder, kind, versions, clock) for kind in ("people", "policy", "calendar"))
    staff = TrialStaff(parse_people(people), parse_policy(policy), parse_calendar(calendar))
    engine = Engine(
        store=_store(database), clock=clock, staff=staff, secrets=ServerKey(b"s" * KEY_LETTERS), versions=versions,
        mail_domain=MAIL_DOMAIN,
    )  # fmt: skip
    return Office(engine, clock)


def _text(folder: Path, kind: str, versions: Versions, clock: ManualClock) -> str:
    file = folder / f"{kind}.yaml"
    text = file.read_text(encoding="utf-8")
    found = bootstrap.check(kind, text, str(file), versions, clock.now().date())
    if not bootstrap.is_right(found):
        raise ConfigurationError([finding.told() for finding in found if finding.severity == "error"])
    return text


def _store(database: Path | None) -> Store:
    if database is None:
        return MemoryStore()
    url = f"sqlite:///{database.resolve()}"
    bootstrap.bring_up_to_date(url)
    return open_store(url)
