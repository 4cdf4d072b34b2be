"""Draws a diagram as SVG: one lane from top to bottom, early ends beneath their step, ways back at the left.

Narrow enough to be read on a phone without zooming. Colours come from the page's stylesheet by class; it must not know
cases, and user data never enters a drawing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final, Literal

from crm_workflows.domain.approvers import Approver
from crm_workflows.domain.panels import approvers_in
from crm_workflows.domain.text import in_language, upfirst
from crm_workflows.engine.views.diagram import Diagram, Exit, Node
from crm_workflows.interfaces.web.words import OUTCOMES

State = Literal["done", "current", "attention", "todo"]
Names = Callable[[Approver], str]

BOX: Final = 296
TEXT_AT: Final = 42
TITLE: Final = 14
SMALL: Final = 11.5
GAP: Final = 22
LANE: Final = 11
STATES: Final = {
    "done": "已完成 / done",
    "current": "当前步骤 / current step",
    "attention": "需要处理 / needs attention",
    "todo": "未开始 / not started",
}
GLYPHS: Final = {
    "gate": "M0 -6 L6 0 L0 6 L-6 0 Z",
    "task": "M-5 -6 H5 V6 H-5 Z M-2.5 -2.5 H2.5 M-2.5 0.5 H2.5 M-2.5 3.5 H0.5",
    "papers": "M-5 -6 H2 L5 -3 V6 H-5 Z M2 -6 V-3 H5",
    "step": "M0 -5.5 A5.5 5.5 0 1 1 -0.01 -5.5 Z M0 -1.5 A1.5 1.5 0 1 1 -0.01 -1.5 Z",
    "wait": "M0 -6 A6 6 0 1 1 -0.01 -6 Z M0 -3.5 V0 L2.5 2",
    "tell": "M-6 -4.5 H6 V4.5 H-6 Z M-6 -4.5 L0 0.8 L6 -4.5",
    "later": "M-6 0 H4 M0.5 -4 L4.5 0 L0.5 4",
    "end": "M-5 0 L-1.5 3.5 L5 -4",
}
CHECK: Final = "M-4.5 0.2 L-1.3 3.4 L4.6 -3.2"


@dataclass(frozen=True)
class _Placed:
    node: Node
    top: float
    height: float
    title: tuple[str, ...]
    small: tuple[str, ...]
    exits: tuple[tuple[Exit, tuple[str, ...]], ...]

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def draw(
    diagram: Diagram, language: str, names: Names, states: Mapping[str, State] | None = None, identity: str = "diagram"
) -> str:
    """The SVG element; `states` gives a node's state by key (none for a process by itself), `identity` prefixes ids."""
    placed, end = _place(diagram, language, names)
    ways = _ways_back(placed)
    left = 14 + LANE * len(ways)
    width = left + BOX + 4
    states = states or {}
    parts = [_head(diagram, language, width, end, states, identity)]
    parts += [_connector(a, b, left, states) for a, b in pairwise(placed)]
    parts += [_way_back(way, left, n) for n, way in enumerate(ways)]
    parts += [_box(item, left, states.get(item.node.key)) for item in placed]
    return "".join([*parts, "</svg>"])


def _head(
    diagram: Diagram, language: str, width: float, height: float, states: Mapping[str, State], identity: str
) -> str:
    title = escape(in_language(diagram.title, language))
    spoken = "; ".join(_spoken(n, node, language, states) for n, node in enumerate(diagram.nodes, start=1))
    return (
        f'<svg class="diagram" role="img" aria-labelledby="{identity}-title {identity}-desc" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{identity}-title">{title}</title><desc id="{identity}-desc">{escape(spoken)}</desc>'
    )


def _spoken(n: int, node: Node, language: str, states: Mapping[str, State]) -> str:
    """One step for people who hear the page."""
    name = " ".join(part for part in (node.rule, in_language(node.title, language)) if part)
    state = states.get(node.key)
    return f"{n}. {name}" + (f" ({in_language(STATES[state], language)})" if state else "")


def _place(diagram: Diagram, language: str, names: Names) -> tuple[list[_Placed], float]:
    placed: list[_Placed] = []
    top = 6.0
    for node in diagram.nodes:
        title = wrapped(
            upfirst(in_language(node.title, language)) or _outcome(node.exits[0], language),
            BOX - TEXT_AT - 12,
            TITLE,
        )
        shown = () if node.kind == "end" else node.exits
        exits = tuple((e, wrapped(_exit_text(e, language), BOX - TEXT_AT - 44, SMALL)) for e in shown)
        small = wrapped(_small(node, language, names), BOX - TEXT_AT - 12, SMALL)
        height = 24 + 15 * len(small) + 19 * len(title)
        placed.append(_Placed(node, top, height, title, small, exits))
        top += height + sum(6 + 15 * len(lines) for _, lines in exits) + GAP
    return placed, top - GAP + 6


def _who(node: Node, language: str, names: Names) -> str:
    comma = "、" if language == "zh" else ", "
    deciders = [dict.fromkeys(approvers_in(decider)) for decider in node.approvers]
    first, *others = [comma.join(names(approver) for approver in decider) for decider in deciders] or [""]
    if not others:
        return first
    then = f"（其后视情况：{comma.join(others)}）" if language == "zh" else f" (then, if needed: {comma.join(others)})"
    return first + then


def _small(node: Node, language: str, names: Names) -> str:
    """The line above the title: the rule, who does it, and whether it always happens; for an end, its outcome."""
    parts = (node.rule, _who(node, language, names), _remark(node, language))
    return " · ".join(part for part in parts if part) or in_language(OUTCOMES.get(node.exits[0].outcome, ""), language)


