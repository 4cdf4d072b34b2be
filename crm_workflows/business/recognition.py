"""Judging a supplier: weighted criteria (SV-1), the class (SV-7) and its validity (SV-12). Pure; it stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.shown import Fact
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

CRITERIA: Final = {
    "equipment_and_technique": "设备和技术 / Equipment and technique",
    "delivery_management": "按时供货的管理能力 / Delivery management",
    "operation_finance_credit": "经营、财务和信用 / Operation, finance, credit",
    "cooperation": "合作态度 / Cooperation",
    "confidentiality": "商业和技术保密 / Confidentiality",
    "cost": "成本管理和成本水平 / Cost",
}
"""The six criteria of SV-1, in the order of article 1 of the rule book."""


@dataclass(frozen=True)
class Judgement:
    """The weighted score, 0 to 100 with one decimal, and the criteria below their floor."""

    score: Decimal
    below_floor: tuple[str, ...]
    passes: bool
    arithmetic: str
    """A label such as `设备和技术 86 × 25 % + 合作态度 90 × 10 % + … = 83.5`."""


def judge(scores: Mapping[str, int], policy: Policy) -> Judgement:
    """Weigh the six criteria by policy: a pass mark for the sum and a floor for each (SV-1)."""
    weights = policy.numbers("criteria_weights")
    total = sum(scores[name] * weight for name, weight in weights.items())
    score = (Decimal(total) / sum(weights.values())).quantize(Decimal("0.1"), ROUND_HALF_UP)
    below = tuple(name for name, floor in _floors(policy).items() if scores[name] < floor)
    terms = {name: f"{scores[name]} × {weights[name]} %" for name in CRITERIA}
    arithmetic = bilingual(*(f"{_each(terms, language, ' + ')} = {score}" for language in LANGUAGES))
    return Judgement(score, below, not below and score >= policy.number("pass_mark"), arithmetic)


PERFORMANCE: Final = {
    "quality": "质量 / Quality",
    "delivery": "交货 / Delivery",
    "complaints": "投诉 / Complaints",
    "price": "价格 / Price",
    "service": "服务 / Service",
}
"""What a supplier is scored by once it has delivered (SV-12)."""


def with_performance(judged: Judgement, scores: Mapping[str, int | None], policy: Policy) -> Judgement:
    """The six criteria together with how the supplier has performed, as far as that is known (SV-12).

    Known scores share the weights of those that are not; with none known the criteria stand alone.
    """
    weights = policy.numbers("performance_weights")
    known = {name: score for name, score in scores.items() if score is not None}
    counted = sum(weights[name] for name in known)
    if not counted:
        return judged
    performed = Decimal(sum(score * weights[name] for name, score in known.items())) / counted
    share = policy.number("performance_share")
    score = ((judged.score * (100 - share) + performed * share) / 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    tenth = performed.quantize(Decimal("0.1"), ROUND_HALF_UP)
    zh = f"六项原则 {judged.score} × {100 - share} % + 供货表现 {tenth} × {share} % = {score}"
    en = f"six criteria {judged.score} × {100 - share} % + performance {tenth} × {share} % = {score}"
    passes = not judged.below_floor and score >= policy.number("pass_mark")
    return Judgement(score, judged.below_floor, passes, bilingual(zh, en))


def valid_until(day: date, supplier_class: str, policy: Policy) -> date:
    """The last day of a recognition given on `day`: A, B and C are valid for years of their own (SV-12)."""
    year = day.year + policy.number(f"class_{supplier_class.lower()}_valid_years")
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def basis(policy: Policy) -> tuple[Fact, ...]:
    """How the policy weighs the six criteria (SV-1): the weights, the floor of each and the pass mark of the sum."""
    held = policy.numbers("criteria_weights")
    weights = {name: f"{held[name]} %" for name in CRITERIA}
    floors = _floors(policy)
    each = {name: f"{floor}" for name, floor in floors.items()}
    differ = len(set(floors.values())) > 1
    least = "每项最低分 / Floor of each criterion"
    return (
        Fact("各项权重 / Weights", _each(weights, "zh", "、"), _each(weights, "en", ", ")),
        Fact(least, _each(each, "zh", "、"), _each(each, "en", ", ")) if differ else Fact.of(least, floors["cost"]),
        Fact.of("综合合格分 / Pass mark of the weighted score", policy.number("pass_mark")),
    )


def _floors(policy: Policy) -> dict[str, int]:
    """What each criterion may not score below: a floor of its own (`criteria_floors`), else `floor`."""
    own = {name: f"criteria_floors.{name}" for name in CRITERIA}
    return {name: policy.number(key if key in policy else "floor") for name, key in own.items()}


def _each(said: Mapping[str, str], language: str, between: str) -> str:
    return between.join(f"{in_language(CRITERIA[name], language)} {what}" for name, what in said.items())


def supplier_class(score: Decimal, amount: Money, policy: Policy) -> str:
    """Class A, B or C from score or expected yearly amount, whichever gives the higher class (SV-7)."""
    for name in ("a", "b"):
        by_score = score >= policy.number(f"class_{name}_from_score")
        if by_score or amount >= policy.amount(f"class_{name}_from_amount"):
            return name.upper()
    return "C"
