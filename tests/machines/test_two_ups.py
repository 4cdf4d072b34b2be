"""Two `crmw up` on one PostgreSQL: one polls the mailbox and begins the rounds, the other takes over once it has died.

Within seconds, and each of what only one does is held by one of them.
"""

from pathlib import Path
from typing import Any

import pytest

from crm_workflows.domain.records import Duty
from tests.adapters.conftest import empty_postgres_url, postgres
from tests.machines.world import SECRET, opened_at, soon
from tests.upper import Up, running_up

__all__ = ["empty_postgres_url", "postgres"]

OF_ONE = ("imap", "rounds", "digests", "nightly", "calendar", "sealing")
TAKEN_OVER_SECONDS = 20.0
"""Five on an idle machine; a machine that is busy with other tests is not idle."""


@pytest.mark.timeout(180)
def test_the_second_polls_the_mailbox_once_the_first_is_dead(empty_postgres_url: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "CRMW_DATABASE_URL": empty_postgres_url, "CRMW_SECRET_KEY": SECRET, "CRMW_IMAP_HOST": "127.0.0.1",
        "CRMW_IMAP_PORT": "9", "CRMW_IMAP_POLL_SECONDS": "0.2",
    }  # fmt: skip
    with (
        running_up(tmp_path, home=tmp_path / "first", **settings) as first,
        opened_at(empty_postgres_url) as store,
    ):

        def holder() -> str:
            return holders().get("imap", "")

        def holders() -> dict[str, str]:
            with store.read() as reader:
                return {duty.name: duty.holder for duty in reader.find(Duty)}

        def has_all(up: Up) -> bool:
            return [f":{up.process.pid}:" in holders().get(name, "") for name in OF_ONE] == [True] * len(OF_ONE)

        soon(holder, "somebody polls")
        one = holder()
        with running_up(tmp_path, home=tmp_path / "second", **settings) as second:
            soon(lambda: "mailbox could not be read" in first.log, "the first polls")
            assert f":{first.process.pid}:" in holder()
            assert "mailbox could not be read" not in second.log, "both poll"
            soon(lambda: has_all(first), "the first has every duty")
            first.kill()
            soon(lambda: f":{second.process.pid}:" in holder(), "the second takes over", TAKEN_OVER_SECONDS)
            soon(lambda: "mailbox could not be read" in second.log, "the second polls")
            soon(lambda: has_all(second), "the second has every duty", TAKEN_OVER_SECONDS)
            assert holder() != one
            assert second.stop() == 0
        assert set(holders().values()) == {""}, "whoever stops in good order leaves what they had"
