"""The role that serves the pages, on loopback unless the settings say otherwise. It must not make pages."""

import socket
import threading
from typing import Any, Final

import uvicorn

from crm_workflows.adapters.files import said_with_reason
from crm_workflows.bootstrap import Office
from crm_workflows.domain.errors import Refused
from crm_workflows.interfaces.mailbox import LocalMailbox, poster
from crm_workflows.interfaces.web.app import create_app, create_watched
from crm_workflows.interfaces.web.serving import check_doors, server_for
from crm_workflows.settings import Settings

BACKLOG: Final = 256
LOOK_SECONDS: Final = 0.2


class Web:
    """uvicorn on a socket of ours, so that the port is known, and a taken one is told, before anything starts."""

    name = "web"

    def __init__(self, settings: Settings, port: int, option: str = "--port") -> None:
        """Raises Refused when the port is taken, naming the option by which another can be had; ConfigurationError
        where pages must not be served like that."""
        check_doors(settings)
        self._settings, self._option = settings, option
        self._socket: socket.socket | None = _bound(settings.bind, port, option)
        self.port: int = self._socket.getsockname()[1]
        self._app: Any = None

    def serve(self, app: Any) -> None:
        """The application, to be told before the role runs."""
        self._app = app

    def run(self, stop: threading.Event) -> None:
        """Serve until told to stop; requests under way are finished."""
        bound, self._socket = self._socket or _bound(self._settings.bind, self.port, self._option), None
        server = server_for(self._app, self._settings, self.port)
        ended = threading.Event()
        watch = threading.Thread(target=_end_with, args=(stop, ended, server), name="web-watch", daemon=True)
        watch.start()
        try:
            server.run(sockets=[bound])
        finally:
            ended.set()

    def close(self) -> None:
        """Give the port back if the role never ran."""
        if self._socket is not None:
            self._socket.close()


def _end_with(stop: threading.Event, ended: threading.Event, server: uvicorn.Server) -> None:
    """Let the server end when the product does."""
    while not (stop.wait(LOOK_SECONDS) or ended.is_set()):
        pass
    server.should_exit = True


def application(office: Office, smtp_port: int | None) -> Any:
    """The pages; with the mailbox where all mail stays on this machine."""
    if not office.settings.is_local_mail or smtp_port is None:
        return create_app(office)
    return create_app(office, mailbox=LocalMailbox(office.store), post=poster(smtp_port))


def watched_application(office: Office) -> Any:
    """Health and metrics only, for a process without pages."""
    return create_watched(office)


def _bound(address: str, port: int, option: str) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        zh = f"端口 {port} 无法使用（{{}}），请用 {option} 换一个"
        en = f"port {port} cannot be used ({{}}); choose another one with {option}"
        raise Refused(said_with_reason(zh, en, error)) from error
    bound.set_inheritable(False)
    return bound
