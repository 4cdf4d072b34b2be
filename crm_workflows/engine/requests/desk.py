"""From where people are asked and where their answers are taken: engine, procedure, case and moment in one hand.

It must not ask, answer or write.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.running.ledger import Ledger

if TYPE_CHECKING:
    from crm_workflows.engine.context import Engine
    from crm_workflows.engine.procedure import Procedure


class Desk(Protocol):
    """From where people are asked: a running attempt, or an answer that is being taken."""

    engine: "Engine"
    procedure: "Procedure"
    row: CaseRow
    ledger: Ledger
    now: datetime


@dataclass
class AnswerDesk:
    """Where no attempt runs: an answer is taken, or a look at a case, see `Desk`."""

    engine: "Engine"
    procedure: "Procedure"
    row: CaseRow
    ledger: Ledger
    now: datetime


def desk_of(engine: "Engine", row: CaseRow, now: datetime) -> AnswerDesk:
    """For what is said to a case, with nothing written yet; raises ProcedureChanged where its code is not here."""
    return AnswerDesk(engine, engine.procedure_of(row), row, Ledger(row), now)
