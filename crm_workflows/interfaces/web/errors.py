"""Turns refusals and failures into pages of one sentence, never a traceback. It must not log personal data."""

import logging
import secrets
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from crm_workflows.domain.errors import (
    AlreadyDecided,
    CrmError,
    Expired,
    InvalidInput,
    NotEntitled,
    NotFound,
    StoreBusy,
    TooOften,
)
from crm_workflows.domain.text import SEPARATOR, bilingual
from crm_workflows.interfaces.web.guard import redacted
from crm_workflows.interfaces.web.site import site_of

log = logging.getLogger(__name__)
STATUS: Final[dict[type[CrmError], int]] = {
    NotFound: 404,
    NotEntitled: 403,
    AlreadyDecided: 409,
    Expired: 410,
    InvalidInput: 422,
    StoreBusy: 503,
    TooOften: 429,
}
HEADLINES: Final = {
    400: "无法处理这次提交 / This cannot be processed",
    401: "请先登录 / Please sign in",
    403: "不允许的操作 / This is not allowed",
    404: "没有找到 / Not found",
    405: "不支持的操作 / Not supported here",
    409: "已有结果 / Already decided",
    410: "链接已失效 / This link is over",
    413: "内容太大 / Too large",
    415: "无法处理这次提交 / This cannot be processed",
    422: "填写有误 / Something does not fit",
    429: "过于频繁 / Too often",
    503: "暂时无法处理 / Not possible at the moment",
}
SENTENCES: Final = {
    404: "这里没有页面，请核对地址 / there is no page here; check the address",
    405: "此页面不接受这种请求 / this page does not take requests of that kind",
}
UNEXPECTED: Final = "出现意外错误 / An unexpected error"


def status_of(error: CrmError) -> int:
    """The HTTP status of a refusal or failure; 500 for an author's mistake, which no reader can mend."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


async def refused(request: Request, error: Exception) -> Response:
    """A page for an error of our tree."""
    if not isinstance(error, CrmError):
        raise error
    status = status_of(error)
    if status == 500:
        log.error("a page met a mistake", extra={"path": redacted(request.url.path)}, exc_info=error)
    response = message_page(request, status, error.message)
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


async def refused_by_http(request: Request, error: Exception) -> Response:
    """A page for what the framework or a guard refuses."""
    if not isinstance(error, HTTPException):
        raise error
    detail = str(error.detail)
    sentence = (
        detail if SEPARATOR in detail else SENTENCES.get(error.status_code, HEADLINES.get(error.status_code, detail))
    )
    response = message_page(request, error.status_code, sentence)
    response.headers.update(dict(error.headers or {}))
    return response


async def unexpected(request: Request, error: Exception) -> Response:
    """A page for a fault of ours; its reference leads an admin to the log."""
    reference = secrets.token_hex(4)
    log.error("unexpected error", extra={"reference": reference, "path": redacted(request.url.path)}, exc_info=error)
    zh = f"系统内部出错，您提交的内容没有生效；请稍后再试，或把编号 {reference} 告诉管理员"
    en = f"something failed inside, and nothing was recorded; try again, or tell an administrator reference {reference}"
    return message_page(request, 500, bilingual(zh, en))


def message_page(request: Request, status: int, sentence: str) -> Response:
    """A page that says one sentence; without navigation where the reader may be from outside."""
    is_link = request.url.path.startswith(("/r/", "/t/", "/d/"))
    return site_of(request).page(
        request, "message.html", status=status, headline=HEADLINES.get(status, UNEXPECTED),
        sentence=sentence, with_nav=not is_link,
    )  # fmt: skip
