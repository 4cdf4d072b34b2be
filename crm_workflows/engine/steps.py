"""Steps: functions whose result is journaled, so that a replay never runs them again. It must not know Prefect.

A step that takes `books` writes with its stretch or, once it asks for `books.tx` (codes, registers), in a transaction
of its own; a step marked `outside` talks to the world, runs without any and may run twice, with the same key.
"""

import functools
import inspect
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final, Literal, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from crm_workflows.domain.declared import declared_at
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.people import Directory, Person
from crm_workflows.domain.records import Blob, BusinessRow, Json, Link
from crm_workflows.domain.report import Report, as_html
from crm_workflows.domain.shown import Attachment
from crm_workflows.domain.text import in_language
from crm_workflows.engine.journal import STEP
from crm_workflows.engine.ports import Transaction
from crm_workflows.engine.requests.files import sha256_of
from crm_workflows.engine.running.attempt import Attempt, current_or_refuse
from crm_workflows.engine.running.ledger import put_once

Again = Literal["again", "once"]


class Books:
    """What a step may write: results of its case, files, and through `tx` all else; with the instant it acts for."""

    def __init__(self, attempt: Attempt, step: ExitStack) -> None:
        self._attempt = attempt
        self._step = step
        self._tx: Transaction | None = None
        self._rows: list[BusinessRow] = []
        self.case: Final = attempt.row.code
        self.round: Final = attempt.journal.round
        self.now: Final = attempt.now

    @property
    def today(self) -> date:
        """The date in the company's zone."""
        return self._attempt.engine.today(self.now)

    def person(self, address: str) -> Person | None:
        """Whoever of the staff has this address now and has not left; None if nobody."""
        found = self._attempt.engine.staff.directory().person(address)
        return found if found is not None and found.active else None

    def answered_by(self, name: str) -> str:
        """Who answered the task of that name last, in this round; empty if nobody."""
        found = [
            str(outcome["by"])
            for key, outcome in self._attempt.journal.outcomes.items()
            if key.partition(":")[2].partition("#")[0] == name and outcome.get("by")
        ]
        return found[-1] if found else ""

    def local(self, at: datetime) -> datetime:
        """An instant on the company's clock, as people are told it."""
        return self._attempt.engine.staff.calendar().local(at)

    @property
    def directory(self) -> Directory:
        """Everybody of the staff as of now."""
        return self._attempt.engine.staff.directory()

    def morning_of(self, day: date) -> datetime:
        """The instant at which that date begins in the company's zone: for cases booked on a day."""
        return self._attempt.engine.staff.calendar().midnight(day)

    @property
    def tx(self) -> Transaction:
        """The transaction of this step, opened by whoever first asks for it, with all that was written before.

        A step that never asks for it is written with its stretch, which costs no round trip of its own.
        """
        if self._tx is None:
            self._tx = self._step.enter_context(self._attempt.transaction())
        put_once(self._tx, self._rows)
        self._rows.clear()
        return self._tx

    def write(self, name: str, value: Json) -> None:
        """Keep a result of the case under `rows` (`crmw case --json`); a later write in the same round replaces it.

        `value` must not be changed afterwards: it is written at the end.
        """
        self._rows.append(BusinessRow(self.case, name, self.round, value, self.now))

    def latest(self, name: str) -> Json:
        """What this case has written under that name last, in whatever round; None where it has not."""
        found = self.tx.find(BusinessRow, case=self.case, name=name, order="round", descending=True, limit=1)
        return found[0].value if found else None

    def link(self, other: str, relation: str) -> None:
        """Link this case with another one, both ways."""
        self.tx.insert_new(Link(self.case, other, relation))
        self.tx.insert_new(Link(other, self.case, f"from_{relation}"))

    def written(self) -> list[BusinessRow]:
        """What no transaction has taken yet."""
        return self._rows

    def keep_file(self, filename: str, media_type: str, content: bytes) -> Attachment:
        """Store bytes by their hash; the same bytes are stored once."""
        digest = sha256_of(content)
        self.tx.insert_new(Blob(digest, content))
        return Attachment(filename, media_type, digest)

    def keep_report(self, stem: str, report: Report) -> Attachment:
        """Print a report and store it: as PDF, or as a page of HTML where no PDF can be made."""
        printed = self._attempt.engine.printer.pdf(report, self.now)
        if printed is not None:
            return self.keep_file(f"{stem}.pdf", "application/pdf", printed)
        return self.keep_file(f"{stem}.html", "text/html", as_html(report).encode())


