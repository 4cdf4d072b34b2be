"""What an outsider finds in the dossier of a complaint: answers of people outside, and a close that was not the end."""

from pathlib import Path

import pytest

from crm_workflows.engine.record import sealing
from crm_workflows.testing import MemoryStore
from tests.engine.test_dossier import outsider_says
from tests.flows.complaints import CUSTOMER, FAULT, asked, complain, finish, followed_up, until
from tests.office import Office

HOLDS = "every file and the record hold"


@pytest.fixture
def office() -> Office:
    return Office(MemoryStore())


def test_an_answer_of_the_customer_is_found_to_be_the_one_on_record(office: Office, tmp_path: Path) -> None:
    """On record people outside are a hash (G-7); case.json names them."""
    code = complain(office, **FAULT)
    until(office, code, "answer")
    office.reply(asked(office, code), "接受", sender=CUSTOMER)
    assert finish(office, code)["outcome"] == "resolved"
    sealing.seal(office.engine)
    (tmp_path / "closed").mkdir()
    assert HOLDS in outsider_says(office, code, tmp_path / "closed")

    follow_up = followed_up(office, code)
    office.reply(asked(office, follow_up), "2", sender=CUSTOMER)
    office.work()
    assert office.view(code)["outcome"] is None
    sealing.seal(office.engine)
    for folder, one in (("reopened", code), ("follow-up", follow_up)):
        (tmp_path / folder).mkdir()
        assert HOLDS in outsider_says(office, one, tmp_path / folder)
