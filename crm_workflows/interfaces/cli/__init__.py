"""The command line `crmw`, for the administrators of a machine. It must not hold rules of cases: it asks the engine."""

from typing import Final

INTERRUPTED: Final = 130
"""Exit status after Ctrl-C; here since `main` needs it before anything has been imported."""
