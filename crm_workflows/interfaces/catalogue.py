"""A process as a page of Markdown: its drawing, and every mail that it may send, in both languages.

It must not look anything up: people and policy are handed in.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from crm_workflows.domain.messages import TITLES
from crm_workflows.domain.people import Directory
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import LANGUAGES, SEPARATOR, in_language
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.views.catalogue import EVERYWHERE, Sent, mails_of
from crm_workflows.engine.views.diagram import Diagram, Node, diagram_of

HEADINGS: Final = (
    "条款 / Rule", "邮件 / Mail", "关于 / About", "收件人 / To", "何时 / When", "提醒 / Reminded", "逾期 / Overdue",
)  # fmt: skip
SHAPES: Final = {
    "gate": "{{{{{}}}}}", "papers": "[/{}/]", "wait": "([{}])", "tell": ">{}]", "later": "[[{}]]", "end": "(({}))",
}  # fmt: skip


def page_of(made: Procedure, directory: Directory, policy: Policy) -> str:
    """The section of one process."""
    zh, en = (in_language(made.title, language) for language in LANGUAGES)
    head = [
        f"## {zh} {en} (`{made.name}`)",
        f"邮件主题 Subject: `[{made.code}-2026-00001] {zh}：…` · `[{made.code}-2026-00001] {en}: …`",
        f"```mermaid\n{drawing(diagram_of(made))}\n```",
    ]
    sent = mails_of(made, directory, policy)
    return "\n\n".join([*head, table(sent)] if sent else head)


def everywhere() -> str:
    """The section of what every process sends."""
    return "\n\n".join(["## 所有流程 Every process", table(EVERYWHERE)])


def table(lines: Iterable[Sent]) -> str:
    """One row for each; columns that say nothing anywhere are left out."""
    rows = [(s.rule, f"{TITLES[s.mail]}", s.about, s.to, s.when, s.reminded, s.escalated) for s in lines]
    used = [n for n in range(len(HEADINGS)) if any(row[n] for row in rows)]
    cells = [[HEADINGS[n] for n in used], ["---"] * len(used), *([row[n] for n in used] for row in rows)]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in cells)


def _cell(label: str) -> str:
    return label.replace("|", "\\|").replace(SEPARATOR, "<br>", 1)


def drawing(diagram: Diagram) -> str:
    """The drawing in the language of Mermaid; what may be passed over hangs on a dotted line."""
    nodes, groups = diagram.nodes, _groups(diagram.nodes)
    lines = ["flowchart TD", *(f"  n{n}{_shape(node)}" for n, node in enumerate(nodes))]
    for before, after in pairwise(groups):
        lines += [
            f"  n{one} {'-.->' if nodes[two].is_conditional else '-->'} n{two}" for one in before for two in after
        ]
    for n, node in enumerate(nodes):
        ends = node.exits if node.kind != "end" else ()
        lines += [f"  n{n} -.-> x{n}_{k}(({_said(end.reason or end.outcome)}))" for k, end in enumerate(ends)]
        targets = {rule: _first(nodes, rule) for rule in node.back_to}
        lines += [f"  n{n} -.->|退回 back| n{target}" for target in targets.values() if target is not None]
    return "\n".join(lines)


def _line(to: Node) -> str:
    return "-.->" if to.is_conditional else "-->"


def _groups(nodes: Sequence[Node]) -> list[list[int]]:
    """What runs side by side, together."""
    groups: list[list[int]] = []
    for n, node in enumerate(nodes):
        if node.is_beside and groups:
            groups[-1].append(n)
        else:
            groups.append([n])
    return groups


def _first(nodes: Sequence[Node], rule: str) -> int | None:
    return next((n for n, node in enumerate(nodes) if node.rule == rule), None)


def _shape(node: Node) -> str:
    said = _said(f"{node.rule} {node.title}".strip() or node.exits[0].outcome)
    return SHAPES.get(node.kind, "[{}]").format(said)


def _said(text: str) -> str:
    quoted = text.replace('"', "#quot;").replace(SEPARATOR, "<br>", 1)
    return f'"{quoted}"'
