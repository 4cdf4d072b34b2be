"""What onboarding shows to those who check and decide. It decides nothing."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from crm_workflows import Fact, Money, Policy, Shown, bilingual, customers, in_language, tiering
from flows.customer_onboarding.credit_forms import GRANTS, TERMS, CreditOpinion, CreditRequest
from flows.customer_onboarding.forms import GoodCustomer, Standing, TierChoice, TierFacts
from flows.customer_onboarding.subject import Archive, CustomerApplication

SEPARATORS = {"zh": "、", "en": ", "}


@dataclass(frozen=True)
class Judged:
    """ON-4 and ON-5: what was said, and what the rules make of it."""

    good: GoodCustomer
    facts: TierFacts
    score: tiering.Score
    proposal: tiering.TierProposal
    is_good: bool


@dataclass(frozen=True)
class Credit:
    """ON-6: the terms that hold; without a limit the customer prepays."""

    limit: Money | None = None
    days: int = 0
    until: date | None = None

    def plain(self) -> dict[str, Any]:
        """As the register keeps it."""
        if self.limit is None:
            return {"terms": "prepaid"}
        limit = self.limit.model_dump(mode="json")
        return {"terms": "credit", "limit": limit, "days": self.days, "until": self.until and self.until.isoformat()}

    def fact(self) -> Fact:
        """On one line."""
        label = "付款条件 / Terms"
        if self.limit is None:
            return Fact.named(label, TERMS["prepaid"])
        until = (f"，至 {self.until}", f", until {self.until}") if self.until else ("", "")
        zh = f"赊销 {self.limit.shown('zh')}，{self.days} 天{until[0]}"
        return Fact.named(label, bilingual(zh, f"credit {self.limit.shown('en')}, {self.days} days{until[1]}"))


def archive_gaps(application: CustomerApplication, per_cent: int, missing: tuple[str, ...]) -> Shown:
    """ON-1: how complete the archive is, and what is missing."""
    return Shown((*application.shown().facts, *gap_facts(per_cent, missing)))


def gap_facts(per_cent: int, missing: tuple[str, ...]) -> tuple[Fact, ...]:
    """ON-1: the score and the gaps."""
    titles = [str(Archive.model_fields[name].title) for name in missing]
    named = (SEPARATORS[tongue].join(in_language(title, tongue) for title in titles) for tongue in ("zh", "en"))
    score = Fact("档案完整度 / Completeness", f"{per_cent} %")
    return (score, Fact.named("缺少 / Missing", bilingual(*named))) if missing else (score,)


def both_companies(application: CustomerApplication, known: customers.Known) -> Shown:
    """ON-2: the company beside those that may be the same."""
    return Shown((*application.shown().facts, *known.shown().facts))


def clash(application: CustomerApplication, match: customers.Match) -> Shown:
    """ON-2: who keeps the customer, and who applies for it."""
    return Shown(
        (
            *application.shown().facts,
            match.shown(),
            Fact("现客户经理 / Present account manager", match.owner),
            Fact("申请人 / Who applies", str(application.owner)),
        )
    )


def standing_facts(application: CustomerApplication, known: customers.Known, standing: Standing) -> Shown:
    """ON-3: why the risk is high."""
    return Shown((*application.shown().facts, *known.shown().facts, *standing.facts()))


def tier_facts(application: CustomerApplication, judged: Judged, policy: Policy) -> Shown:
    """ON-4 and ON-5: both scores with their arithmetic, and the share of our time that each tier is meant to have."""
    shares = policy.numbers("tier_attention")
    meant = ", ".join(f"{tier} {shares[tier.lower()]} %" for tier in tiering.TIERS)
    return Shown(
        (
            *application.shown().facts,
            Fact.named("优质客户得分 / Good-customer score", judged.score.arithmetic),
            Fact.of("达到优质标准 / Meets the mark", judged.is_good),
            Fact.named("建议等级 / Proposed tier", judged.proposal.arithmetic),
            Fact("各级精力分配 / Shares of attention", meant),
        )
    )


def credit_facts(application: CustomerApplication, tier: str, request: CreditRequest, standing: Standing) -> Shown:
    """ON-6: what finance judges credit from."""
    return Shown((*application.shown().facts, Fact("等级 / Tier", tier), *standing.facts(), *request.facts()))


def granted_facts(
    application: CustomerApplication, tier: str, request: CreditRequest, opinion: CreditOpinion, credit: Credit
) -> Shown:
    """ON-6: what was asked for beside what finance grants."""
    asked = tuple(Fact(f.label, f.value, f.value_en) for f in request.facts(leave_out=("terms",)))
    grant = Fact.named("财务意见 / Finance says", GRANTS[opinion.grant])
    why = Fact("理由 / Reason", opinion.reason)
    return Shown((*application.shown().facts, Fact("等级 / Tier", tier), *asked, grant, credit.fact(), why))


def deciding_facts(
    application: CustomerApplication,
    archive: Archive,
    judged: Judged,
    choice: TierChoice,
    credit: Credit,
    policy: Policy,
) -> Shown:
    """ON-7: the whole archive with tier and credit."""
    tier = choice.chosen(judged.proposal.tier)
    overruled = tier != judged.proposal.tier
    why = (Fact("改变建议等级的理由 / Why another tier than proposed", choice.reason),) if overruled else ()
    return Shown(
        (
            *tier_facts(application, judged, policy).facts,
            Fact("等级 / Tier", tier),
            *why,
            *judged.facts.facts(),
            credit.fact(),
            *archive.facts(),
        )
    )


def new_customer(application: CustomerApplication, code: str, tier: str, credit: Credit) -> Shown:
    """ON-10: what the departments are told."""
    given = (Fact("客户代码 / Customer code", code), Fact("等级 / Tier", tier), credit.fact())
    return Shown((*given, *application.shown().facts))
