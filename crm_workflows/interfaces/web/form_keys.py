"""Hidden fields that prove a post comes from a form we drew: a MAC over what it may do (CSRF), and over who has signed
in, so that a form of one colleague is of no use in the browser of another. It stores nothing."""

import hmac
from typing import Final

from starlette.exceptions import HTTPException

from crm_workflows.domain.text import bilingual
from crm_workflows.engine.ports import Secrets
from crm_workflows.interfaces.web.acting import myself
from crm_workflows.interfaces.web.posted import Posted

FIELD: Final = "form_key"
NONCE: Final = "form_id"
_MISSING: Final = bilingual(
    "提交缺少表单自带的校验内容，没有做任何记录；请打开页面后重新提交",
    "the hidden fields of the form are missing, and nothing was recorded; open the page and submit it from there",
)
_WRONG: Final = bilingual(
    "表单已失效或不是从本页面提交，没有做任何记录；请重新打开页面后提交",
    "the form is out of date or did not come from this page, and nothing was recorded; open the page again",
)


def hidden(secrets: Secrets, *purpose: str) -> dict[str, str]:
    """The fields for a form that does `purpose`: a nonce, and the MAC over both."""
    nonce = secrets.nonce()
    return {NONCE: nonce, FIELD: _mac(secrets, nonce, purpose)}


def check(secrets: Secrets, posted: Posted, *purpose: str) -> str:
    """The nonce of the form; HTTPException 400 when the fields are missing, 403 when they belong to another form."""
    nonce, key = posted.text(NONCE), posted.text(FIELD)
    if not nonce or not key:
        raise HTTPException(400, _MISSING)
    if not hmac.compare_digest(key.encode(), _mac(secrets, nonce, purpose).encode()):
        raise HTTPException(403, _WRONG)
    return nonce


def _mac(secrets: Secrets, nonce: str, purpose: tuple[str, ...]) -> str:
    me = myself()
    return secrets.sign("page form", "\x1f".join([nonce, *purpose, *([me.email] if me else [])]))
