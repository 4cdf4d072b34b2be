"""An answer that takes long: within a moment the page itself, else a page that tells how far it is and then the result.

Pages run no scripts, so the browser is sent one page piece by piece. Whoever closes it stops nothing. It must not know
what is done.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from html import escape
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

from starlette.responses import Response, StreamingResponse

from crm_workflows.domain.errors import CrmError
from crm_workflows.domain.text import bilingual, in_language

log = logging.getLogger(__name__)
PATIENCE: Final = 2.0
"""Seconds within which an answer is an ordinary one, with its own status."""
BEGINS, ENDS = "<!-- result -->", "<!-- /result -->"
"""In the templates, around what the result will say."""
UNBUFFERED: Final = {"X-Accel-Buffering": "no"}
"""nginx would keep the page back until it is complete."""
LOST: Final = bilingual("系统内部出错，详情见日志", "something failed inside; the log has the details")
Told = str | Response | Exception
"""How far it is, in the reader's language; the page; or why there is none."""
Tell = Callable[[str], None]


def answer(work: Callable[[Tell], Response], waiting: Callable[[], Response], language: str) -> Response:
    """What `work` gives; raises what it raises within PATIENCE. `waiting` is the page to begin with."""
    told: SimpleQueue[Told] = SimpleQueue()

    def worked() -> None:
        try:
            told.put(work(told.put))
        except Exception as error:  # noqa: BLE001 - whoever waits raises it or says it
            told.put(error)

    threading.Thread(target=copy_context().run, args=(worked,), name="slow answer", daemon=True).start()
    until = monotonic() + PATIENCE
    while (left := until - monotonic()) > 0:
        try:
            heard = told.get(timeout=left)
        except Empty:
            break
        if isinstance(heard, Exception):
            raise heard
        if isinstance(heard, Response):
            return heard
    return StreamingResponse(_pieces(_text(waiting()), told, language), media_type="text/html", headers=UNBUFFERED)


def _pieces(waiting: str, told: "SimpleQueue[Told]", language: str) -> Iterator[str]:
    yield f'{waiting.partition(BEGINS)[0]}<div class="far" role="status">'
    while isinstance(heard := told.get(), str):
        yield f"<p>{escape(heard)}</p>\n"
    yield "</div>"
    yield _text(heard).partition(BEGINS)[2] if isinstance(heard, Response) else _failed(heard, waiting, language)


def _failed(heard: Exception, waiting: str, language: str) -> str:
    if not isinstance(heard, CrmError):
        log.error("a slow answer failed", exc_info=heard)
    sentence = in_language(heard.message if isinstance(heard, CrmError) else LOST, language)
    return f'<p class="note bad" role="alert">{escape(sentence)}</p>{waiting.partition(ENDS)[2]}'


def _text(page: Response) -> str:
    return bytes(page.body).decode()
