"""Which of the versions of one text a mail is read by: plain, or HTML. It must not parse parts: `body` does."""

from crm_workflows.domain.mail import words
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.mail.visible_text import split_reply


def best_version(versions: list[tuple[str, str]]) -> str:
    """Of (media type, text) the plain version, unless it is empty or lost its line ends while the rich one kept them.

    Where the two answer differently, both below `words.TWO_VERSIONS`: what a person sees depends on the mail program.
    """
    plain = next((text for media_type, text in versions if media_type == "text/plain" and text.strip()), "")
    rich = next((text for media_type, text in reversed(versions) if media_type != "text/plain" and text.strip()), "")
    if plain and rich and _answer_differently(plain, rich):
        return f"{words.TWO_VERSIONS}\n{split_reply(plain).own}\n\n{split_reply(rich).own}"
    flattened = "\n" not in plain.strip() and "\n" in rich.strip()
    return rich if rich and (not plain or flattened) else plain


def _answer_differently(plain: str, rich: str) -> bool:
    one, other = read_reply(plain), read_reply(rich)
    if (one.kind, one.target, one.items) == (other.kind, other.target, other.items):
        return False
    if not one.decides and not other.decides:
        return False
    # The same words are no contradiction where a program lost line ends, or left a quote unmarked in one version.
    said = _squeezed(split_reply(rich).own)
    return not said or not _squeezed(plain).startswith(said)


def _squeezed(text: str) -> str:
    return "".join(char for char in words.clean_line(text) if not char.isspace() and char not in "*_")
