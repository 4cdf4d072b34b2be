"""Follow-up of a complaint 投诉回访 (CF): whether the customer is satisfied, after its close (CP-11)."""

from flows.complaint_follow_up.procedure import complaint_follow_up

__all__ = ["complaint_follow_up"]
