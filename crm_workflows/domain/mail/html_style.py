"""Which elements of an HTML mail its styles make invisible or strike out.

Rather too wide than too narrow: a rule whose reach cannot be judged (a media query, an ancestor) holds for every
element that it names. It must not lay anything out, nor follow what a style refers to.
"""

import html
import re
from typing import Final

_LONGEST_SELECTOR: Final = 500  # characters, counted from its end, where the element itself is named
_MOST_FRAGMENTS: Final = 50  # attribute selectors with a part of a value; more are taken to mean the whole attribute
_ATTRIBUTE: Final = re.compile(
    r"""(?P<name>[^\s"'=<>/]+)(?:\s{0,20}=\s{0,20}(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'>]+)))?"""
)
_CSS_ESCAPE: Final = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_HIDING: Final = {
    "display": re.compile(r"none\b"),
    "visibility": re.compile(r"(?:hidden|collapse)\b"),
    "mso-hide": re.compile(r"(?:all|screen)\b"),
    "font-size": re.compile(
        r"(?:0*1(?:\.\d*)?|0*(?:\.\d*)?)(?:px|pt)?(?!\S)|0*(?:\.[01]\d*)?(?:em|rem)(?!\S)|0*\d?%|calc\(\s*0(?![.\d])"
    ),
    "font": re.compile(r"(?:.*\s)?0(?:px|pt|em|%)?(?:/|\s)"),
    "opacity": re.compile(r"0*(?:\.0\d*)?(?!\S)|0*\d?(?:\.\d*)?%"),
    "filter": re.compile(r".*opacity\s*[(=]\s*0*(?:\.0\d*)?%?\s*\)"),
    "color": re.compile(r"transparent\b"),
    "clip": re.compile(r"rect\(\s*[01](?![.\d])"),
    "clip-path": re.compile(r"inset\(\s*(?:[5-9]\d|100)|circle\(\s*0|polygon\(\s*0[^,]*\)"),
    "transform": re.compile(r".*(?:scale[xy]?\(\s*0(?![.\d])|translate\w*\([^)]*-\d{3})"),
}
_OFF_SCREEN: Final = re.compile(
    r"(?:.*\s)?-(?:\d{3,}(?:\.\d*)?(?:px|pt)?|\d{2,}(?:\.\d*)?(?:em|rem|vw|vh|%|in|cm))(?!\S)"
)
_PLACES: Final = (
    *("left", "right", "top", "bottom", "text-indent", "margin", "margin-left", "margin-right", "margin-top"),
    *("inset", "inset-inline-start"),
)
_SIZES: Final = ("height", "max-height", "width", "max-width")
_ZERO: Final = re.compile(r"0*(?:\.0*)?(?:px|pt|em|rem|%|vh|vw)?(?!\S)")
# Rules for a state (`a:hover`) or for what is no element (`::before`, a scrollbar) leave an element as it is.
_OTHER_STATE: Final = re.compile(
    r"::|:(?:before|after|hover|active|focus|visited|first-l|selection|placeholder)", re.IGNORECASE
)
_BY_ATTRIBUTE: Final = re.compile(r"\[\s*([\w-]+)\s*(?:([~|^$*]?)=\s*[\"']?([^\"'\]]*)[\"']?[^\]]*)?\]")


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a tag's markup (`<p class=x hidden`), names in lower case; of two the first counts (HTML)."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(_after_name(tag)):
        value = match["double"] or match["single"] or match["bare"] or ""
        found.setdefault(match["name"].lower(), html.unescape(value))
    return found


def declarations(style: str) -> dict[str, str]:
    """Property and value of each declaration in lower case, without comments, escapes and "!important"."""
    told = _CSS_ESCAPE.sub(_unescaped, re.sub(r"/\*.*?(?:\*/|$)", "", style, flags=re.DOTALL)).lower()
    found: dict[str, str] = {}
    for declaration in told.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = " ".join(value.partition("!")[0].split())
    return found


def hides(style: dict[str, str]) -> bool:
    """True when an element with these declarations cannot be seen."""
    if any(name in style and style[name] and pattern.match(style[name]) for name, pattern in _HIDING.items()):
        return True
    if any(name in style and _OFF_SCREEN.match(style[name]) for name in _PLACES):
        return True
    cut = any(style.get(name, "").startswith(("hidden", "clip")) for name in ("overflow", "overflow-x", "overflow-y"))
    return cut and any(style.get(name) and _ZERO.match(style[name]) for name in _SIZES)


