"""Who may speak to the pages: host names, origins, hidden secrets in logs, failures without tracebacks."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from crm_workflows.domain.errors import ConfigurationError, StoreBusy
from crm_workflows.interfaces.web.guard import redacted
from crm_workflows.interfaces.web.serving import check_doors, server_for
from crm_workflows.settings import Settings
from tests.interfaces.web.world import World, filled, text_of


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:9", "LOCALHOST", "[::1]:8000"])
def test_this_machine_is_served(world: World, host: str) -> None:
    assert world.browser().get("/cases", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", "10.0.0.1", "", "127.0.0.1:x"]
)
def test_other_names_are_refused_so_that_nobody_rebinds_theirs_to_us(world: World, host: str) -> None:
    link = world.link(world.office.until_gate())
    for path in ("/", link, "/health/live", "/api/v1/cases"):
        assert world.browser().get(path, headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"origin": "http://127.0.0.1:8000"}, 303),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://localhost:8000"}, 403),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_forms_of_other_sites_decide_nothing(world: World, headers: dict[str, str], status: int) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    form = filled(world.browser().get(link).text, decision="approve")
    assert world.browser().post(link, data=form, headers=headers).status_code == status
    assert (world.office.waiting(code)["gate"] == "contract_signers") == (status == 303)


def test_logs_hold_no_secret(world: World, caplog: pytest.LogCaptureFixture) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    token = link.rpartition("/")[2]
    with caplog.at_level(logging.DEBUG):
        browser = world.browser()
        form = filled(browser.get(link).text, decision="approve")
        browser.get(f"{link}/files/00")
        browser.get(f"/r/{token[:-1]}x")
        browser.post(link, data=form)
        browser.get(f"/cases?text={token}")
    lines = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records if "web" in record.name or
             record.name == "crm_workflows.access"]  # fmt: skip
    assert len([line for line in lines if "/r/…" in line]) >= 3
    assert not [line for line in lines if token[:-1] in line]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/r/abc", "/r/…"), ("/t/abc/files/00", "/t/…/files/00"), ("/cases/SV-2026-00001", "/cases/SV-2026-00001"),
        ("/x/" + "a2" * 16, "/x/…"), ("/r//x", "/r//x"),
        ("/sign-in/code/12345678", "/sign-in/code/…"),
    ],
)  # fmt: skip
def test_paths_are_logged_without_secrets(path: str, shown: str) -> None:
    assert redacted(path) == shown


@contextmanager
def broken(world: World, error: Exception) -> Iterator[None]:
    """The database fails at every read."""

    def read() -> None:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.office.engine.store, "read", read)
        yield


def test_a_busy_database_is_told_in_one_sentence(world: World) -> None:
    link = world.link(world.office.until_gate())
    form = filled(world.browser().get(link).text, decision="approve")
    with broken(world, StoreBusy("数据库正忙，请稍后再试 / the database is busy; try again in a moment")):
        for answer in (world.browser().get(link), world.browser().post(link, data=form), world.browser().get("/cases")):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "2"
            assert "数据库正忙，请稍后再试" in text_of(answer.text)
        assert world.browser().get("/health/live").status_code == 200
        ready = world.browser().get("/health/ready")
        assert (ready.status_code, "busy" in ready.json()["why"]) == (503, True)
        api = world.browser().get("/api/v1/cases")
        assert (api.status_code, "busy" in api.json()["error"]["sentence"]) == (503, True)
    assert world.browser().post(link, data=form).status_code == 303, "nothing was lost"


def test_a_fault_of_ours_shows_a_reference_and_no_traceback(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with broken(world, ZeroDivisionError("secret detail")):
        for path in ("/cases", "/api/v1/cases"):
            answer = world.browser().get(path)
            assert answer.status_code == 500
            assert "secret detail" not in answer.text
            assert "Traceback" not in answer.text
            assert answer.headers["referrer-policy"] == "no-referrer"
    logged = [record for record in caplog.records if getattr(record, "reference", None)]
    assert logged
    assert logged[0].reference in world_text(world, logged)  # type: ignore[attr-defined]


def world_text(world: World, records: list[logging.LogRecord]) -> str:
    return " ".join(str(record.__dict__) for record in records)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.9", "localhost", "::1", "[::1]"])
def test_loopback_is_served(host: str) -> None:
    check_doors(Settings(bind=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", "", "127.0.0.1.example.com", "*"])
def test_anything_beyond_this_machine_is_refused_at_start(world: World, host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"CRMW_BIND=127\.0\.0\.1"):
        check_doors(Settings(bind=host))
    with pytest.raises(ConfigurationError):
        server_for(world.app, Settings(bind=host), 0)


PUBLIC: dict[str, Any] = {"sign_in": True, "public_url": "https://crm.example.com", "smtp_host": "mail.example.com"}


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "192.168.1.5"])
def test_where_people_sign_in_behind_tls_pages_may_be_bound_anywhere(host: str) -> None:
    check_doors(Settings(bind=host, **PUBLIC))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"public_url": "http://crm.example.com"}, "must be an https address"),
        ({"public_url": "", "bind": "0.0.0.0"}, "CRMW_PUBLIC_URL"),
        ({"public_url": "https://127.0.0.1", "bind": "10.0.0.5"}, "CRMW_PUBLIC_URL"),
        ({"smtp_host": ""}, "CRMW_SMTP_HOST"),
    ],
)
def test_signing_in_without_tls_or_by_a_mailbox_for_all_is_refused(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        check_doors(Settings(**(PUBLIC | wrong)))
