"""For tests of procedures and of code around the engine: a store without a database, an office. Not for production."""

from crm_workflows.testing.clock import ManualClock
from crm_workflows.testing.memory_store import MemoryStore

__all__ = ["ManualClock", "MemoryStore"]
