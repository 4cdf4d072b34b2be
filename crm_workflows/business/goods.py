"""How a supplier has delivered (SV-12): the share rejected, the share on time, prices, from goods received.

Where it is not known it says so. It must not decide what follows for the supplier.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.domain.records import GoodsReceived, Supplier
from crm_workflows.domain.shown import Fact
from crm_workflows.engine.ports import Reader

YEAR: Final = timedelta(days=365)
HUNDRED: Final = 100
TENTH: Final = Decimal("0.1")
USUAL_POINTS: Final = 5
"""What each per cent by which prices have risen takes from the figure of prices, where the policy says nothing."""
Prices = dict[tuple[str, str], tuple[Decimal, Decimal]]
"""By goods and currency: the sum of amounts and of quantities."""


@dataclass(frozen=True)
class Delivered:
    """What a supplier has delivered in the last 365 days; figures from 0 to 100, None where nothing is known."""

    receipts: int
    quality: Decimal | None = None
    """Per cent accepted, to a tenth: the mean over the receipts that somebody has looked at."""
    delivery: int | None = None
    """Per cent of the receipts with a promised day that came by it."""
    price: int | None = None
    """100 less some points for each per cent by which the same goods have become dearer than in the year before."""


def called(supplier: Supplier) -> tuple[str, str, str]:
    """As whom goods received may name it: by code, or as it was known before it had one."""
    return supplier.code, supplier.credit_code, supplier.name


def delivered(reader: Reader, supplier: Supplier, now: datetime, policy: Policy) -> Delivered:
    """How it has delivered (SV-12)."""
    rows = reader.find(GoodsReceived, supplier=called(supplier))
    last = [row for row in rows if now - YEAR < row.received_at <= now]
    before = [row for row in rows if now - 2 * YEAR < row.received_at <= now - YEAR]
    points = policy.number_or("supplier_price_points", USUAL_POINTS)
    return Delivered(len(last), _quality(last), _delivery(last), _price(last, before, points))


def scores(known: Delivered) -> dict[str, int | None]:
    """The figures that are known, by their names among those of `recognition.PERFORMANCE`."""
    figures = {"quality": known.quality, "delivery": known.delivery, "price": known.price}
    return {name: int(figure) for name, figure in figures.items() if figure is not None}


def facts(known: Delivered) -> tuple[Fact, ...]:
    """For whoever scores a supplier: each figure with what it means, and nothing of what is not known."""
    label = "近一年收货 / Goods received within a year"
    if not known.receipts:
        return (Fact(label, "没有导入的收货记录", "none were imported"),)
    figures = {
        "验收合格 / Accepted": (_plain(known.quality), "%"),
        "按时到货 / On time": (known.delivery, "%"),
        "价格（与上一年相比） / Prices, against the year before": (known.price, "/ 100"),
    }
    said = (Fact(label, f"{value} {unit}") for label, (value, unit) in figures.items() if value is not None)
    return (Fact(label, f"{known.receipts} 笔", f"{known.receipts} lines"), *said)


def is_late(one: GoodsReceived) -> bool:
    """Whether it came after the promised day."""
    return one.promised_at is not None and one.received_at > one.promised_at


def _quality(rows: list[GoodsReceived]) -> Decimal | None:
    shares = [1 - Decimal(row.rejected) / Decimal(row.quantity) for row in rows if row.rejected and row.quantity]
    mean = HUNDRED * sum(shares, Decimal()) / len(shares) if shares else None
    return None if mean is None else mean.quantize(TENTH, ROUND_FLOOR)


def _delivery(rows: list[GoodsReceived]) -> int | None:
    promised = [row for row in rows if row.promised_at is not None]
    return _whole(Decimal(HUNDRED * sum(not is_late(row) for row in promised)) / len(promised)) if promised else None


def _price(rows: list[GoodsReceived], before: list[GoodsReceived], points: int) -> int | None:
    """What was paid, against what the same quantities would have cost at the mean prices of the year before.

    In each currency apart, since there is no rate to convert by; the dearest counts.
    """
    now, then = _sums(rows), _sums(before)
    paid, formerly = defaultdict[str, Decimal](Decimal), defaultdict[str, Decimal](Decimal)
    for goods, currency in now.keys() & then.keys():
        (amount, quantity), (old_amount, old_quantity) = now[goods, currency], then[goods, currency]
        paid[currency] += amount
        formerly[currency] += quantity * old_amount / old_quantity
    rises = [HUNDRED * (paid[one] / formerly[one] - 1) for one in paid if formerly[one]]
    return min(HUNDRED, max(0, _whole(HUNDRED - points * max(rises)))) if rises else None


def _sums(rows: Iterable[GoodsReceived]) -> Prices:
    sums: Prices = {}
    for row in rows:
        if row.goods and row.quantity:
            money = Money.model_validate(row.amount)
            amount, quantity = sums.get((row.goods.casefold(), money.currency), (Decimal(), Decimal()))
            sums[row.goods.casefold(), money.currency] = amount + money.amount, quantity + Decimal(row.quantity)
    return sums


def _plain(value: Decimal | None) -> str | None:
    """Without a tenth where that is none."""
    return None if value is None else f"{value:f}".removesuffix(".0")


def _whole(value: Decimal) -> int:
    """Rounded down: 100 is said only where nothing was amiss."""
    return int(value.quantize(Decimal(1), ROUND_FLOOR))
