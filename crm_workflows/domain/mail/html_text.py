"""The text of an HTML mail: blocks as lines, quoted blocks marked by "> ", style, script and hidden parts left out.

Struck-out text is left out too, with a mark in its place, so that what it stood before is not read without it; a body
of which nothing is visible is that mark.
A tokeniser of our own in one pass, since the standard library's parser searches malformed input again and again (1 MB
of "<!--" keeps it busy for minutes). It must not fetch anything, nor keep links, pictures or layout.
"""

import html
import re
from collections import Counter
from typing import Final

from crm_workflows.domain.mail import html_style, words

_LONGEST: Final = 4_000_000  # characters; a longer body is cut there, with a mark
_TAG = re.compile(r"<(?P<closing>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,30})")
_WHOLE_TAG: Final = re.compile(r"""<(?:[^>="']|=\s{0,20}(?:"[^"]{0,4000}"|'[^']{0,4000}')|["'=])*+>""")
_VOID: Final = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr", "area", "base", "col", "source"})
_UNSEEN: Final = frozenset({"head", "template", "noscript", "object", "svg", "select", "dialog", "datalist", "iframe"})
_STRUCK: Final = frozenset({"s", "strike", "del"})
_REOPENED: Final = frozenset({"s", "strike"})  # go on after an element that ends around them (HTML §13.2.4.3)
_RAW: Final = frozenset({"style", "script", "title", "textarea"})
_BLOCK: Final = frozenset(
    {
        *(
            "p",
            "div",
            "li",
            "ul",
            "ol",
            "dl",
            "dt",
            "dd",
            "tr",
            "table",
            "tbody",
            "thead",
            "section",
            "article",
            "header",
        ),
        *("footer", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "center", "hr", "form", "fieldset"),
        *("address", "main", "figure", "br"),
    }
)
_QUOTE_MARK = re.compile(
    r"\b(?:gmail_quote|yahoo_quoted|protonmail_quote|ntes-mailmaster-quote|isReplyContent|OLK_SRC_BODY_SECTION|"
    r"zmail_extra|moz-forward-container|foxmail_quote|mail_quote|lark-mail-quote|history-quote\w{0,20})\b",
    re.IGNORECASE,
)
# Outlook puts its header block in this container, and the mail it answers after it without any.
_REST_IS_QUOTED = re.compile(r"\b(?:divRplyFwdMsg|x_divRplyFwdMsg)\b", re.IGNORECASE)
_SIGNATURE_MARK = re.compile(r"\b(?:gmail_signature|moz-signature|ntes-mailmaster-signature)\b", re.IGNORECASE)
_LONGEST_TAG: Final = 20_000  # characters of a tag that are looked at
_DEEPEST: Final = 400  # elements open at once; beyond it structure is ignored, and text is kept unless it is not seen


def html_to_text(source: str) -> str:
    """Plain text of an HTML body, one line a block; never raises, and takes time in proportion to the length."""
    cut = source[:_LONGEST]
    sheet = html_style.StyleSheet()
    if "<style" in cut.lower():
        _read(cut, _Styles(sheet))  # all of them first: one that stands below the text holds for it as well
    writer = _Writer(sheet)
    _read(cut, writer)
    return writer.finish() + ("\n[…]" if len(source) > _LONGEST else "")


def _read(cut: str, writer: "_Reader") -> None:
    at = 0
    while at < len(cut):
        opening = cut.find("<", at)
        if opening < 0:
            break
        writer.text(cut[at:opening])
        at = _read_markup(cut, opening, writer)
    writer.text(cut[at:])


def _read_markup(cut: str, opening: int, writer: "_Reader") -> int:
    """Handle what begins at the "<" at `opening`; returns where reading goes on."""
    if cut.startswith("<!--", opening):
        end = cut.find("-->", opening + 4)
        return len(cut) if end < 0 else end + 3
    found = _TAG.match(cut, opening)
    end = cut.find(">", opening)
    if end < 0:
        writer.text(cut[opening:])
        return len(cut)
    if not found:
        if cut[opening + 1] not in "!?/":
            writer.text("<")
            return opening + 1
        return end + 1
    end = _tag_end(cut, opening, end)
    name = found["name"].lower()
    if found["closing"]:
        writer.close(name)
        return end + 1
    if name in _RAW:
        stop, after = _raw_end(cut, end + 1, name)
        if name == "style":
            writer.style(cut[end + 1 : stop])
        return after
    writer.open(name, cut[opening:end])
    return end + 1


def _tag_end(cut: str, opening: int, end: int) -> int:
    """The ">" that ends a tag, past those inside quoted attribute values of at most 4000 characters."""
    whole = _WHOLE_TAG.match(cut, opening)
    return whole.end() - 1 if whole else end


def _raw_end(cut: str, start: int, name: str) -> tuple[int, int]:
    """Where the content of a style, script or title element ends and where it is over; it is never text to read."""
    closing = re.compile(rf"</{name}\b[^>]{{0,200}}>", re.IGNORECASE).search(cut, start)
    return closing.span() if closing else (len(cut), len(cut))


