"""The front door: the words in which a procedure is written, and only them.

Names are looked up when first used, so that importing one inner module does not import Prefect.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_workflows.adapters.orchestration.prefect_procedure import procedure
    from crm_workflows.adapters.orchestration.prefect_steps import step
    from crm_workflows.business import (
        callbacks,
        complaint_alarm,
        complaint_register,
        complaint_words,
        complaints,
        customers,
        events,
        goods,
        payments,
        plans,
        recognition,
        retiering,
        reviews,
        suppliers,
        surveys,
        tags,
        tiering,
        wanted_reviews,
    )
    from crm_workflows.domain.approvers import (
        any_of,
        department,
        field,
        manager,
        manager_of,
        owner,
        person,
        role,
        with_limit,
    )
    from crm_workflows.domain.credit_code import CreditCode
    from crm_workflows.domain.durations import calendar_days, clock_hours, clock_minutes, working_days, working_hours
    from crm_workflows.domain.elements import (
        Clock,
        FormTask,
        Gate,
        Paper,
        Papers,
        PolicyRead,
        above,
        approve_after,
        keep_waiting,
        lower,
        reject_after,
        when,
    )
    from crm_workflows.domain.examples import Example
    from crm_workflows.domain.forms import CONFIDENTIAL, INSTANT, Form, Line, Subject, choices, masked, unless
    from crm_workflows.domain.listed import listed_in
    from crm_workflows.domain.mail.grammar import reason_behind, says_only
    from crm_workflows.domain.money import Money, NonNegativeMoney, PositiveMoney
    from crm_workflows.domain.panels import (
        at_least,
        beyond,
        by_amount,
        everybody,
        hear_all,
        in_turn,
        is_one_of,
        is_yes,
        one_of_each,
        share,
        up_to,
    )
    from crm_workflows.domain.policy import Policy
    from crm_workflows.domain.report import Report, Section
    from crm_workflows.domain.shown import Attachment, Fact, Shown
    from crm_workflows.domain.text import beginning_of, bilingual, day_in, in_language
    from crm_workflows.engine.case import Case
    from crm_workflows.engine.requests.asking import Contact
    from crm_workflows.engine.results import Approval, Collected, Outcome
    from crm_workflows.engine.running.sending import Announce, Words
    from crm_workflows.engine.steps import Books

_WHERE = {
    "adapters.orchestration.prefect_procedure": ("procedure",),
    "adapters.orchestration.prefect_steps": ("step",),
    "business": (
        "callbacks",
        "complaint_alarm",
        "complaint_register",
        "complaint_words",
        "complaints",
        "customers",
        "events",
        "goods",
        "payments",
        "plans",
        "recognition",
        "retiering",
        "reviews",
        "suppliers",
        "surveys",
        "tags",
        "tiering",
        "wanted_reviews",
    ),
    "domain.approvers": (
        "any_of",
        "department",
        "field",
        "manager",
        "manager_of",
        "owner",
        "person",
        "role",
        "with_limit",
    ),
    "domain.credit_code": ("CreditCode",),
    "domain.durations": ("calendar_days", "clock_hours", "clock_minutes", "working_days", "working_hours"),
    "domain.elements": (
        "Clock",
        "FormTask",
        "Gate",
        "Paper",
        "Papers",
        "PolicyRead",
        "above",
        "approve_after",
        "keep_waiting",
        "lower",
        "reject_after",
        "when",
    ),
    "domain.examples": ("Example",),
    "domain.forms": ("CONFIDENTIAL", "INSTANT", "Form", "Line", "Subject", "choices", "masked", "unless"),
    "domain.listed": ("listed_in",),
    "domain.mail.grammar": ("reason_behind", "says_only"),
    "domain.money": ("Money", "NonNegativeMoney", "PositiveMoney"),
    "domain.panels": (
        "at_least",
        "beyond",
        "by_amount",
        "everybody",
        "hear_all",
        "in_turn",
        "is_one_of",
        "is_yes",
        "one_of_each",
        "share",
        "up_to",
    ),
    "domain.policy": ("Policy",),
    "domain.report": ("Report", "Section"),
    "domain.shown": ("Attachment", "Fact", "Shown"),
    "domain.text": ("beginning_of", "bilingual", "day_in", "in_language"),
    "engine.requests.asking": ("Contact",),
    "engine.case": ("Case",),
    "engine.results": ("Approval", "Collected", "Outcome"),
    "engine.running.sending": ("Announce", "Words"),
    "engine.steps": ("Books",),
}
_HOME = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [
    "CONFIDENTIAL",
    "INSTANT",
    "Announce",
    "Approval",
    "Attachment",
    "Books",
    "Case",
    "Clock",
    "Collected",
    "Contact",
    "CreditCode",
    "Example",
    "Fact",
    "Form",
    "FormTask",
    "Gate",
    "Line",
    "Money",
    "NonNegativeMoney",
    "Outcome",
    "Paper",
    "Papers",
    "Policy",
    "PolicyRead",
    "PositiveMoney",
    "Report",
    "Section",
    "Shown",
    "Subject",
    "Words",
    "above",
    "any_of",
    "approve_after",
    "at_least",
    "beginning_of",
    "beyond",
    "bilingual",
    "by_amount",
    "calendar_days",
    "callbacks",
    "choices",
    "clock_hours",
    "clock_minutes",
    "complaint_alarm",
    "complaint_register",
    "complaint_words",
    "complaints",
    "customers",
    "day_in",
    "department",
    "events",
    "everybody",
    "field",
    "goods",
    "hear_all",
    "in_language",
    "in_turn",
    "is_one_of",
    "is_yes",
    "keep_waiting",
    "listed_in",
    "lower",
    "manager",
    "manager_of",
    "masked",
    "one_of_each",
    "owner",
    "payments",
    "person",
    "plans",
    "procedure",
    "reason_behind",
    "recognition",
    "reject_after",
    "retiering",
    "reviews",
    "role",
    "says_only",
    "share",
    "step",
    "suppliers",
    "surveys",
    "tags",
    "tiering",
    "unless",
    "up_to",
    "wanted_reviews",
    "when",
    "with_limit",
    "working_days",
    "working_hours",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"crm_workflows has no {name!r}")
    home = _HOME[name]
    module = import_module(f"crm_workflows.{home}.{name}" if home == "business" else f"crm_workflows.{home}")
    value = module if home == "business" else getattr(module, name)
    globals()[name] = value
    return value
