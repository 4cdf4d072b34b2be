"""New-customer onboarding 新客户建档 (ON). Read `procedure.py`: it is the rule book, in its order."""

from flows.customer_onboarding.procedure import customer_onboarding

__all__ = ["customer_onboarding"]
