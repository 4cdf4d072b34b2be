"""What the engine itself does about a promise (CB-4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_workflows import Books, step
from flows.callback_promise.elements import PromiseResult
from flows.callback_promise.subject import CustomerPromise


@dataclass(frozen=True)
class Later:
    """The same promise on another day."""

    at: datetime
    input: dict[str, Any]


@step(rule="CB-4", title="登记是否兑现 / enter whether it was kept")
def enter_result(said: PromiseResult, *, books: Books) -> None:
    """What the share of promises kept counts (docs/figures.md)."""
    books.write("promise", said.result)


@step(rule="CB-4", title="改期 / put it on another day")
def promised_again(promise: CustomerPromise, said: PromiseResult, *, books: Books) -> Later:
    """In the morning of that day; a day that has come is asked about at once."""
    day = said.again_on or books.today
    return Later(books.morning_of(day), promise.model_dump(mode="json") | {"by": day.isoformat()})
