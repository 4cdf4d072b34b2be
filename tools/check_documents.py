"""Holds the documents together: every link leads somewhere, and a Chinese page has what the English one beside it has.

It must not judge wording: of a pair it compares headings, code, and of each part its links, how many items and rows it
has, and the settings, options, commands and keys that it names. Comments in code may differ, and so may a block that
names no language, since what a command prints is in the language of its reader.
"""

import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.findings import ROOT, report

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"(?:^|\s+)#.*$", re.MULTILINE)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
QUOTED = re.compile(r"`[^`]+`")
NAMED = re.compile(r"CRMW_\w+|(?<![\w-])--[a-z][a-z-]*|\bcrmw [a-z]+|\b[a-z]+(?:_[a-z]+)+\b")
ITEM = re.compile(r"^(?:\||\s*(?:-|\d+\.) )", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|<(https?://[^>]+)>")
INDEX = "docs/README.md"
NUMBERED = "docs/decisions/"


class Part(NamedTuple):
    """What stands below one heading, or before the first."""

    links: list[str]
    named: set[str]
    """Settings, options, commands and keys."""
    items: int
    """Rows of tables, and items of lists."""


class Page(NamedTuple):
    """What of a page is compared and followed."""

    headings: list[tuple[str, str]]
    """Level, such as `##`, and words."""
    code: list[tuple[str, str]]
    """Language and text of each block."""
    parts: list[Part]
    """What stands before the first heading, then what stands below each."""


Pages = dict[str, Page]
"""By name, such as `docs/digest.md`."""


def read(text: str) -> Page:
    """The page that `text` is."""
    code = [(kind, COMMENT.sub("", block).strip() if kind else "") for kind, block in BLOCK.findall(text)]
    prose = BLOCK.sub("", text)
    return Page(
        HEADING.findall(prose), code, [read_part(one) for one in re.split(r"^#+ .+$", prose, flags=re.MULTILINE)]
    )


def read_part(text: str) -> Part:
    """The part that `text` is, without its code."""
    links = [inner or outer for inner, outer in LINK.findall(QUOTED.sub("", text))]
    named = {name for quoted in QUOTED.findall(text) for name in NAMED.findall(" ".join(quoted.split()))}
    return Part(links, named, len(ITEM.findall(text)))


def anchors(page: Page) -> set[str]:
    """The fragments by which its headings are reached."""
    return {re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-") for _, words in page.headings}


def twin(name: str) -> str:
    """The page beside it in the other language."""
    return name.replace(".zh.md", ".md") if name.endswith(".zh.md") else name.replace(".md", ".zh.md")


def followed(name: str, page: Page) -> Iterator[tuple[str, str]]:
    """Each link within the project as it stands, with the file or folder that it leads to."""
    for link in (link for part in page.parts for link in part.links if "://" not in link):
        path, _, _ = link.partition("#")
        yield link, posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name


def misled(name: str, pages: Pages, root: Path) -> Iterator[str]:
    """One line per link that leads nowhere, or from a Chinese page to an English one that is there in Chinese."""
    for link, target in followed(name, pages[name]):
        anchor = link.partition("#")[2]
        if not (root / target).exists():
            yield f"{name}: links to {link}, which is not there"
        elif anchor and target in pages and anchor not in anchors(pages[target]):
            yield f"{name}: links to {link}, which has no such heading"
        elif not is_english(name) and is_english(target) and twin(target) in pages and target != twin(name):
            yield f"{name}: links to {link}, which is there in Chinese"


def is_english(name: str) -> bool:
    return not name.endswith(".zh.md")


def facts(part: Part) -> set[str]:
    """What a part names, and where its links lead whatever the language; a link's heading is in that of its page."""
    return part.named | {link.partition("#")[0].replace(".zh.", ".") for link in part.links}


def apart(english: Page, chinese: Page) -> Iterator[str]:
    """One sentence for each way in which a pair differs."""
    levels = [[level for level, _ in page.headings] for page in (english, chinese)]
    if levels[0] != levels[1]:
        yield f"its headings are {levels[1]}, those of the English page {levels[0]}"
        return
    if len(english.code) != len(chinese.code):
        yield f"it has {len(chinese.code)} blocks of code, the English page {len(english.code)}"
    for number, (one, other) in enumerate(zip(english.code, chinese.code, strict=False), start=1):
        if one != other:
            yield f"block {number} of its code differs from the English one in more than comments"
    titles = ["the top", *(words for _, words in chinese.headings)]
    for title, there, here in zip(titles, english.parts, chinese.parts, strict=True):
        if facts(there) != facts(here):
            lacks, more = sorted(facts(there) - facts(here)), sorted(facts(here) - facts(there))
            yield f"below “{title}” it lacks {lacks} and names {more} instead"
        if there.items != here.items:
            yield f"below “{title}” it has {here.items} rows and items, the English page {there.items}"


def pair(name: str, pages: Pages) -> Iterator[str]:
    """One line per way in which a Chinese page and the English one differ, or do not name each other."""
    if twin(name) not in pages:
        yield f"{name}: there is no English page beside it"
        return
    for one in (name, twin(name)):
        if twin(one) not in (target for _, target in followed(one, pages[one])):
            yield f"{one}: does not link to {twin(one)}"
    yield from (f"{name}: {difference}" for difference in apart(pages[twin(name)], pages[name]))


def unlisted(pages: Pages) -> Iterator[str]:
    """One line per English page of docs that the index does not name."""
    named = {target for _, target in followed(INDEX, pages[INDEX])}
    for name in filter(is_english, pages):
        if name.startswith("docs/") and not name.startswith(NUMBERED) and name not in {INDEX, *named}:
            yield f"{INDEX}: does not name {name}"


def findings(root: Path = ROOT) -> Iterator[str]:
    """The findings over all pages that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=root, capture_output=True, check=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    yield from findings_in({name: read((root / name).read_text("utf-8")) for name in names}, root)


def findings_in(pages: Pages, root: Path) -> Iterator[str]:
    """The findings over these pages, whose links may lead to any file below `root`."""
    for name in pages:
        yield from misled(name, pages, root)
        if not is_english(name):
            yield from pair(name, pages)
    if INDEX in pages:
        yield from unlisted(pages)


if __name__ == "__main__":
    sys.exit(report("documents", findings()))
