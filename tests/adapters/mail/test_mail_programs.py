"""What Outlook, Gmail and Chinese webmail do with our HTML: nothing that they drop carries the layout or the meaning.

Sources: the measurements of caniemail.com (repository hteumeuleu/caniemail, `_features/css-*.md`; Outlook stands for
2007 to 2021 on Windows, which draws with Word); developers.google.com/workspace/gmail/design/css for Gmail;
hteumeuleu/email-bugs#90 for its limit of 8 kB of styles; emailmonday/Cerberus#302 for cells that take no letters from
the body; segmentfault.com/a/1190000008864116 for Chinese webmail, which drops what leaves the flow of text.
"""

import re
from collections.abc import Iterator

import pytest

from tests.adapters.mail.mail_pictures import Shown, each

CELLS = {"td"}
TEXT = {"td", "p", "h1", "h2", "a", "span", "body"}
KEPT: dict[str, set[str]] = {
    "background-color": {"body", "table", "td", "span"},
    "border": {"span"},
    "border-collapse": {"table"},
    "border-left": CELLS,
    "border-top": CELLS,
    "color": TEXT,
    "font-family": {"body"},
    "font-size": TEXT,
    "font-weight": TEXT,
    "height": {"td", "img"},
    "line-height": TEXT,
    "margin": {"table", "p", "h1", "h2", "ul", "li"},
    "padding": {"td", "ul"},
    "padding-right": CELLS,
    "text-align": CELLS,
    "text-decoration": {"a"},
    "vertical-align": CELLS,
    "width": {"table", "td"},
}
"""On these tags each of the programs does it. In Outlook only cells take padding, only tables and cells a width."""
LOST: dict[str, tuple[set[str], str]] = {
    "-webkit-text-size-adjust": ({"body"}, "known to iPhones alone"),
    "border-radius": ({"table", "td", "span"}, "corners are square"),
    "border-spacing": ({"table"}, "the attribute cellspacing says the same"),
    "display": ({"a", "span"}, "Outlook knows none alone: what is asked for has its place in the line"),
    "letter-spacing": ({"span"}, "digits stand closer"),
    "margin": ({"body", "span"}, "body: its table fills the width; span: stands in a line"),
    "max-width": ({"table", "img"}, "in Outlook a table of 600 px stands around, and the picture has its width"),
    "mso-padding-alt": ({"td"}, "known to Outlook alone: room around the words of the button"),
    "overflow-wrap": ({"td", "li"}, "as word-break"),
    "padding": ({"a", "body", "span"}, "the button has mso-padding-alt, the others are a little tighter"),
    "white-space": ({"span"}, "the number of a case may break at its hyphens"),
    "word-break": ({"td", "p", "li", "span"}, "an address that is wider than its cell widens it"),
}
"""What some program drops, on which tags, and what its reader sees then."""
TAGS = {
    "html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "p", "h1", "h2", "a", "span", "br",
    "strong", "b", "code", "ul", "li", "img",
}  # fmt: skip
MOST_STYLE = 8192
"""Bytes; Gmail drops what comes beyond."""


def tags(html: str) -> Iterator[tuple[str, dict[str, str]]]:
    for tag, attributes in re.findall(r"<([a-z][a-z0-9]*)([^>]*)>", re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)):
        yield tag, dict(re.findall(r'([a-z-]+)="([^"]*)"', attributes))


def findings(html: str) -> set[str]:
    """What some program would drop although something depends on it."""
    found = set()
    for tag, attributes in tags(html):
        if tag not in TAGS:
            found.add(f"<{tag}>")
        for said in filter(None, (one.strip() for one in attributes.get("style", "").split(";"))):
            name, value = (part.strip() for part in said.split(":", 1))
            if tag not in KEPT.get(name, set()) | LOST.get(name, (set(), ""))[0]:
                found.add(f"{name} on <{tag}>")
            if re.search(r"!important|calc\(|var\(|rgba\(|url\(|[0-9](?:em|rem|vw|vh)\b|(?<![0-9])-[0-9]", value):
                found.add(f"{name}: {value}")
        if tag == "img" and not {"width", "alt"} <= attributes.keys():
            found.add("a picture without width or words")
        if {"colspan", "rowspan"} & attributes.keys():
            found.add("cells that are joined")
    return found


@pytest.fixture(scope="module")
def mails() -> list[Shown]:
    return list(each())


def test_nothing_depends_on_what_a_program_drops(mails: list[Shown]) -> None:
    assert {shown.name: found for shown in mails if (found := findings(shown.rendered.html))} == {}


def test_all_but_the_rules_for_screens_stands_in_the_tags(mails: list[Shown]) -> None:
    for shown in mails:
        blocks = re.findall(r"<style[^>]*>(.*?)</style>", shown.rendered.html, re.DOTALL)
        assert sum(len(block.encode()) for block in blocks) < MOST_STYLE
        outside = re.sub(r"<!--.*?-->", "", shown.rendered.html, flags=re.DOTALL)
        assert re.findall(r"<style[^>]*>\s*(\S+)", outside) == ["@media"]


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<div>a</div>", "<div>"),
        ('<p style="padding: 8px">a</p>', "padding on <p>"),
        ('<p style="float: left">a</p>', "float on <p>"),
        ('<td style="background-image: none">a</td>', "background-image on <td>"),
        ('<td style="white-space: pre-line">a</td>', "white-space on <td>"),
        ('<p style="margin: 0 -4px">a</p>', "margin: 0 -4px"),
        ('<p style="font-size: 1.2em">a</p>', "font-size: 1.2em"),
        ('<img src="cid:a" alt="a">', "a picture without width or words"),
        ('<td colspan="2">a</td>', "cells that are joined"),
    ],
)
def test_what_a_program_drops_is_found(html: str, says: str) -> None:
    assert findings(html) == {says}


def test_outlook_gets_a_table_of_its_own_and_letters_for_every_cell(mails: list[Shown]) -> None:
    html = next(shown.rendered.html for shown in mails if shown.kind == "approval_request")
    asides = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", html, re.DOTALL)
    assert [aside.count("<table") - aside.count("</table>") for aside in asides] == [0, 1, -1]
    assert all(word in asides[0] for word in ("td {", "font-family", "font-size", "line-height", "color"))
    card = next(attributes for tag, attributes in tags(html) if tag == "table" and attributes.get("class") == "card")
    assert (card["cellspacing"], card["align"]) == ("0", "center")


def test_lines_that_somebody_wrote_stay_lines_where_white_space_is_not_known(mails: list[Shown]) -> None:
    assert any("决算表缺第 2 页。<br>现已补齐。" in shown.rendered.html for shown in mails)
