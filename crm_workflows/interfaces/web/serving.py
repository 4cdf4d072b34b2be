"""How the application is served: on loopback only until people can sign in. It must not start anything by itself."""

import ipaddress

import uvicorn
from starlette.types import ASGIApp

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import bilingual


def refuse_beyond_loopback(host: str) -> None:
    """Raise ConfigurationError unless only this machine can reach `host` (contract: until people sign in)."""
    try:
        is_loopback = host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        zh = f"页面目前不需要登录，只能在本机地址上提供，不能绑定 {host}；请使用 127.0.0.1"
        en = f"pages need no sign-in yet and are served on this machine only, not on {host}; bind 127.0.0.1"
        raise ConfigurationError([bilingual(zh, en)])


def server_for(app: ASGIApp, host: str = "127.0.0.1", port: int = 8000) -> uvicorn.Server:
    """A server for the application, not yet running. Its own access log is off: paths hold secrets, and the guard logs
    every request without them."""
    refuse_beyond_loopback(host)
    config = uvicorn.Config(
        app, host=host, port=port, access_log=False, server_header=False, log_config=None, lifespan="off",
        timeout_graceful_shutdown=5, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    return uvicorn.Server(config)
