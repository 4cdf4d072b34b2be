"""The graph of all paths of a procedure, and what is counted in it: paths, the worst time, few paths that show it all.

It must not run a procedure (see `paths`). Times are seconds of office time (G-4).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

EndKind = Literal["closed", "person", "stuck"]


@dataclass(frozen=True)
class End:
    """Where a path ends: the case is closed, a person decides as declared, or nothing can go on (`why`)."""

    kind: EndKind
    outcome: str
    why: str = ""


@dataclass(eq=False)
class Node:
    """A state in which the case waits; `depth` is how many answers led to it first, `example` names a beginning."""

    depth: int
    example: str = ""
    edges: list["Edge"] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Edge:
    """One way out of a wait. `seconds` passes at worst; `is_endless` where nothing says by when an answer is due."""

    element: str
    rule: str
    title: str
    answer: str
    seconds: float
    is_endless: bool
    leads_to: str
    to: Node | End

    @property
    def outcome(self) -> tuple[str, str]:
        """What a list of paths must show once: this answer to this element."""
        return (self.element, self.answer)


@dataclass(frozen=True)
class Stuck:
    """A wait from which a path cannot end, and why."""

    element: str
    rule: str
    title: str
    why: str
    node: Node = field(compare=False)


@dataclass(frozen=True)
class Path:
    """From the application to an end."""

    example: str
    edges: tuple[Edge, ...]
    end: End

    @property
    def seconds(self) -> float:
        """What it takes at worst."""
        return sum(edge.seconds for edge in self.edges)


class Measured:
    """What holds for the graph as a whole; it has no cycle, since every return is counted in its states."""

    def __init__(self, roots: list[Node]) -> None:
        self.roots = roots
        self.order = list(_topological(roots))
        self._after: dict[Node, float] = {}
        self._before: dict[Node, tuple[float, Edge | None, Node | None]] = dict.fromkeys(roots, (0.0, None, None))
        self._count: dict[Node, int] = {}
        for node in reversed(self.order):
            self._after[node] = max((edge.seconds + self.after(edge.to) for edge in node.edges), default=0.0)
            self._count[node] = sum(self._ways(edge.to) for edge in node.edges)
        for node in self.order:
            for edge in node.edges:
                self._reach(node, edge)

    @property
    def paths(self) -> int:
        """How many paths there are."""
        return sum(self._count[root] for root in self.roots)

    def after(self, place: Node | End) -> float:
        """The worst time from there to an end."""
        return self._after[place] if isinstance(place, Node) else 0.0

    def through(self, node: Node, edge: Edge) -> float:
        """The worst time of a path that takes this edge."""
        return self._before[node][0] + edge.seconds + self.after(edge.to)

    def shown(self) -> list[Path]:
        """Few paths on which every outcome of every element and every end lies, each by its worst path."""
        edges = [(node, edge) for node in self.order for edge in node.edges]
        edges.sort(key=lambda pair: -self.through(*pair))
        ends: set[End] = set()
        outcomes: set[tuple[str, str]] = set()
        found = []
        for node, edge in sorted(edges, key=lambda pair: isinstance(pair[1].to, Node)):
            is_new = edge.to not in ends if isinstance(edge.to, End) else edge.outcome not in outcomes
            if is_new:
                path = self.path(node, edge)
                found.append(path)
                ends.add(path.end)
                outcomes |= {one.outcome for one in path.edges}
        return found

    def path(self, node: Node, edge: Edge) -> Path:
        """The longest way to the node, the edge, and the longest way on."""
        example, edges = self.way_to(node)
        edges.append(edge)
        while isinstance(edge.to, Node):
            edge = max(edge.to.edges, key=lambda one: one.seconds + self.after(one.to))
            edges.append(edge)
        return Path(example, tuple(edges), edge.to)

    def way_to(self, node: Node) -> tuple[str, list[Edge]]:
        """The title of the example and the longest way from it to the node."""
        edges: list[Edge] = []
        _, edge, earlier = self._before[node]
        while edge is not None and earlier is not None:
            edges.insert(0, edge)
            node = earlier
            _, edge, earlier = self._before[node]
        return node.example, edges

    def _ways(self, place: Node | End) -> int:
        return self._count[place] if isinstance(place, Node) else 1

    def _reach(self, node: Node, edge: Edge) -> None:
        if not isinstance(edge.to, Node):
            return
        seconds = self._before[node][0] + edge.seconds
        if edge.to not in self._before or seconds > self._before[edge.to][0]:
            self._before[edge.to] = (seconds, edge, node)


def _topological(roots: list[Node]) -> Iterator[Node]:
    """Each node before those it leads to."""
    done: list[Node] = []
    seen: set[Node] = set()
    for root in roots:
        ahead: list[tuple[Node, bool]] = [(root, False)]
        while ahead:
            node, is_over = ahead.pop()
            if is_over:
                done.append(node)
            elif node not in seen:
                seen.add(node)
                ahead.append((node, True))
                ahead += [(edge.to, False) for edge in node.edges if isinstance(edge.to, Node)]
    return reversed(done)
