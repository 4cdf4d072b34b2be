"""The parts that engine verbs work with, handed in from the wiring. It must not create any of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Protocol, TypeVar

from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import NotFound, ProcedureChanged
from crm_workflows.domain.forms import TODAY
from crm_workflows.domain.listed import as_listed
from crm_workflows.domain.mail.authentication import INTERNAL, Authentication
from crm_workflows.domain.mail.incoming import IncomingMail
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CaseRow, InboundMail
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.digests.sheet_ports import NoWorkbooks, Workbooks
from crm_workflows.engine.ports import Clock, Secrets, Staff, Store, StretchSummary, Transaction
from crm_workflows.engine.printing import NoPrinter, Printer
from crm_workflows.engine.procedure import Procedure, Versions, latest
from crm_workflows.engine.record.sources import KeptCode
from crm_workflows.engine.running.tally import Tally

R = TypeVar("R")


class Apart(Protocol):
    """Calls a pure function on what strangers wrote, where that may be killed; UnreadableMail when it had to be."""

    def __call__(self, work: Callable[..., R], *args: object) -> R: ...


def not_apart(work: Callable[..., R], *args: object) -> R:
    """Here: for tests and for what nobody outside wrote."""
    return work(*args)


def all_internal(_raw: bytes, _mail: IncomingMail, _mailbox: str) -> Authentication:
    """Everybody is who they say: for mail that never left the company's own server."""
    return INTERNAL


class CommitListener(Protocol):
    """Told after a stretch has been committed, e.g. to mirror it to Prefect; must never raise or block."""

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None: ...


class NoListener:
    """Listens to nothing: for tests and for work that nobody tracks."""

    def stretch_done(self, code: str, process: str, summary: StretchSummary) -> None:
        """Do nothing."""


def at_once() -> bool:
    """Always: for work that nobody tracks."""
    return True


def by_a_worker() -> bool:
    """Never at once: a worker takes a new case up, where its first stretch can be tracked."""
    return False


class NoneKept:
    """No code but that which is installed."""

    def procedure(self, case: CaseRow) -> None:
        """Never any."""


class MailDesk(Protocol):
    """Takes in mails that answer no request, at an address of its own."""

    @property
    def address(self) -> str:
        """In small letters."""
        ...

    def takes(self, engine: "Engine", row: InboundMail, mail: IncomingMail) -> bool:
        """Whether this mail is for it."""
        ...

    def take(self, engine: "Engine", row: InboundMail, mail: IncomingMail) -> None:
        """Apply a stored mail and mark it, once; AlreadyTaken where another process was first."""
        ...

    def doubts(self, engine: "Engine", tx: Transaction, row: InboundMail, mail: IncomingMail) -> str:
        """Tell a person of a machine's mail to the address that may hold somebody's words; it is not applied.

        Returns how it was kept ("中文 / English").
        """
        ...

    def hears(
        self, engine: "Engine", tx: Transaction, case: CaseRow, asked_of: str, row: InboundMail, mail: IncomingMail,
        has_effect: bool,
    ) -> str:  # fmt: skip
        """Keep and tell a reply to a request put to `asked_of` outside, but for what the answer has brought about.

        Returns how it was kept ("中文 / English"), empty where it is none of the desk's.
        """
        ...


@dataclass(frozen=True, eq=False)
class Engine:
    """Everything a verb of the engine needs; one per process, safe to share between threads."""

    store: Store
    clock: Clock
    staff: Staff
    secrets: Secrets
    versions: Versions
    mail_domain: str = "localhost"
    listener: CommitListener = field(default_factory=NoListener)
    printer: Printer = field(default_factory=NoPrinter)
    kept_code: KeptCode = field(default_factory=NoneKept)
    tally: Tally = field(default_factory=Tally)
    workbooks: Workbooks = field(default_factory=NoWorkbooks)
    begins_at_once: Callable[[], bool] = by_a_worker
    """Whether the first stretch of a new case runs in the commit that opens it."""
    apart: Apart = not_apart
    authenticate: Callable[[bytes, IncomingMail, str], Authentication] = all_internal
    """What is known of the sender of a mail that came to a mailbox."""
    mail_outside: bool = False
    """Whether people read our mails in mailboxes that are not internal: who holds a mail's link may be anybody."""
    mail_desks: Sequence[MailDesk] = ()
    """Who takes in what answers no request, in this order."""

    @property
    def is_listened_to(self) -> bool:
        """Whether anybody wants to hear of stretches: what is only for them need not be read."""
        return not isinstance(self.listener, NoListener)

    @cached_property
    def procedures(self) -> dict[str, Procedure]:
        """The version of each process in which new cases start."""
        return latest(self.versions)

    @carries_out("G-8")
    def procedure_of(self, case: CaseRow) -> Procedure:
        """The very source on which the case began (G-8), else the code of its version, which its journal still checks.

        Raises ProcedureChanged when neither is here.
        """
        made = self.versions.get((case.process, case.version))
        if made is not None and made.source_hash == case.source_hash:
            return made
        found = self.kept_code.procedure(case) or made
        if found is None:
            raise ProcedureChanged(
                f"case {case.code} runs on version {case.version} of {case.process}, whose code is not installed; "
                "install the release that has it, or move the case deliberately"
            )
        return found

    def element_of(self, case: CaseRow, name: str) -> Any:
        """What its procedure calls so, a form with the choices that its policy lists; AuthorMistake as `element`."""
        element = self.procedure_of(case).element(name)
        if not isinstance(element, FormTask):
            return element
        form = as_listed(element.form, Policy.from_text(case.policy))
        return element if form is element.form else replace(element, form=form)

    def title_of(self, case: CaseRow) -> str:
        """The label of its process, also where the code of its version is no longer here."""
        made = self.versions.get((case.process, case.version)) or self.procedures.get(case.process)
        return made.title if made else case.process

    def procedure(self, process: str) -> Procedure:
        """The procedure in force; raises NotFound naming those there are."""
        try:
            return self.procedures[process]
        except KeyError:
            known = ", ".join(sorted(self.procedures))
            raise NotFound(
                bilingual(
                    f"没有流程“{process}”，可用的有：{known}；自有流程在 CRMW_CONFIG 所指的文件夹中",
                    f"there is no process {process!r}; there are: {known}; those of your own lie in the folder that "
                    "CRMW_CONFIG names",
                )
            ) from None

    def tell(self, case: CaseRow, summary: StretchSummary | None) -> None:
        """Let the listener hear, after the commit, what `told_to_listener` found for it."""
        if summary is not None:
            self.listener.stretch_done(case.code, case.process, summary)

    def facts_today(self) -> dict[str, str]:
        """What every form handed in now is compared with."""
        return {TODAY: self.today(self.clock.now()).isoformat()}

    def today(self, at: datetime) -> date:
        """The date in the company's zone at that instant."""
        return self.staff.calendar().local_date(at)
