"""Which language a page speaks. It must not translate anything: labels carry both languages themselves."""

from typing import Final

from starlette.requests import Request

from crm_workflows.domain.text import LANGUAGES, Language

COOKIE: Final = "crmw_language"
PARAMETER: Final = "lang"


def language_of(request: Request, own: str | None = None, *, usual: str | None = None) -> Language:
    """What the address asks for (`?lang=en`), else what was chosen before in this browser, else the reader's `own`
    language where the page knows the reader, else the `usual` one of who has signed in, else what the browser prefers,
    else Chinese."""
    wanted = (request.query_params.get(PARAMETER), request.cookies.get(COOKIE), own, usual, _preferred(request))
    return next((known for text in wanted if (known := _known(text))), "zh")


def chosen(request: Request) -> Language | None:
    """The language that this very address asks for, to be remembered; None when it asks for none."""
    return _known(request.query_params.get(PARAMETER))


def _known(text: str | None) -> Language | None:
    return next((language for language in LANGUAGES if text == language), None)


def _preferred(request: Request) -> str | None:
    """The first of our languages in `Accept-Language` (RFC 9110, 12.5.4), by weight."""
    weighted: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "")[:500].split(","):
        tag, _, weight = part.partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        if _known(language):
            weighted.append((_weight(weight), language))
    return max(weighted, key=lambda pair: pair[0])[1] if weighted else None


def _weight(text: str) -> float:
    try:
        return float(text) if text.strip() else 1.0
    except ValueError:
        return 0.0