def _box(item: _Placed, left: float, state: State | None) -> str:
    node = item.node
    kinds = " ".join(["node", node.kind, state or "plain", *(["conditional"] if node.is_conditional else [])])
    radius = item.height / 2 if node.kind == "end" else 8
    below = item.top + 23 + 15 * (len(item.small) - 1)
    small = _lines(item.small, left + TEXT_AT, item.top + 23, 15, "small")
    title = _lines(item.title, left + TEXT_AT, below + 20, 19, "title")
    size = f'width="{BOX}" height="{item.height:g}" rx="{radius:g}"'
    rectangle = f'<rect x="{left:g}" y="{item.top:g}" {size}/>'
    return f'<g class="{kinds}">{rectangle}{small}{title}{_badge(item, left, state)}</g>{_exits(item, left)}'


def _lines(lines: Sequence[str], x: float, y: float, step: float, kind: str) -> str:
    return "".join(
        f'<text x="{x:g}" y="{y + step * n:g}" class="{kind}">{escape(line)}</text>' for n, line in enumerate(lines)
    )


def _badge(item: _Placed, left: float, state: State | None) -> str:
    path = CHECK if state == "done" else GLYPHS[item.node.kind]
    place = f"translate({left + 22:g} {min(item.middle, item.top + 36):g})"
    return f'<g class="badge" transform="{place}"><circle r="12"/><path d="{path}"/></g>'


def _exits(item: _Placed, left: float) -> str:
    parts, y = [], item.top + item.height + 6
    for found, lines in item.exits:
        height = 15 * len(lines)
        text = "".join(
            f'<text x="{left + TEXT_AT + 10:g}" y="{y + 11 + 15 * n:g}">{escape(line)}</text>'
            for n, line in enumerate(lines)
        )
        hook = f'<path d="M{left + 22:g} {y - 6:g} V{y + 7:g} H{left + TEXT_AT + 3:g}"/>'
        parts.append(f'<g class="exit {escape(found.outcome)}">{hook}{text}</g>')
        y += height + 6
    return "".join(parts)


def _connector(a: _Placed, b: _Placed, left: float, states: Mapping[str, State]) -> str:
    """The line to the next box, at the right where early ends cannot be in its way."""
    x, start, end = left + BOX - 26, a.top + a.height, b.top
    walked = (
        " done" if states.get(a.node.key) == "done" and b.node.key in states and states[b.node.key] != "todo" else ""
    )
    if b.node.is_beside:
        return f'<path class="line beside{walked}" d="M{x:g} {start:g} V{end:g}"/>'
    return f'<path class="line{walked}" d="M{x:g} {start:g} V{end - 1:g} m-4 -5 l4 5 l4 -5"/>'


def _ways_back(placed: Sequence[_Placed]) -> list[tuple[_Placed, _Placed]]:
    """(from, to), the shortest first, so that it lies nearest to the boxes."""
    found = []
    for item in placed:
        for rule in dict.fromkeys(item.node.back_to):
            target = next((other for other in placed if other.node.rule == rule and other.top < item.top), None)
            if target is not None:
                found.append((item, target))
    return sorted(found, key=lambda pair: pair[0].top - pair[1].top)


def _way_back(way: tuple[_Placed, _Placed], left: float, n: int) -> str:
    start, end = way
    x, bottom, top = left - LANE * (n + 1), start.middle + 4 + 7 * (n % 3), end.middle - 8 + 8 * (n % 3)
    return (
        f'<path class="back" d="M{left:g} {bottom:g} H{x + 6:g} Q{x:g} {bottom:g} {x:g} {bottom - 6:g} V{top + 6:g} '
        f'Q{x:g} {top:g} {x + 6:g} {top:g} H{left - 1:g} m-5 -4 l5 4 l-5 4"/>'
    )


def _remark(node: Node, language: str) -> str:
    if node.is_beside:
        return in_language("同时进行 / side by side", language)
    return in_language("视情况 / if needed", language) if node.is_conditional else ""


def _outcome(found: Exit, language: str) -> str:
    return in_language(OUTCOMES.get(found.outcome, found.outcome), language)


def _exit_text(found: Exit, language: str) -> str:
    reason = in_language(found.reason, language)
    colon = "：" if language == "zh" else ": "
    return _outcome(found, language) + (f"{colon}{reason}" if reason else "")


def wrapped(text: str, width: float, size: float) -> tuple[str, ...]:
    """Lines of at most `width` units at that font size; Chinese breaks anywhere, Latin between words."""
    lines, line, used = [""], "", 0.0
    for word in _words(text):
        room = sum(_width(c) for c in word) * size
        if used + room > width and line.strip():
            lines.append("")
            line, used = "", 0.0
            word = word.lstrip()
        line, used = line + word, used + room
        lines[-1] = line
    return tuple(part.rstrip() for part in lines)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for character in text:
        starts_word = not words or _is_wide(character) or _is_wide(words[-1][-1]) or words[-1].endswith(" ")
        if starts_word and character not in "，。；：、）,.;:)":
            words.append(character)
        elif words:
            words[-1] += character
        else:
            words.append(character)
    return words


def _is_wide(character: str) -> bool:
    return ord(character) >= 0x2E80


def _width(character: str) -> float:
    if _is_wide(character):
        return 1.0
    return 0.32 if character in " .,:;ilj'|()" else 0.7 if character.isupper() or character in "mw" else 0.56
