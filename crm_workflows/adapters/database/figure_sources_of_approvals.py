"""Which rows the figures of approvals count, as SQL that both databases take; see `figure_sources`. No meaning here."""

from typing import Final

Source = tuple[dict[str, str], ...]

GATE: Final = "r.rule || '：' || r.title"
RESULT: Final = (
    "CASE WHEN CAST(r.outcome -> 'silence' AS TEXT) = 'true' THEN 'silence' "
    "WHEN r.outcome -> 'override' IS NOT NULL THEN 'override' "
    "WHEN r.outcome ->> 'decision' = 'approve' AND r.outcome -> 'changed' IS NOT NULL THEN 'change' "
    "ELSE r.outcome ->> 'decision' END"
)
APPROVAL: Final = "r.kind = 'approval' AND r.name <> 'confirm_start'"
"""What a requester confirms in person is none."""


def _clicked(d: str) -> str:
    """A decision made by itself on a page: mails and digests leave evidence, and their instant is not a person's."""
    return (
        f"{d}.effective AND {d}.channel IN ('page', 'link') AND {d}.evidence IS NULL "
        f"AND {d}.decision IN ('approve', 'change', 'reject', 'send_back')"
    )


CLICKED_BEFORE: Final = (
    f'(SELECT p.at FROM decisions p WHERE p."by" = d."by" AND p.at < d.at AND {_clicked("p")} '  # noqa: S608 - ours
    "ORDER BY p.at DESC LIMIT 1)"
)
YESES: Final = """(
    SELECT s.*, MAX(CASE WHEN s."by" < s.requester THEN s.at END) OVER pair AS by_first,
    MAX(CASE WHEN s."by" > s.requester THEN s.at END) OVER pair AS by_second FROM (
        SELECT c.process, c.requester, d."by", d.at, r.id, r.rule, r.title
        FROM decisions d JOIN requests r ON r.id = d.request JOIN cases c ON c.code = d."case"
        WHERE d.effective AND d.decision IN ('approve', 'change') AND d.channel <> 'silence' AND d."by" <> c.requester
        AND r.kind = 'approval' AND r.name <> 'confirm_start'
    ) s WINDOW pair AS (
        PARTITION BY CASE WHEN s."by" < s.requester THEN s."by" ELSE s.requester END,
        CASE WHEN s."by" < s.requester THEN s.requester ELSE s."by" END ORDER BY s.at
    )
) r"""
"""Each yes to a request of somebody else, and until then the latest yes of either of the two to the other."""

APPROVALS: Final[dict[str, Source]] = {
    "gates": (
        {"process": "c.process", "what": "r.id", "part": GATE, "at": "r.closed_at", "began_at": "r.opened_at",
         "ended_at": "r.closed_at", "result": RESULT,
         "from": "requests r JOIN cases c ON c.code = r.\"case\" "
                 f"WHERE {APPROVAL} AND r.status = 'decided' AND r.closed_at IS NOT NULL"},
    ),
    "gate_in_a_row": (
        {"process": "c.process", "what": "r.id", "part": GATE, "at": "d.at", "began_at": CLICKED_BEFORE,
         "ended_at": "d.at", "result": "d.decision",
         "from": "decisions d JOIN requests r ON r.id = d.request JOIN cases c ON c.code = d.\"case\" "
                 f"WHERE {APPROVAL} AND {_clicked('d')}"},
    ),
    "gate_mutual": (
        {"process": "r.process", "what": "r.id", "part": GATE, "at": "r.at",
         "began_at": "CASE WHEN r.\"by\" < r.requester THEN r.by_second ELSE r.by_first END", "ended_at": "r.at",
         "from": YESES},
    ),
}  # fmt: skip
