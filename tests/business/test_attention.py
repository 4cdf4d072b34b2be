"""What share of the customers and of the callbacks each tier has, against the attention that it is meant to have."""

from decimal import Decimal

from crm_workflows.business.figures.months import Month
from crm_workflows.business.figures.reporting import reports
from crm_workflows.business.figures.said import aim
from crm_workflows.domain.records import ContactMade
from crm_workflows.testing import MemoryStore
from tests.flows.customers import OWNER, enter
from tests.office import Office

TIERS = "ABBBCCCCCC"
CALLS = (0, 0, 0, 1, 9)
"""Which of them were called, a try each."""


def test_each_tier_has_its_share_of_customers_and_of_callbacks_beside_the_aim() -> None:
    office = Office(MemoryStore())
    for n, tier in enumerate(TIERS):
        enter(office, f"C-MA-{n:04d}", credit_code=str(n), tier=tier)
    enter(office, "C-MA-0099", credit_code="blocked", tier="A", status="blocked")
    now = office.clock.now()
    with office.engine.store.write() as tx:
        tx.insert(*(ContactMade(f"C-MA-{c:04d}", n, now, "callback", OWNER, n > 0) for n, c in enumerate(CALLS)))
        tx.insert(ContactMade("C-MA-0009", 9, now, "order", OWNER, reached=True))
    (report,) = reports(office.engine, Month.of(office.engine.today(now)), "periodic-callbacks")
    names = ("customers_a", "customers_c", "attention_a", "attention_b", "attention_c")
    figures = {name: report.figure(f"cb_{name}") for name in names}
    shares = {name: (one.whole.hits, one.whole.count, one.whole.value) for name, one in figures.items()}
    assert shares == {
        "customers_a": (1, 10, Decimal("10.0")),
        "customers_c": (6, 10, Decimal("60.0")),
        "attention_a": (3, 5, Decimal("60.0")),
        "attention_b": (1, 5, Decimal("20.0")),
        "attention_c": (1, 5, Decimal("20.0")),
    }
    told = [(aim(one).split(" / ")[0], one.meets) for one in figures.values()]
    assert told == [("", None), ("", None), ("≥ 60%", True), ("", None), ("≤ 10%", False)]
    assert figures["attention_a"].people == ((OWNER, figures["attention_a"].whole),)
