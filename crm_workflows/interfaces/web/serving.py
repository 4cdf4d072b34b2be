"""How the application is served: on loopback, or beyond it where people sign in and TLS is said to be in front of us.

It must not start anything by itself.
"""

from typing import Final
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import bilingual
from crm_workflows.settings import Settings, is_loopback

OPEN: Final = bilingual(
    "未启用登录，页面只能在本机地址上提供；请将 CRMW_BIND 设为 127.0.0.1，或设置 CRMW_SIGN_IN=on",
    "nobody signs in, so pages are served on this machine only; set CRMW_BIND=127.0.0.1, or CRMW_SIGN_IN=on",
)
NO_PROXY: Final = bilingual(
    "绑定本机以外的地址须声明前面有 TLS 的代理；请将 CRMW_PUBLIC_URL 设为其 https 地址",
    "beyond this machine pages are served behind a proxy with TLS; set CRMW_PUBLIC_URL to its https address",
)
IN_CLEAR: Final = bilingual(
    "启用登录后，登录凭据不得明文传输；请将 CRMW_PUBLIC_URL 设为 https 地址",
    "where people sign in, a session must not travel in the clear; CRMW_PUBLIC_URL must be an https address",
)
CODES_FOR_ALL: Final = bilingual(
    "本机邮箱会向所有人显示登录码；请设置 CRMW_SMTP_HOST，或只在本机使用",
    "the mailbox on this machine would show everybody's codes; set CRMW_SMTP_HOST, or stay on this machine",
)


def check_doors(settings: Settings) -> None:
    """Raise ConfigurationError where pages would be open to whoever comes, or a session could be read on its way."""
    is_beyond, is_public = not is_loopback(settings.bind), bool(settings.public_host)
    if not settings.sign_in:
        wrong = [OPEN] if is_beyond else []
    elif is_public and urlsplit(settings.public_url).scheme != "https":
        wrong = [IN_CLEAR]
    elif is_public and settings.is_local_mail:
        wrong = [CODES_FOR_ALL]
    else:
        wrong = [NO_PROXY] if is_beyond and not is_public else []
    if wrong:
        raise ConfigurationError(wrong)


def server_for(app: ASGIApp, settings: Settings, port: int) -> uvicorn.Server:
    """A server for the application, not yet running. Its own access log is off: paths hold secrets, and the guard logs
    every request without them. Only the declared proxies are believed in who asks, and that it came over TLS."""
    check_doors(settings)
    config = uvicorn.Config(
        app, host=settings.bind, port=port, access_log=False, server_header=False, log_config=None, lifespan="off",
        timeout_graceful_shutdown=5, h11_max_incomplete_event_size=64 * 1024, proxy_headers=True,
        forwarded_allow_ips=settings.proxies,
    )  # fmt: skip
    return uvicorn.Server(config)
