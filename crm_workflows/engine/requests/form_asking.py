"""Opens form tasks: whom of the staff or outside they ask, and with what they are filled in beforehand.

It must not take the form in (see `answers`).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.elements import FormTask
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.domain.shown import Shown
from crm_workflows.engine.requests.asking import (
    Asked,
    Contact,
    Term,
    is_over,
    new_request,
    open_request,
    outside_asked,
    staff_asked,
    who_did,
)
from crm_workflows.engine.requests.timing import instant, times
from crm_workflows.engine.running.attempt import Attempt


def open_task(
    attempt: Attempt,
    task: FormTask,
    key: str,
    shows: dict[str, Any],
    draft: dict[str, Any],
    term: Term,
    who: Contact | Approver | None = None,
) -> None:
    """Open a form task; earlier answers of a superseded round, else the draft, are filled in.

    `who` is somebody outside, or of those whom the task may ask the ones to ask now; None for all of them.
    """
    if is_over(attempt, task.rule, key, term):
        return
    never = _those_before(attempt, task)
    asked = _task_asked(attempt, task, who, never)
    filled = prefill(draft, attempt.journal.earlier.get(key) or {}, anew=task.anew)
    # One name stands alone: so a program of release 0.1.0, which may still run beside this one, reads it.
    second = {"other_than": never if never[1:] else never[0]} if never else {}
    request = new_request(attempt, task, "task", key, shows | {"draft": filled} | second)
    request = replace(
        request,
        lapse_at=term.until or instant(attempt, task.lapse),
        fingerprint=Shown.from_json(shows).fingerprint(),
        **times(attempt, task, (person.email for person in asked)),
    )
    open_request(attempt, task, request, asked)


def _task_asked(
    attempt: Attempt, task: FormTask, who: Contact | Approver | None, never: Collection[str]
) -> list[Asked]:
    if isinstance(who, Contact):
        return [outside_asked(who)]
    approver = who or task.by
    if approver is None:
        raise AuthorMistake(f"{task.where}: task {task.name} is for somebody outside; say whom by `from_`")
    return staff_asked(attempt, approver, never=never)


def _those_before(attempt: Attempt, task: FormTask) -> list[str]:
    """Who filled in the tasks that this one checks; nobody where no second person is needed."""
    did = [who for name in task.others for who in who_did(attempt, name)]
    if task.others and not did:
        names = ", ".join(task.others)
        raise AuthorMistake(f"{task.where}: task {task.name} checks {names}, which nobody has filled in yet")
    return list(dict.fromkeys(did))


def prefill(draft: dict[str, Any], earlier: dict[str, Any], *, anew: Sequence[str] = ()) -> dict[str, Any]:
    """What a form opened again is filled in with: earlier answers, but the new draft where its facts have changed.

    What the form asks `anew` is not taken from earlier answers.
    """
    before = earlier.get("draft") or {}
    answers = {k: v for k, v in (earlier.get("answer") or {}).items() if k not in anew}
    return draft | {k: v for k, v in answers.items() if k not in draft or draft[k] == before.get(k)}
