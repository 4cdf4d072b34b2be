"""A company with its pages, and PostgreSQL."""

from tests.interfaces.web.conftest import migrated, world
from tests.postgres import postgres

__all__ = ["migrated", "postgres", "world"]