class _Reader:
    """What can be done with the pieces of a body; nothing, unless overridden."""

    def text(self, raw: str) -> None:
        """Called with character data."""

    def open(self, name: str, tag: str) -> None:
        """Called when an element begins."""

    def close(self, name: str) -> None:
        """Called when an element ends."""

    def style(self, css: str) -> None:
        """Called with the content of a <style> element."""


class _Styles(_Reader):
    """Collects the styles of a body."""

    def __init__(self, sheet: html_style.StyleSheet) -> None:
        self._sheet = sheet

    def style(self, css: str) -> None:
        self._sheet.add(css)


class _Writer(_Reader):
    """Collects lines, with the depth of quotes, whether text is seen, and the elements that are open."""

    def __init__(self, sheet: html_style.StyleSheet) -> None:
        self._sheet = sheet
        self._lines: list[str] = []
        self._line: list[str] = []
        self._open: list[tuple[str, bool, bool, bool]] = []  # name, quotes, hides, strikes
        self._names: Counter[str] = Counter()  # of the open elements
        self._quotes = 0
        self._hidden = 0
        self._struck = 0
        self._left_out = False  # whether there was any hidden text
        self._preformatted = 0

    def text(self, raw: str) -> None:
        """Add character data."""
        if not raw or self._hidden:
            self._left_out = self._left_out or bool(raw.strip())
            return
        said = html.unescape(raw)
        if self._struck:
            if said.strip() and self._line[-1:] != [words.STRUCK_OUT]:
                self._line.append(words.STRUCK_OUT)
        elif self._preformatted:
            first, *others = said.split("\n")
            self._line.append(first)
            for other in others:
                self._end_line(wanted=True)
                self._line.append(other)
        else:
            self._line.append(re.sub(r"[ \t\r\n\f]+", " ", said))

    def open(self, name: str, tag: str) -> None:
        """Begin an element; `tag` is its markup, looked at for marks of quotes, signatures and hiding."""
        if name in ("td", "th") and self._line and not self._hidden:
            self._line.append(" ")
        if name in _BLOCK:
            self._end_line(wanted=name == "br" and not self._hidden)
        if name in _VOID:
            return
        if name == "body":
            self.close("head")
        marks = tag[:_LONGEST_TAG]
        if _SIGNATURE_MARK.search(marks) and not self._hidden:
            self._end_line()
            self._lines.append("> " * self._quotes + "-- ")
        if _REST_IS_QUOTED.search(marks):
            self._quotes += 1
        quotes = name == "blockquote" or bool(_QUOTE_MARK.search(marks))
        hides, strikes = self._look(name, marks)
        if len(self._open) < _DEEPEST:
            self._end_line_if(quotes)
            self._open.append((name, quotes, hides, strikes))
            self._names[name] += 1
            self._quotes += quotes
            self._hidden += hides
            self._struck += strikes
            self._preformatted += name == "pre"
        else:
            self._hidden += hides or strikes  # for good: where it ends is not known any more

    def _look(self, name: str, tag: str) -> tuple[bool, bool]:
        """Whether an element is invisible and whether it is struck out."""
        given = html_style.attributes(tag)
        hides = name in _UNSEEN or "hidden" in given or self._sheet.hides(name, given)
        strikes = name in _STRUCK or self._sheet.strikes(name, given)
        if "style" not in given:
            return hides, strikes
        own = html_style.declarations(given["style"])
        return hides or html_style.hides(own), strikes or html_style.strikes(own)

    def close(self, name: str) -> None:
        """End an element, and those left open inside it; a closing tag without its opening one is ignored."""
        if name in _BLOCK:
            self._end_line()
        goes_on = ""
        while self._names[name]:
            opened, quotes, hides, strikes = self._open.pop()
            self._names[opened] -= 1
            self._end_line_if(quotes)
            self._quotes -= quotes
            self._hidden -= hides
            self._struck -= strikes
            self._preformatted -= opened == "pre"
            if opened == name:
                break
            goes_on = opened if opened in _REOPENED else goes_on
        if goes_on:
            self._open.append((goes_on, False, False, True))
            self._names[goes_on] += 1
            self._struck += 1

    def finish(self) -> str:
        """The text, with at most one empty line between two others."""
        self._end_line()
        kept: list[str] = []
        for line in self._lines:
            if line.strip("> ") or (kept and kept[-1].strip("> ")):
                kept.append(line)
        shown = "\n".join(kept).strip("\n")
        return words.STRUCK_OUT if self._left_out and not shown.strip() else shown

    def _end_line_if(self, needed: bool) -> None:
        if needed:
            self._end_line()

    def _end_line(self, wanted: bool = False) -> None:
        """Close the line; an empty one is kept only when `wanted`, as <br> means it."""
        said = "".join(self._line)
        self._line.clear()
        shown = said if self._preformatted else said.strip(" ")
        if shown.strip() or wanted:
            self._lines.append("> " * min(self._quotes, 20) + shown)
