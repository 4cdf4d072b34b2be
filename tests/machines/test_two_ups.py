"""Two `crmw up` on one PostgreSQL: one polls the mailbox, the other takes that over within seconds of its death."""

from pathlib import Path
from typing import Any

import pytest

from crm_workflows.domain.records import Duty
from tests.adapters.conftest import empty_postgres_url, postgres
from tests.machines.world import SECRET, opened_at, soon
from tests.upper import running_up

__all__ = ["empty_postgres_url", "postgres"]

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
            with store.read() as reader:
                duty = reader.get(Duty, "imap")
            return duty.holder if duty else ""

        soon(holder, "somebody polls")
        one = holder()
        with running_up(tmp_path, home=tmp_path / "second", **settings) as second:
            soon(lambda: "mailbox could not be read" in first.log, "the first polls")
            assert f":{first.process.pid}:" in holder()
            assert "mailbox could not be read" not in second.log, "both poll"
            first.kill()
            soon(lambda: f":{second.process.pid}:" in holder(), "the second takes over", TAKEN_OVER_SECONDS)
            soon(lambda: "mailbox could not be read" in second.log, "the second polls")
            assert holder() != one
            assert second.stop() == 0
        assert holder() == "", "whoever stops in good order leaves the duty"
