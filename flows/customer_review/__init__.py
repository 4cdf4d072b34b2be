"""Customer review 客户复核 (CR): what ON-12 asks. Read `procedure.py`."""

from flows.customer_review.procedure import customer_review

__all__ = ["customer_review"]
