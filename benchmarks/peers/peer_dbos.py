"""DBOS: a durable workflow whose steps are transactions, waiting in `recv`; see docs.dbos.dev/python."""

import sys
import threading
import uuid
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID, SQLAlchemyDatasource
from lab import ADD_ROW, QUEUE, SUBJECT, database, mail, measure, row

URL = sys.argv[1]
# Its own connections keep SQLite's default, which is to sync every commit; that the log is a WAL lasts in the file.
IS_SQLITE = database(URL).dialect.name == "sqlite"
LEVEL = "SERIALIZABLE" if IS_SQLITE else "READ COMMITTED"
config: DBOSConfig = {
    "name": "approval",
    "system_database_url": URL,
    "notification_listener_polling_interval_sec": 0.001,
    "log_level": "ERROR",
}
DBOS(config=config)
rows = SQLAlchemyDatasource.create(URL)
asked: dict[str, threading.Event] = {}


@rows.transaction(name="note", isolation_level=LEVEL)
def note(code: str, name: str) -> None:
    rows.sql_session().execute(ADD_ROW, row(code, name))


@rows.transaction(name="ask", isolation_level=LEVEL)
def ask(code: str, subject: dict[str, str]) -> None:
    rows.sql_session().execute(QUEUE, mail(code, subject))


@DBOS.workflow()
def approval(subject: dict[str, str]) -> str:
    code = str(DBOS.workflow_id)
    note(code, "request")
    note(code, "budget")
    ask(code, subject)
    asked[code].set()
    if DBOS.recv("decision", timeout_seconds=600) != "approve":
        return "rejected"
    note(code, "order")
    note(code, "archive")
    return "approved"


def begin() -> Any:
    code = uuid.uuid4().hex
    event = asked[code] = threading.Event()
    with SetWorkflowID(code):
        handle = DBOS.start_workflow(approval, SUBJECT)
    event.wait()
    del asked[code]
    return handle


def decide(handle: Any) -> None:
    DBOS.send(handle.workflow_id, "approve", "decision")
    assert handle.get_result(polling_interval_sec=0.001) == "approved"


DBOS.launch()
measure("DBOS", "dbos", begin, decide, "workflow with transactional steps and recv, polling at 1 ms")
DBOS.destroy()
