"""Customer plan A 级客户计划 (KP): goals and actions for one A customer, quarterly (RP-5). Read `procedure.py`."""

from flows.customer_plan.procedure import customer_plan

__all__ = ["customer_plan"]
