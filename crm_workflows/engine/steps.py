"""Steps: functions whose result is journaled, so that a replay never runs them again. It must not know Prefect.

A step that takes `books` runs inside the store's transaction (codes, registers); a step marked `outside` talks to the
world, runs without any transaction and may run twice, with the same idempotency key.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from crm_workflows.domain.elements import declared_at
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.records import Blob, BusinessRow, Json
from crm_workflows.domain.shown import Attachment
from crm_workflows.domain.text import in_language
from crm_workflows.engine.attempt import Attempt, current_or_refuse
from crm_workflows.engine.files import sha256_of
from crm_workflows.engine.journal import STEP
from crm_workflows.engine.ports import Transaction

Again = Literal["again", "once"]


@dataclass
class Books:
    """The open transaction as a step may use it, with the case and the instant it acts for."""

    tx: Transaction
    case: str
    round: int
    now: datetime

    def write(self, name: str, value: Json) -> None:
        """Keep a result of the case under `rows` (`crmw case --json`); a later write in the same round replaces it."""
        row = BusinessRow(self.case, name, self.round, value, self.now)
        if not self.tx.insert_new(row):
            self.tx.update(BusinessRow, (self.case, name, self.round), value=value, at=self.now)

    def keep_file(self, filename: str, media_type: str, content: bytes) -> Attachment:
        """Store bytes by their hash; the same bytes are stored once."""
        digest = sha256_of(content)
        self.tx.insert_new(Blob(digest, content))
        return Attachment(filename, media_type, digest)


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
    where: str = field(default_factory=declared_at)

    def __post_init__(self) -> None:
        functools.update_wrapper(self, self.fn)
        self._result: TypeAdapter[Any] = TypeAdapter(get_type_hints(self.fn).get("return", Any))
        parameters = inspect.signature(self.fn).parameters
        self._takes_books = "books" in parameters
        self._takes_key = "idempotency_key" in parameters
        if self.outside and self._takes_books:
            raise AuthorMistake(f"{self.where}: step {self.name} talks to the outside and cannot take books; split it")

    @property
    def name(self) -> str:
        """The function's name, part of the journal key: renaming it changes the procedure."""
        return str(getattr(self.fn, "__name__", "step"))

    @property
    def label(self) -> str:
        """`SV-10 assign supplier code`: the name of the Prefect task."""
        return f"{self.rule} {in_language(self.title, 'en') if self.title else self.name.replace('_', ' ')}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        attempt = current_or_refuse(f"step {self.name}")
        key = attempt.key(self.rule, self.name)
        entry = attempt.journal.next(STEP, key) or attempt.kept_once(self.rule, key)
        if entry is None:
            self._carry_out(attempt, key, args, kwargs)
            entry = attempt.journal.stack[-1]
        return self._result.validate_python(entry.value["result"])

    def _carry_out(self, attempt: Attempt, key: str, args: Any, kwargs: Any) -> None:
        if self.outside:
            attempt.writing.before_outside(attempt.flush)
        if self._takes_key:
            kwargs = kwargs | {"idempotency_key": f"{attempt.row.code}/{attempt.journal.round}/{key}"}
        if self._takes_books:
            work = functools.partial(self._in_transaction, attempt, key, args, kwargs)
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

    def _in_transaction(self, attempt: Attempt, key: str, args: Any, kwargs: Any) -> object:
        with attempt.writing.transaction() as (tx, row):
            attempt.flush_into(tx, row)
            books = Books(tx, attempt.row.code, attempt.journal.round, attempt.now)
            value = self.fn(*args, books=books, **kwargs)
            self._record(attempt, key, value)
            attempt.flush_into(tx, attempt.row)
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
