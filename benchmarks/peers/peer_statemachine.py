"""python-statemachine: a state machine whose model keeps its state in a row, saved with its effects in one commit."""

import sys
import uuid

import sqlalchemy as sa
from lab import ADD_ROW, METADATA, QUEUE, SUBJECT, database, mail, measure, row
from statemachine import State, StateMachine

CASES = sa.Table(
    "peer_cases", METADATA, sa.Column("code", sa.Text, primary_key=True), sa.Column("state", sa.Text),
    sa.Column("subject", sa.JSON),
)  # fmt: skip
OPEN = sa.insert(CASES)
SAVE = sa.update(CASES).where(CASES.c.code == sa.bindparam("of")).values(state=sa.bindparam("to"))
LOAD = sa.select(CASES.c.state).where(CASES.c.code == sa.bindparam("of"))
engine = database(sys.argv[1])


class Model:
    """A case: the machine reads and sets `state`."""

    def __init__(self, code: str, connection: sa.Connection, state: str | None = None) -> None:
        self.code, self.connection, self.state = code, connection, state


class Approval(StateMachine):
    requested = State(initial=True)
    checked = State()
    waiting = State()
    ordered = State()
    archived = State(final=True)

    enter = requested.to(checked)
    ask = checked.to(waiting)
    approve = waiting.to(ordered)
    archive = ordered.to(archived)

    def _note(self, name: str) -> None:
        self.model.connection.execute(ADD_ROW, row(self.model.code, name))

    def on_enter(self) -> None:
        self._note("request")
        self._note("budget")

    def on_ask(self) -> None:
        self.model.connection.execute(QUEUE, mail(self.model.code))

    def on_approve(self) -> None:
        self._note("order")

    def on_archive(self) -> None:
        self._note("archive")


def begin() -> str:
    code = uuid.uuid4().hex
    with engine.begin() as connection:
        model = Model(code, connection)
        machine = Approval(model)
        machine.enter()
        machine.ask()
        connection.execute(OPEN, {"code": code, "state": model.state, "subject": SUBJECT})
    return code


def decide(code: str) -> None:
    with engine.begin() as connection:
        model = Model(code, connection, connection.execute(LOAD, {"of": code}).scalar_one())
        machine = Approval(model)
        machine.approve()
        machine.archive()
        connection.execute(SAVE, {"of": code, "to": model.state})


measure("python-statemachine", "python-statemachine", begin, decide, "state in a row, saved by us with its effects")
