"""The type of JSON columns. Nothing else belongs here."""

from typing import Any

Json = Any
"""A JSON value: dict, list, str, int, float, bool or None."""
