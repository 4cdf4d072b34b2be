"""An office for story tests: the shipped company, and a good supplier step by step (see `testing.office`)."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crm_workflows.adapters.configuration.config_files import parse_calendar, parse_people, parse_policy
from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.adapters.keys import ServerKey
from crm_workflows.bootstrap import Office as Opened
from crm_workflows.business.complaint_desk import ComplaintDesk
from crm_workflows.domain.credit_code import check_character
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.working_time import WorkingCalendar
from crm_workflows.engine.context import Engine
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer
from crm_workflows.engine.ports import Store
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.requests.papers import HandedIn
from crm_workflows.engine.views import views
from crm_workflows.settings import Settings
from crm_workflows.testing import ManualClock, office
from tests.invariants import broken, suite
from tests.invariants.people import People

COMPLAINTS = "complaints@yongchang.example"
ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"


ON_SITE = ("survey_materials", "survey_technique", "survey_design", "survey_quality")
"""The four parts of the survey on site (SV-5)."""
UNTIL_SURVEYED = ("papers_check", "management_talk", "technical_talk", "overall_judgement", *ON_SITE)
UNTIL_GATE = (*UNTIL_SURVEYED, "criteria", "recognition_application")
"""The form tasks between the papers and the recognition gate, in the order of the rule book."""


@cache
def shipped_text(kind: str) -> str:
    """The shipped people, policy or calendar file."""
    return (ROOT / "config" / f"{kind}.yaml").read_text(encoding="utf-8")


class FixedStaff:
    """The shipped company; a test may put another directory, policy or calendar in force."""

    def __init__(self, clock: ManualClock) -> None:
        people, self.rules, self.hours = shipped_company()
        self.changes = [(clock.now(), people)]
        self._clock = clock

    @property
    def people(self) -> Directory:
        """The directory in force."""
        return self.changes[-1][1]

    @people.setter
    def people(self, directory: Directory) -> None:
        self.changes.append((self._clock.now(), directory))

    def history(self) -> People:
        """Which directory was in force when."""
        return People(self.changes, self.hours.zone)

    def directory(self) -> Directory:
        return self.people

    def policy(self) -> Policy:
        return self.rules

    def calendar(self) -> WorkingCalendar:
        return self.hours


@cache
def _processes() -> Mapping[tuple[str, int], Procedure]:
    """Read and checked once."""
    return MappingProxyType(load_processes())


@cache
def shipped_company() -> tuple[Directory, Policy, WorkingCalendar]:
    """Read once: nobody can change what they hold."""
    return (
        parse_people(shipped_text("people")),
        parse_policy(shipped_text("policy")),
        parse_calendar(shipped_text("calendar")),
    )


def credit_code(n: int) -> str:
    """A unified code of its own for each company, with its check character."""
    first = f"91320500MA{n:07d}"
    return first + check_character(first)


def application(sample: str = "good", **changes: Any) -> dict[str, Any]:
    """The input of a sample, with changes."""
    given: dict[str, Any] = json.loads((SAMPLES / sample / "application.json").read_text(encoding="utf-8"))
    return given | changes


def documents(sample: str = "good") -> list[File]:
    """The papers of a sample, as the supplier would send them."""
    return [file for file in _files(sample) if "合同" not in file.filename]


def contracts(sample: str = "good") -> list[File]:
    """Both contracts of a sample, as the owner hands them in once they are signed (SV-8)."""
    return [file for file in _files(sample) if "合同" in file.filename]


def _files(sample: str) -> list[File]:
    folder = SAMPLES / sample / "documents"
    return [File(f.name, "application/octet-stream", f.read_bytes()) for f in sorted(folder.iterdir())]


class Office(office.Office):
    """The shipped company at work on one store."""

    def __init__(self, store: Store, versions: dict[tuple[str, int], Procedure] | None = None) -> None:
        clock = ManualClock()
        self.staff = FixedStaff(clock)
        engine = Engine(
            store=store,
            clock=clock,
            staff=self.staff,
            secrets=ServerKey(b"k" * 32),
            versions=versions if versions is not None else _processes(),
            mail_domain="yongchang.example",
            mail_desks=(ComplaintDesk(COMPLAINTS),),
        )
        super().__init__(engine, clock)
        suite.people_of(store, self.staff.history)

    def opened(self, settings: Settings | None = None) -> Opened:
        """The same as roles, commands and pages hold it; they are given a database, here it may be the memory."""
        engine: Any = self.engine
        return Opened(settings or Settings(), engine.store, self.clock, engine.staff, engine.secrets, engine)

    # Most stories are about suppliers, and name no process.
    def start(self, input_: Any = None, *, process: str = "supplier-vetting", **how: Any) -> str:  # type: ignore[override]
        """Open a case (the good sample unless told otherwise) and work until it waits; returns its code."""
        return super().start(process, input_ if input_ is not None else application(), **how)

    def hand_in(self, code: str, files: list[File] | None = None, **how: Any) -> HandedIn:
        """Hand in papers (those of the good sample) as the person asked."""
        if files is None:
            files = contracts() if self.waiting(code, kind="documents")["gate"] == "contracts" else documents()
        return super().hand_in(code, files, **how)

    def do(self, item: dict[str, Any]) -> None:
        """What this item of `waiting_for` asks of a good supplier; Refused where it was settled in the meantime."""
        by = item["assignee"]["email"]
        if item["kind"] == "documents":
            files = contracts() if item["gate"] == "contracts" else documents()
            papers.hand_in(self.engine, item["id"], files, by=by, channel="reply")
        elif item["kind"] == "task":
            form = views.task_view(self.engine, item["id"])["example"]
            known = {"verdict": "different"} if item["gate"] == "duplicate_check" else {}
            answers.answer(self.engine, item["id"], Answer("submit", by, "page", form=form | known))
        else:
            answers.answer(self.engine, item["id"], Answer("approve", by, "link"))

    # -- a good supplier, step by step --------------------------------------------------------------------------

    def until(self, task: str, input_: Any = None, **how: Any) -> str:
        """A supplier case that waits for this task (one of `UNTIL_GATE`), the papers in and all before it answered."""
        code = self.start(input_, **how)
        self.hand_in(code)
        for earlier in UNTIL_GATE[: UNTIL_GATE.index(task)]:
            self.submit(code, gate=earlier)
        return code

    def until_gate(self, input_: Any = None, **how: Any) -> str:
        """A supplier case that has come to the recognition gate (SV-7)."""
        code = self.until(UNTIL_GATE[-1], input_, **how)
        self.submit(code, gate=UNTIL_GATE[-1])
        return code

    def until_signers(self, input_: Any = None, **how: Any) -> str:
        """A supplier case that has been recognised and waits for the signers of the contracts (SV-8)."""
        code = self.until_gate(input_, **how)
        while self.waiting(code)["gate"] == "recognition":
            self.answer(code, "approve")
        return code

    def until_code(self, input_: Any = None, **how: Any) -> str:
        """A supplier case that waits for terms of payment (SV-11): recognised, signed, its account confirmed."""
        code = self.until_signers(input_, **how)
        self.sign(code)
        return code

    def sign(self, code: str) -> None:
        """From the signers of the contracts (SV-8) to the confirmed account (SV-9)."""
        self.submit(code, gate="contract_signers")
        self.hand_in(code)
        for task in ("contract_check", "bank_details", "bank_check"):
            self.submit(code, gate=task)

    def check_invariants(self) -> None:
        """What must hold at any moment; the suite asks it at the end of every test by itself."""
        assert broken(self.engine.store, self.staff.history()) == []
