"""The good-customer score (ON-4) and the tier with its arithmetic (ON-5), on the shipped policy."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from crm_workflows.business import tiering
from crm_workflows.business.customers import digits, traded_last_year
from crm_workflows.business.mail_domains import mail_domain
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import CustomerOrder
from crm_workflows.testing import MemoryStore
from tests.office import shipped_company

LOYAL = {"frequency": 80, "repeat": 60, "length": 0, "share_of_need": 60}


@pytest.fixture
def policy() -> Policy:
    return shipped_company()[1]


def test_the_tier_says_how_it_was_worked_out(policy: Policy) -> None:
    proposal = tiering.propose_tier(Money.of("1000000.00"), 60, LOYAL, tie_breaker=False, policy=policy)
    assert (proposal.tier, proposal.score) == ("B", Decimal("52.5"))
    assert proposal.arithmetic.endswith(
        "Trade value 50.0 × 50 % + Potential 60 × 25 % + Loyalty 50.0 × 25 % = 52.5 → B"
    )


@pytest.mark.parametrize(
    ("traded", "potential", "loyal", "tier"),
    [("2000000.00", 100, 100, "A"), ("9000000.00", 60, 60, "A"), ("0.00", 0, 0, "C"), ("1600000.00", 20, 20, "B")],
)
def test_tiers_by_score(policy: Policy, traded: str, potential: int, loyal: int, tier: str) -> None:
    loyalty = dict.fromkeys(tiering.LOYALTY, loyal)
    found = tiering.propose_tier(Money.of(traded), potential, loyalty, tie_breaker=False, policy=policy)
    assert found.tier == tier


def test_a_tie_breaker_lifts_only_who_is_close_below_a_limit(policy: Policy) -> None:
    def proposed(potential: int, *, tie_breaker: bool) -> str:
        loyalty = dict.fromkeys(tiering.LOYALTY, 60)
        given = tiering.propose_tier(Money.of("1600000.00"), potential, loyalty, tie_breaker=tie_breaker, policy=policy)
        return given.tier

    assert proposed(72, tie_breaker=False) == "B", "40 + 18 + 15 = 73"
    assert proposed(72, tie_breaker=True) == "A"
    assert proposed(40, tie_breaker=True) == "B", "40 + 10 + 15 = 65 is not close"


def test_eight_questions_weighed_make_a_good_customer(policy: Policy) -> None:
    judged = tiering.good_customer(dict.fromkeys(tiering.GOOD, 70) | {"pays_on_time": 0}, policy)
    assert judged.score == Decimal("56.0"), "paying on time weighs 20 %"
    assert "Pays on time 0 × 20 %" in judged.arithmetic


def test_phones_and_domains_are_compared_by_what_names_the_company() -> None:
    assert digits("+86 512-5550 0188") == digits("051255500188") == "55500188"
    assert digits("110") == ""
    assert mail_domain("Gu@Chenglan.example") == "chenglan.example"


SHARED = """
qq.com vip.qq.com foxmail.com vip.163.com yeah.net vip.126.com vip.sina.com sina.cn 21cn.com tom.com wo.cn aliyun.com
139.com 189.cn live.com live.cn msn.com me.com mac.com icloud.com googlemail.com gmx.de gmx.net gmx.at
web.de t-online.de
proton.me protonmail.com pm.me yahoo.de yahoo.co.jp yahoo.com.cn yandex.ru mail.ru naver.com hotmail.co.uk outlook.jp
orange.fr free.fr libero.it wp.pl seznam.cz btinternet.com comcast.net att.net bigpond.com rediffmail.com daum.net
"""
OWN = "chenglan.example live.example outlook.abb.com mygmail.com shop-qq.com qq.company.cn yahoo.chenglan.com"


@pytest.mark.parametrize(("domains", "says"), [(SHARED, False), (OWN, True)])
def test_a_domain_at_which_anybody_can_have_an_address_says_nothing_of_a_company(domains: str, says: bool) -> None:
    assert [one for one in domains.split() if mail_domain(f"Someone@{one.upper()}") != (one if says else "")] == []


@pytest.mark.parametrize(("another", "sum_"), [("20.00 CNY", Money.of("30.00")), ("20.00 USD", None)])
def test_where_some_orders_are_in_another_currency_a_person_says_what_the_year_was_worth(
    another: str, sum_: Money | None
) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with MemoryStore().write() as tx:
        for n, amount in enumerate(("10.00 CNY", another)):
            tx.insert(CustomerOrder("C-MA-0001", str(n), now - timedelta(days=5), amount))
        assert traded_last_year(SimpleNamespace(tx=tx, now=now), "C-MA-0001") == sum_  # type: ignore[arg-type]