@dataclass(eq=False)
class StepFunction:
    """A journaled function; calling it outside a procedure is refused."""

    fn: Callable[..., Any]
    rule: str
    title: str
    after_send_back: Again = "again"
    outside: bool = False
    retries: int = 0
    retry_delay_seconds: float = 0.0
    after_amendment: Literal["keep", "again"] = "keep"
    """`again` where the result tells of the subject: made anew, in its place, when the subject is amended (G-6)."""
    sends: str = ""
    """The kind of mail that it sends by itself, for the catalogue."""
    where: str = field(default_factory=declared_at)

    def __post_init__(self) -> None:
        functools.update_wrapper(self, self.fn)
        self._result: TypeAdapter[Any] = TypeAdapter(get_type_hints(self.fn).get("return", Any))
        parameters = inspect.signature(self.fn).parameters
        self._takes_books = "books" in parameters
        self._takes_key = "idempotency_key" in parameters
        if self.outside and self._takes_books:
            raise AuthorMistake(f"{self.where}: step {self.name} talks to the outside and cannot take books; split it")
        if self.after_amendment == "again" and (self.outside or self.after_send_back == "once"):
            raise AuthorMistake(
                f"{self.where}: step {self.name} cannot be done again after an amendment; keep its result"
            )

    @cached_property
    def name(self) -> str:
        """The function's name, part of the journal key: renaming it changes the procedure."""
        return str(getattr(self.fn, "__name__", "step"))

    @cached_property
    def label(self) -> str:
        """`SV-10 assign supplier code`: the name of the Prefect task."""
        return f"{self.rule} {in_language(self.title, 'en') if self.title else self.name.replace('_', ' ')}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        attempt = current_or_refuse(f"step {self.name}")
        key = attempt.key(self.rule, self.name)
        entry = attempt.met(STEP, key) or attempt.kept_once(self.rule, key)
        if entry is None or attempt.is_to_renew(self):
            self._carry_out(attempt, key, args, kwargs)
            entry = attempt.journal.stack[attempt.journal.position - 1]
        return self._result.validate_python(entry.value["result"])

    def _carry_out(self, attempt: Attempt, key: str, args: Any, kwargs: Any) -> None:
        if self.outside:
            attempt.writing.before_outside(attempt.flush)
        if self._takes_key:
            kwargs = kwargs | {"idempotency_key": f"{attempt.row.code}/{attempt.journal.round}/{key}"}
        if self._takes_books:
            work = functools.partial(self._with_books, attempt, key, args, kwargs)
        else:
            work = functools.partial(self.fn, *args, **kwargs)
        retries = self.retries if self.outside else 0
        value = attempt.carry_out(self.label, work, retries=retries, retry_delay_seconds=self.retry_delay_seconds)
        if self.outside:
            attempt.now = attempt.engine.clock.now()
        if not self._takes_books:
            self._record(attempt, key, value)
        if self.outside:
            attempt.flush()

    def _with_books(self, attempt: Attempt, key: str, args: Any, kwargs: Any) -> object:
        with ExitStack() as step:
            books = Books(attempt, step)
            value = self.fn(*args, books=books, **kwargs)
            attempt.ledger.put(*books.written())
            self._record(attempt, key, value)
        return None

    def _record(self, attempt: Attempt, key: str, value: object) -> None:
        plain = self._plain(value)
        attempt.performed.append(self.label)
        attempt.record(STEP, self.rule, key, {"result": plain, "once": self.after_send_back == "once"})
        attempt.ledger.audit("step", "engine", attempt.now, rule=self.rule, key=key, round=attempt.journal.round)

    def _plain(self, value: object) -> Json:
        """The result as the journal keeps it; AuthorMistake for one that no replay could read back."""
        try:
            plain = self._result.dump_python(value, mode="json", warnings=False)
            self._result.validate_python(plain)
        except (PydanticSerializationError, ValidationError) as error:
            raise AuthorMistake(
                f"{self.where}: step {self.name} gave {type(value).__name__}, which does not fit the result it "
                "declares; correct the step or its return type"
            ) from error
        return plain
