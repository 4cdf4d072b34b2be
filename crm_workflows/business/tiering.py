"""Judging a customer: is it a good one (ON-4), and its tier with the arithmetic (ON-5). Pure; it stores nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

GOOD: Final = {
    "wish_to_buy": "购买意愿和购买力 / Wish and power to buy",
    "margin": "毛利空间 / Margin",
    "price_tolerance": "对价格不敏感 / Insensitivity to price",
    "pays_on_time": "按时付款 / Pays on time",
    "cost_to_serve": "服务成本低 / Low cost to serve",
    "business_risk": "经营风险低 / Low business risk",
    "prospects": "发展前景 / Prospects",
    "long_relationship": "长期合作意愿 / Will to a long relationship",
}
"""What makes a good customer, in the order of ON-4."""
LOYALTY: Final = {
    "frequency": "购买频率 / Frequency",
    "repeat": "重复购买 / Repeat",
    "length": "交易时间 / Length",
    "share_of_need": "需求占比 / Share of need",
}
PARTS: Final = {"value": "交易额 / Trade value", "potential": "潜力 / Potential", "loyalty": "忠诚度 / Loyalty"}
"""What the tier is made of (ON-5 i-iii)."""
TIERS: Final = ("A", "B", "C")
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True)
class Score:
    """A weighted score of 0 to 100 with one decimal, and how it was worked out (a label)."""

    score: Decimal
    arithmetic: str


@dataclass(frozen=True)
class TierProposal:
    """The tier that the rule gives, its score, and how it was worked out (a label)."""

    tier: str
    score: Decimal
    arithmetic: str


def weighted(points: Mapping[str, Decimal | int], names: Mapping[str, str], weights: Mapping[str, int]) -> Score:
    """The points under their names, weighed in per cent."""
    total = sum((Decimal(points[name]) * weights[name] for name in names), Decimal(0))
    score = _tenth(total / sum(weights[name] for name in names))
    said = (_sum(names, points, weights, language, score) for language in LANGUAGES)
    return Score(score, bilingual(*said))


def good_customer(points: Mapping[str, int], policy: Policy) -> Score:
    """The eight questions of ON-4, weighed by policy."""
    return weighted(points, GOOD, policy.numbers("good_customer_weights"))


def propose_tier(
    traded: Money, potential: int, loyalty: Mapping[str, int], *, tie_breaker: bool, policy: Policy
) -> TierProposal:
    """A, B or C from trade value, potential and loyalty; a tie-breaker decides just below a limit (ON-5).

    `traded` is a year's value, actual or expected: at `tier_full_value` and above it counts 100 points, below it in
    proportion. Loyalty is the mean of its four parts.
    """
    full = policy.amount("tier_full_value")
    value = min(HUNDRED, _tenth(traded.amount * HUNDRED / full.amount)) if traded < full else HUNDRED
    mean = _tenth(Decimal(sum(loyalty[name] for name in LOYALTY)) / len(LOYALTY))
    points = {"value": value, "potential": Decimal(potential), "loyalty": mean}
    judged = weighted(points, PARTS, policy.numbers("tier_weights"))
    tier = _tier_of(judged.score, policy)
    lifted = _tier_of(judged.score + policy.number("tier_tie_margin"), policy) if tie_breaker else tier
    if lifted == tier:
        said = bilingual(*(f"{in_language(judged.arithmetic, language)} → {tier}" for language in LANGUAGES))
        return TierProposal(tier, judged.score, said)
    zh = f"{in_language(judged.arithmetic, 'zh')}，接近 {lifted} 级界限，市场影响或对我方产品的依赖使其升级 → {lifted}"
    en = (
        f"{in_language(judged.arithmetic, 'en')}, close below {lifted}, lifted by market influence or dependence "
        f"on our products → {lifted}"
    )
    return TierProposal(lifted, judged.score, bilingual(zh, en))


def _tier_of(score: Decimal, policy: Policy) -> str:
    if score >= policy.number("tier_a_from"):
        return "A"
    return "B" if score >= policy.number("tier_b_from") else "C"


def _sum(
    names: Mapping[str, str],
    points: Mapping[str, Decimal | int],
    weights: Mapping[str, int],
    language: str,
    score: Decimal,
) -> str:
    terms = (f"{in_language(label, language)} {points[name]} × {weights[name]} %" for name, label in names.items())
    return f"{' + '.join(terms)} = {score}"


def _tenth(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)
