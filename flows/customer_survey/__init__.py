"""Customer survey 客户满意度调查 (CS): the half-yearly survey of CB-8. Read `procedure.py`."""

from flows.customer_survey.procedure import customer_survey

__all__ = ["customer_survey"]
