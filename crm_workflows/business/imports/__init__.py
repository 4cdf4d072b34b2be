"""Imports of customers and what belongs to them, from tables that people have filled in.

A row is good, or it is named with column and remedy. Rows go in by the chunk, each chunk in one transaction, and by
their own keys: the same file again changes nothing, and so it also goes on after a crash. It must not know files.
"""

from crm_workflows.business.imports.following import said_of_work
from crm_workflows.business.imports.kinds import KINDS
from crm_workflows.business.imports.recording import Source, latest, said_of, take_in
from crm_workflows.business.imports.running import Mode, Result, run

__all__ = ["KINDS", "Mode", "Result", "Source", "latest", "run", "said_of", "said_of_work", "take_in"]
