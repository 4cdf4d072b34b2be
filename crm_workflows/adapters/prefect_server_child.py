"""The child process of `PrefectServer`: Prefect's own `server start`, ending with its parent. Import it nowhere."""

import os
import signal
import sys
import threading
from typing import Final

GRACE_SECONDS: Final = 5.0


def main(host: str, port: str) -> None:
    """Run the server until it is told to end, or until the parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from prefect.cli import app

    sys.argv = ["prefect", "server", "start", "--host", host, "--port", port]
    app()


def _end_with_parent() -> None:
    # Our end of the pipe closes with the parent, however that dies; a process number could be somebody else's by then.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