def strikes(style: dict[str, str]) -> bool:
    """True when the text of an element with these declarations is struck out."""
    return any("line-through" in style.get(name, "") for name in ("text-decoration", "text-decoration-line"))


class StyleSheet:
    """The rules of a mail's <style> elements that hide or strike out, by what they name."""

    def __init__(self) -> None:
        self._hidden = _Named()
        self._struck = _Named()

    def add(self, css: str) -> None:
        """Take in the text of a <style> element; takes time in proportion to its length."""
        css = re.sub(r"<!--|-->", "", _without_comments(css))
        for block in css.split("}"):
            before, brace, body = block.rpartition("{")
            style = declarations(body) if brace else {}
            for named, is_so in ((self._hidden, hides(style)), (self._struck, strikes(style))):
                if is_so:
                    named.add(before.rpartition("{")[2].rpartition(";")[2])

    def hides(self, name: str, given: dict[str, str]) -> bool:
        """True when a rule hides the element `name` with the attributes `given`."""
        return self._hidden.names(name, given)

    def strikes(self, name: str, given: dict[str, str]) -> bool:
        """True when a rule strikes out the element `name` with the attributes `given`."""
        return self._struck.names(name, given)


class _Named:
    """Elements as selectors name them; looked up in a time that does not grow with the number of rules."""

    def __init__(self) -> None:
        self._keys: set[str] = set()  # "p", ".x", "p.x", "#x", "p#x", "[x]", "*"
        self._fragments: list[tuple[str, str]] = []  # attribute, part of its value

    def add(self, selectors: str) -> None:
        for selector in selectors.split(","):
            named = _last_named(selector.strip()[-_LONGEST_SELECTOR:])
            if named and not _OTHER_STATE.search(named):
                self._add_one(re.sub(r":[\w-]+(?:\([^)]*\)?)?", "", named))

    def _add_one(self, selector: str) -> None:
        selector = _CSS_ESCAPE.sub(_unescaped, selector)
        by_attribute = _BY_ATTRIBUTE.findall(selector)
        plain = _BY_ATTRIBUTE.sub("", selector)
        tag = re.match(r"[\w-]*", plain)
        name = tag[0].lower() if tag else ""
        marks: list[str] = re.findall(r"[.#][^.#\s]+", plain)
        marks += [f"{'.' if a.lower() == 'class' else '#'}{v}" for a, how, v in by_attribute if _is_whole(a, how, v)]
        parts = [(a.lower(), v) for a, how, v in by_attribute if not _is_whole(a, how, v)]
        if marks:
            self._keys.add(name + marks[-1])
        elif parts and parts[-1][1] and len(self._fragments) < _MOST_FRAGMENTS:
            self._fragments.append(parts[-1])
        else:
            self._keys.add(f"[{parts[-1][0]}]" if parts else name or "*")

    def names(self, name: str, given: dict[str, str]) -> bool:
        if not self._keys and not self._fragments:
            return False
        marks = [f".{word}" for word in given.get("class", "").split()]
        marks += [f"#{given['id'].strip()}"] if "id" in given else []
        if not self._keys.isdisjoint(("*", name, *marks, *(name + mark for mark in marks), *map("[{}]".format, given))):
            return True
        return any(part in given.get(attribute, "") for attribute, part in self._fragments)


def _last_named(selector: str) -> str:
    """The element that a selector names: what follows its last ancestor or sibling."""
    depth = 0
    for at in range(len(selector) - 1, -1, -1):
        depth += (selector[at] in "])") - (selector[at] in "[(")
        if depth <= 0 and selector[at] in " \t\r\n\f>+~":
            return selector[at + 1 :]
    return selector


def _is_whole(attribute: str, how: str, value: str) -> bool:
    return attribute.lower() in ("class", "id") and how in ("", "~") and bool(value) and " " not in value


def _without_comments(css: str) -> str:
    """`css` without its comments; split, not searched, since an unclosed one would be searched for again and again."""
    first, *others = css.split("/*")
    return first + " ".join(other.partition("*/")[2] for other in others)


def _after_name(tag: str) -> str:
    found = re.match(r"<[^\s/>]+", tag)
    return tag[found.end() :] if found else tag


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else 0
    return match[2] or (chr(code) if 0 < code < 0x110000 else "\ufffd")
