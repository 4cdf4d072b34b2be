"""A customer register of any size, made from a seed: the same seed gives the same customers on every machine.

It must not measure. `fill` is for databases of benchmarks and tests, never for one that is in use.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from crm_workflows.domain.records import Customer, CustomerContact
from crm_workflows.engine.ports import Store

SEED: Final = 20_260_302
OWNERS: Final = ("lin.xiaoyu@yongchang.example", "song.jia@yongchang.example", "gao.ming@yongchang.example")
REGIONS: Final = ("江苏", "浙江", "广东", "四川", "辽宁")
INDUSTRIES: Final = ("machinery", "vehicles", "electronics", "energy", "trade", "other")
TIERS: Final = "ABBCCCCCCC"
"""A tenth A, two tenths B, the rest C: the shares that ON-5 has of customers, roughly."""
LONGEST_SILENCE: Final = 400
"""Days since the last contact, evenly spread."""
AT_ONCE: Final = 5_000


def customers(
    many: int, at: datetime, seed: int = SEED, owners: Sequence[str] = OWNERS
) -> Iterator[tuple[Customer, CustomerContact]]:
    """So many customers, each with one contact; `at` is the instant up to which they have been contacted."""
    chance = random.Random(seed)
    for n in range(1, many + 1):
        code = f"C-MA-{n:07d}"
        yield (
            Customer(
                code=code, name=f"客户{n:07d}", credit_code=f"seeded-{n:07d}", tier=chance.choice(TIERS),
                status="active" if chance.random() < 0.97 else "blocked", owner=chance.choice(owners),
                registered_at=at - timedelta(days=900), industry=chance.choice(INDUSTRIES),
                region=chance.choice(REGIONS), consents=chance.random() < 0.98,
                last_contact_at=at - timedelta(days=chance.randrange(LONGEST_SILENCE)),
            ),
            CustomerContact(code, 0, "顾晚晴", f"contact{n}@example.com", "+8651255500188"),
        )  # fmt: skip


def fill(store: Store, many: int, at: datetime, seed: int = SEED) -> None:
    """Enter them, some thousands a commit."""
    found = customers(many, at, seed)
    while piece := list(islice(found, AT_ONCE)):
        with store.write() as tx:
            tx.insert(*(record for pair in piece for record in pair))
