"""Promise to a customer 客户承诺 (PR): whether what a callback promised was kept (CB-4). Read `procedure.py`."""

from flows.callback_promise.procedure import callback_promise

__all__ = ["callback_promise"]
