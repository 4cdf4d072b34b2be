"""Which rows each key figure counts, as SQL that both databases take (RP-2). What a figure means: business/figures.

A source is a `SELECT` by its columns (those of `Observed`; what is left out is NULL) and what it reads `from`; several
are joined by UNION ALL. The definition of a view that changes needs a revision: see `figure_views`.
"""

from typing import Final

from crm_workflows.adapters.database.figure_sources_of_approvals import APPROVALS, Source


def _row(name: str) -> str:
    """The latest value that a case wrote under a name, as JSON."""
    return (
        f"(SELECT b.value FROM business_rows b WHERE b.\"case\" = c.code AND b.name = '{name}' "  # noqa: S608 - ours
        "ORDER BY b.round DESC LIMIT 1)"
    )


def _word(name: str) -> str:
    """The same where it is one word."""
    return f"TRIM(CAST({_row(name)} AS TEXT), '\"')"


def _is(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


def _money(json: str) -> str:
    return f"({json} ->> 'amount') || ' ' || ({json} ->> 'currency')"


ANSWERED_BY: Final = (
    'COALESCE((SELECT d."by" FROM decisions d WHERE d.request = r.id AND d.effective ORDER BY d.n LIMIT 1), '
    "(SELECT MIN(a.person) FROM assignees a WHERE a.request = r.id))"
)
IN_TIME: Final = _is("r.status = 'decided' AND r.closed_at IS NOT NULL AND r.closed_at <= r.due_at")
LAST_ORDER: Final = "(SELECT MAX(o.ordered_at) FROM customer_orders o WHERE o.customer = k.code)"
CASE: Final = {"process": "c.process", "what": "c.code", "person": "c.owner"}
OPENED: Final = {"began_at": "c.opened_at"}
FIRST_TRY: Final = "r.key = 'CB-4:callback_record' AND r.round = 1 AND r.due_at IS NOT NULL AND r.status <> 'withdrawn'"
TIER_OF: Final = "(SELECT k.tier FROM customers k WHERE k.code = m.customer)"
KEPT_BY: Final = 'COALESCE((SELECT k.owner FROM customers k WHERE k.code = m.customer), m."by")'
LIMIT_ASKED: Final = (
    "(SELECT j.value -> 'answer' -> 'limit' FROM journal j WHERE j.\"case\" = c.code "
    "AND j.key = 'ON-6:credit_request' AND j.kind = 'outcome' ORDER BY j.n DESC LIMIT 1)"
)
RECOGNISED_AT: Final = (
    "(SELECT MAX(j.at) FROM journal j WHERE j.\"case\" = c.code AND j.rule = 'SV-7' AND j.kind = 'outcome')"
)
HELD_SUPPLIER: Final = {
    "process": "'supplier-vetting'", "what": "s.code", "person": "s.details ->> 'owner'", "part": "s.supplier_class",
    "at": "s.registered_at", "from": "suppliers s WHERE s.status IN ('recognised', 'on_hold')",
}  # fmt: skip

HOLDS: Final = "COALESCE(CAST(s.details -> 'holds' AS TEXT), '')"

RECEIVED: Final = """(
    SELECT w.*, (
        SELECT CASE WHEN t.status = 'recognised' AND t.ends_at <= w.received_at THEN 'ended' ELSE t.status END
        FROM supplier_standings t WHERE t.supplier = w.code AND t.since <= w.received_at ORDER BY t.since DESC LIMIT 1
    ) AS standing FROM (
        SELECT r.*, COALESCE(
            (SELECT s.code FROM suppliers s WHERE s.code = r.supplier),
            (SELECT s.code FROM suppliers s WHERE s.credit_code = r.supplier),
            (SELECT MIN(s.code) FROM suppliers s WHERE s.name = r.supplier)
        ) AS code FROM goods_received r
    ) w
) g"""
"""Goods received, with the code that their supplier has now, and where it stood on that day."""

EVERY_PROCESS: Final[dict[str, Source]] = {
    "lead_time": (
        CASE | OPENED | {"part": "c.outcome", "at": "c.closed_at", "ended_at": "c.closed_at",
                         "from": "cases c WHERE c.status = 'closed' AND c.closed_at IS NOT NULL"},
    ),
    "opened": (CASE | OPENED | {"at": "c.opened_at", "from": "cases c"},),
    "on_time": (
        {"process": "c.process", "what": "r.id", "person": ANSWERED_BY, "part": "r.title", "at": "r.due_at",
         "began_at": "r.opened_at", "ended_at": "r.closed_at", "hit": IN_TIME,
         "from": "requests r JOIN cases c ON c.code = r.\"case\" WHERE r.kind IN ('approval', 'task') "
                 "AND r.due_at IS NOT NULL AND r.status IN ('open', 'decided', 'lapsed')"},
    ),
    "first_pass": (
        CASE | {"at": "c.closed_at", "part": "c.outcome",
                "hit": _is("NOT EXISTS (SELECT 1 FROM journal j WHERE j.\"case\" = c.code AND j.kind = 'back')"),
                "from": "cases c WHERE c.status = 'closed' AND c.closed_at IS NOT NULL"},
    ),
    "send_backs": (
        CASE | {"at": "j.at", "part": "j.rule || COALESCE('：' || NULLIF(j.value ->> 'because', ''), '')",
                "from": "journal j JOIN cases c ON c.code = j.\"case\" WHERE j.kind = 'back'"},
    ),
    "approvals": (
        CASE | {"person": 'd."by"', "at": "d.at", "part": "d.channel", "began_at": "r.opened_at", "ended_at": "d.at",
                "hit": _is("NOT (d.channel = 'silence' AND d.decision = 'approve')"),
                "from": "decisions d JOIN requests r ON r.id = d.request JOIN cases c ON c.code = d.\"case\" "
                        "WHERE r.kind = 'approval' AND d.effective "
                        "AND d.decision IN ('approve', 'reject', 'send_back', 'change')"},
    ),
    "open_steps": (
        {"process": "c.process", "what": "r.id", "person": "c.owner", "part": "r.title", "at": "r.due_at",
         "began_at": "r.opened_at",
         "from": "requests r JOIN cases c ON c.code = r.\"case\" WHERE r.status = 'open' AND r.kind <> 'timer'"},
    ),
    "load": (
        {"process": "c.process", "what": "r.id", "person": "a.person", "part": "r.title", "at": "r.due_at",
         "began_at": "a.asked_at",
         "from": "assignees a JOIN requests r ON r.id = a.request JOIN cases c ON c.code = a.\"case\" "
                 "WHERE a.is_active AND NOT a.is_outside AND r.status = 'open'"},
    ),
}  # fmt: skip

SUPPLIERS: Final[dict[str, Source]] = {
    "sv_days_to_recognition": (
        CASE | OPENED | {"part": _word("supplier_class"), "at": "k.at",
                         "ended_at": f"COALESCE({RECOGNISED_AT}, k.at)",
                         "from": "business_rows k JOIN cases c ON c.code = k.\"case\" "
                                 "WHERE k.name = 'supplier_code' AND c.process = 'supplier-vetting'"},
    ),
    "sv_decided": (
        CASE | {"part": f"{_row('ending')} ->> 'reason'", "at": "c.closed_at",
                "hit": _is("c.outcome = 'approved'"),
                "from": "cases c WHERE c.process = 'supplier-vetting' AND c.status = 'closed'"},
    ),
    "sv_certificates_valid": (
        HELD_SUPPLIER | {"hit": _is(f"REPLACE({HOLDS}, '\"expired:', '') = {HOLDS}")},
    ),
    "sv_reevaluations_overdue": (HELD_SUPPLIER | {"until_on": "s.details ->> 'valid_until'"},),
    "sv_purchases_unrecognised": (
        {"process": "'supplier-vetting'", "what": "COALESCE(g.code, g.supplier)",
         "person": "(SELECT s.details ->> 'owner' FROM suppliers s WHERE s.code = g.code)",
         "part": "NULLIF(COALESCE(g.standing, 'unregistered'), 'recognised')", "hit": _is("g.standing = 'recognised'"),
         "reference": "COALESCE(NULLIF(g.number, ''), NULLIF(g.order_number, ''))", "product": "NULLIF(g.goods, '')",
         "at": "g.received_at", "amount": "g.amount", "from": RECEIVED},
    ),
}  # fmt: skip

CUSTOMERS: Final[dict[str, Source]] = {
    "on_days_to_order": (
        CASE | OPENED | {"part": _word("tier"), "at": "k.at", "ended_at": "k.at",
                         "from": "business_rows k JOIN cases c ON c.code = k.\"case\" "
                                 "WHERE k.name = 'customer_code' AND c.process = 'customer-onboarding'"},
    ),
    "on_complete_at_first": (
        CASE | {"at": "k.at", "number": "CAST(k.value AS TEXT)",
                "from": "business_rows k JOIN cases c ON c.code = k.\"case\" "
                        "WHERE k.name = 'complete_at_first' AND k.round = 1"},
    ),
    "on_duplicates_stopped": (
        CASE | {"at": "c.closed_at", "hit": _is(f"{_row('merged_into')} IS NOT NULL"),
                "from": "cases c WHERE c.process = 'customer-onboarding' AND c.status = 'closed' "
                        f"AND COALESCE({_word('duplicates_found')}, '0') <> '0'"},
    ),
    "on_limits": (
        CASE | {"at": "k.at", "part": "'asked'", "amount": _money(LIMIT_ASKED),
                "from": "business_rows k JOIN cases c ON c.code = k.\"case\" "
                        f"WHERE k.name = 'customer_code' AND {LIMIT_ASKED} ->> 'amount' IS NOT NULL"},
        CASE | {"at": "k.at", "part": "'granted'", "amount": _money(f"({_row('credit')} -> 'limit')"),
                "from": "business_rows k JOIN cases c ON c.code = k.\"case\" "
                        f"WHERE k.name = 'customer_code' AND {_row('credit')} -> 'limit' ->> 'amount' IS NOT NULL"},
    ),
    "on_first_callback": (
        {"process": "'customer-onboarding'", "what": "l.other", "person": "c.owner", "at": "r.due_at",
         "began_at": "r.opened_at", "ended_at": "r.closed_at", "hit": IN_TIME,
         "from": "links l JOIN cases c ON c.code = l.other JOIN requests r ON r.\"case\" = l.other "
                 f"WHERE l.relation = 'first_callback' AND {FIRST_TRY}"},
    ),
    "customers_won": (
        {"process": "'customer-onboarding'", "what": "k.code", "person": "k.owner", "part": "k.tier",
         "at": "k.registered_at", "from": "customers k"},
    ),
    "turnover": (
        {"process": "'customer-onboarding'", "what": "o.customer", "person": "k.owner", "part": "k.tier",
         "at": "o.ordered_at", "amount": "o.amount", "product": "NULLIF(o.goods, '')", "reference": "o.number",
         "from": "customer_orders o JOIN customers k ON k.code = o.customer"},
    ),
    "last_orders": (
        {"process": "'customer-onboarding'", "what": "k.code", "person": "k.owner", "part": "k.tier",
         "at": LAST_ORDER, "began_at": LAST_ORDER, "from": "customers k"},
    ),
}  # fmt: skip

CALLBACKS: Final[dict[str, Source]] = {
    "cb_coverage": (
        {"process": "'periodic-callbacks'", "what": "k.code", "person": "k.owner", "part": "k.tier",
         "at": "k.next_callback_at", "began_at": "COALESCE(k.last_contact_at, k.registered_at)",
         "from": "customers k WHERE k.status = 'active' AND k.consents"},
    ),
    "cb_in_time": (
        {"process": "'periodic-callbacks'", "what": "c.code", "person": ANSWERED_BY, "part": "c.subject ->> 'tier'",
         "at": "r.due_at", "began_at": "r.opened_at", "ended_at": "r.closed_at", "hit": IN_TIME,
         "from": f"requests r JOIN cases c ON c.code = r.\"case\" WHERE {FIRST_TRY}"},
    ),
    "cb_reached": (
        {"process": "'periodic-callbacks'", "what": "m.customer", "person": 'm."by"', "part": TIER_OF, "at": "m.at",
         "hit": _is("m.reached"), "from": "contacts_made m WHERE m.kind = 'callback'"},
    ),
    "cb_satisfaction": (
        {"process": "'periodic-callbacks'", "what": "m.customer", "person": KEPT_BY, "part": TIER_OF, "at": "m.at",
         "number": "m.details ->> 'satisfaction'", "hit": _is("CAST(m.details ->> 'satisfaction' AS BIGINT) >= 4"),
         "from": "contacts_made m WHERE m.kind IN ('callback', 'survey') "
                 "AND m.details ->> 'satisfaction' IS NOT NULL"},
    ),
    "cb_promises": (
        {"process": "'periodic-callbacks'", "what": "c.code", "person": "c.owner", "part": "c.subject ->> 'tier'",
         "at": "r.due_at", "began_at": "r.opened_at", "ended_at": "r.closed_at",
         "hit": _is(f"COALESCE({_word('promise')}, '') = 'kept'"),
         "from": "requests r JOIN cases c ON c.code = r.\"case\" WHERE r.key = 'CB-4:promise_kept' "
                 "AND r.round = 1 AND r.due_at IS NOT NULL AND r.status <> 'withdrawn'"},
    ),
    "cb_waiting": (
        {"process": "'periodic-callbacks'", "what": "w.customer", "person": "w.owner", "began_at": "w.made_at",
         "from": "due_callbacks w WHERE w.is_waiting"},
    ),
}  # fmt: skip

OF_COMPLAINTS: Final = "c.process = 'complaint-resolution'"
NOT_JOINED: Final = "NOT EXISTS (SELECT 1 FROM links l WHERE l.\"case\" = c.code AND l.relation = 'joined_to')"
COUNTED: Final = f"{OF_COMPLAINTS} AND {NOT_JOINED}"
"""Complaints but those that were joined to one about the same thing."""
SEVERITY: Final = _word("severity")
RECEIVED_AT: Final = (
    "COALESCE((SELECT MIN(t.begun_at) FROM clocks t WHERE t.\"case\" = c.code AND t.name = 'first_answer_clock'), "
    "c.opened_at)"
)
ACKNOWLEDGED_AT: Final = (
    '(SELECT MIN(m.sent_at) FROM journal j JOIN messages m ON m."case" = j."case" AND m.queued_at = j.at '
    "WHERE j.\"case\" = c.code AND j.key = 'CP-2:acknowledge' AND m.template = 'letter' AND m.status = 'sent')"
)
REMEDY_THEN: Final = (
    "(SELECT TRIM(CAST(b.value AS TEXT), '\"') FROM business_rows b "
    'WHERE b."case" = k."case" AND b.name = \'remedy\' AND b.round = k.round)'
)
CLOCK: Final = CASE | {
    "part": SEVERITY, "at": "t.due_at", "began_at": "t.begun_at", "ended_at": "t.stopped_at",
    "hit": _is("t.stopped_at IS NOT NULL AND t.stopped_at <= t.due_at"), "number": "t.paused_seconds",
}  # fmt: skip
MISSED: Final = (
    "t.status = 'superseded' AND t.stopped_at > t.due_at AND NOT EXISTS (SELECT 1 FROM clocks n "
    'WHERE n."case" = t."case" AND n.name = t.name AND n.begun_at = t.begun_at AND n.key <> t.key '
    "AND (n.stopped_at IS NULL OR n.stopped_at > t.stopped_at))"
)
"""Over before another took its place; one counting from the same instant (another severity) tells instead."""
IMPORTED: Final = "COALESCE(c.subject ->> 'channel', '') = 'import'"
CLOCKS: Final = (
    f"clocks t JOIN cases c ON c.code = t.\"case\" WHERE (t.status IN ('running', 'stopped') OR {MISSED}) "
    f"AND {OF_COMPLAINTS} AND NOT ({IMPORTED} AND t.due_at <= c.opened_at)"
)

LAST_CAUSE: Final = (
    "k.name = 'cause_found' AND k.round = "
    '(SELECT MAX(b.round) FROM business_rows b WHERE b."case" = k."case" AND b.name = k.name)'
)
SAME_CAUSE_BEFORE: Final = (
    "CASE WHEN COALESCE(c.subject ->> 'product', '') <> '' THEN "
    "LAG(k.at) OVER (PARTITION BY k.value ->> 'category', c.subject ->> 'product' ORDER BY k.at, c.code) END"
)
"""When a cause of this kind was last found for the same product, all earlier ones counted (CP-12); none without one."""

COMPLAINTS: Final[dict[str, Source]] = {
    "cp_acknowledged": (
        CASE | {"part": SEVERITY, "at": "c.opened_at", "began_at": RECEIVED_AT, "ended_at": ACKNOWLEDGED_AT,
                "from": f"cases c WHERE {COUNTED} AND c.subject -> 'contact' ->> 'email' IS NOT NULL "
                        f"AND NOT {IMPORTED}"},
    ),
    "cp_answered_in_time": (CLOCK | {"from": f"{CLOCKS} AND t.name = 'first_answer_clock'"},),
    "cp_solved_in_time": (CLOCK | {"from": f"{CLOCKS} AND t.name = 'solution_clock'"},),
    "cp_paused": (
        CLOCK | {"at": "t.stopped_at", "from": f"{CLOCKS} AND t.name = 'solution_clock' AND t.status = 'stopped'"},
    ),
    "cp_reopened": (
        CASE | {"part": SEVERITY, "at": "c.closed_at", "hit": _is(f"COALESCE({_word('reopened')}, '0') <> '0'"),
                "from": f"cases c WHERE {COUNTED} AND c.status = 'closed'"},
    ),
    "cp_upheld": (
        CASE | {"part": _word("verdict"), "at": "c.closed_at",
                "hit": _is(f"{_word('verdict')} IN ('upheld', 'partly')"),
                "from": f"cases c WHERE {OF_COMPLAINTS} AND c.status = 'closed' AND {_word('verdict')} IS NOT NULL"},
    ),
    "cp_kinds": (CASE | {"part": "c.subject ->> 'kind'", "at": "c.opened_at", "from": f"cases c WHERE {COUNTED}"},),
    "cp_causes": (
        CASE | {"part": "k.value ->> 'cause'", "at": "k.at", "began_at": SAME_CAUSE_BEFORE,
                "product": "NULLIF(c.subject ->> 'product', '')", "department": "k.value ->> 'department'",
                "from": f"business_rows k JOIN cases c ON c.code = k.\"case\" WHERE {OF_COMPLAINTS} AND {LAST_CAUSE} "
                        f"AND COALESCE({_word('verdict')}, '') <> 'not_upheld'"},
    ),
    "cp_satisfaction": (
        CASE | {"part": SEVERITY, "at": "k.at", "number": "k.value ->> 'grade'",
                "hit": _is("CAST(k.value ->> 'grade' AS BIGINT) >= 4"),
                "from": "business_rows k JOIN cases f ON f.code = k.\"case\" AND f.process = 'complaint-follow-up' "
                        "JOIN cases c ON c.code = f.subject ->> 'complaint' WHERE k.name = 'satisfaction'"},
    ),
    "cp_cost": (
        CASE | {"part": REMEDY_THEN, "at": "c.closed_at", "amount": "TRIM(CAST(k.value AS TEXT), '\"')",
                "from": "business_rows k JOIN cases c ON c.code = k.\"case\" "
                        f"WHERE k.name = 'cost' AND {OF_COMPLAINTS} AND c.status = 'closed'"},
    ),
}  # fmt: skip

SOURCES: Final[dict[str, Source]] = EVERY_PROCESS | APPROVALS | SUPPLIERS | CUSTOMERS | CALLBACKS | COMPLAINTS
