"""What was said to whom, in which language."""

from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.people import Directory
from crm_workflows.testing import MemoryStore
from tests.engine.toy_bodies import gated
from tests.engine.toys import office_of, toy
from tests.office import Office


@pytest.fixture
def office() -> Office:
    """A gate, then a form, in memory."""
    return office_of(MemoryStore(), toy(gated))


def in_english(office: Office, *addresses: str) -> None:
    """From now on these people read English."""
    changed = [replace(p, language="en") if p.email in addresses else p for p in office.staff.people.people]
    office.staff.people = Directory(changed, office.staff.people.roles)


def contexts(office: Office, template: str, to: str | None = None) -> list[dict[str, Any]]:
    """What the mails of a kind say."""
    return [m.context for m in office.mails(template, to=to)]
