"""Customer re-tiering 客户重新分级 (RT): the tiers of all customers, quarterly (RP-4). Read `procedure.py`."""

from flows.customer_retiering.procedure import customer_retiering

__all__ = ["customer_retiering"]
