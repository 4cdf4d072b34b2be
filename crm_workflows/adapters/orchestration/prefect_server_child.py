"""The child process of `PrefectServer`: Prefect's server on a socket it is handed, ending with its parent.

Import it nowhere: it is run by its path.
"""

import os
import signal
import socket
import sys
import threading
from typing import Any, Final

GRACE_SECONDS: Final = 5.0
KEEP_ALIVE_SECONDS: Final = 5


def main(handle: int) -> None:
    """Serve on the bound socket with this file descriptor, until told to end or until the parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app
    from sqlalchemy import Engine, event

    from crm_workflows.adapters.orchestration.prefect_server_guard import OnlyThisMachine

    event.listen(Engine, "before_cursor_execute", _ready_to_write, retval=True)
    # What `prefect server start` does, except that it would bind the port itself, which somebody else may have by then.
    app = OnlyThisMachine(create_app(final=True))
    config = uvicorn.Config(app, timeout_keep_alive=KEEP_ALIVE_SECONDS, log_level="warning")
    bound = socket.socket(fileno=handle)
    # Only now, not when it was bound: its connections inherit it, and would else keep the port from the next server.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    uvicorn.Server(config).run(sockets=[bound])


def _ready_to_write(_c: Any, _d: Any, statement: str, parameters: Any, _e: Any, _m: bool) -> tuple[str, Any]:
    """Begin what will write as a writer, so that it waits for its turn.

    Prefect (3.8.8) begins it as a reader; when another one has written since, SQLite refuses its first write at once
    (SQLITE_BUSY_SNAPSHOT), and whoever asked gets a 503: of 200 starts of runs by twelve people at once, thirty.
    """
    return ("BEGIN IMMEDIATE" if statement == "BEGIN DEFERRED" else statement), parameters


def _end_with_parent() -> None:
    # Our end of the pipe closes with the parent, however that dies; a process number could be somebody else's by then.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
