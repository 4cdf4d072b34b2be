"""Health and metrics: what they say, and what they must not name."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crm_workflows.adapters.database import refused_writes, store_sqlite
from crm_workflows.adapters.database.store_sqlite import SqliteStore
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.domain.records import Blob, CaseRow, Duty
from crm_workflows.interfaces.web.app import create_watched
from crm_workflows.interfaces.web.forms import check_forms
from tests.interfaces.web.world import BASE, InProcess, World, filled


def test_metrics_count_requests_by_route_and_cases_by_status(world: World) -> None:
    code = world.office.until_gate()
    link = world.link(code)
    browser = world.browser()
    browser.post(link, data=filled(browser.get(link).text, decision="approve"))
    browser.get("/nothing/at/all")
    browser.get(f"/cases/{code}")
    text = browser.get("/metrics").text
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["crmw_cases", "waiting"] == 1
    assert samples["crmw_requests_open", "task"] == 1
    assert samples["crmw_mails", "queued"] == len(world.office.mails())
    assert samples["crmw_http_requests_total", "/r/{token}", "303", "POST"] == 1
    assert samples["crmw_http_requests_total", "/cases/{code}", "200", "GET"] == 1
    assert samples["crmw_http_requests_total", "404", "GET", "unknown"] == 1
    assert link.rpartition("/")[2] not in text
    assert code not in text


def test_metrics_tell_what_is_late_and_what_was_done(world: World) -> None:
    """Ages are those of the clock that the cases live by; the company's clock stands still here between two deeds."""
    office = world.office
    code = office.start()
    office.move_to(office.clock.now() + timedelta(days=4))
    with office.engine.store.write() as tx:
        held_until = office.clock.now() - timedelta(seconds=1)
        tx.update(CaseRow, (code,), leased_until=held_until, ready_at=held_until, status="running")
        tx.insert(Duty("imap", "a", 7))
    told = sampled(world)
    assert told["crmw_ready_oldest_seconds"] == 1
    assert told["crmw_mails_oldest_seconds"] == 4 * 86_400
    assert told["crmw_requests_open_for_days", "3"] == 1
    assert told["crmw_requests_open_for_days", "7"] == 0
    assert told["crmw_duty_beats_total", "imap"] == 7
    assert told["crmw_lease_takeovers_total"] == 0
    office.work()
    after = sampled(world)
    assert after["crmw_lease_takeovers_total"] == 1
    assert after["crmw_stretch_seconds_count"] == told["crmw_stretch_seconds_count"] + 1
    assert after["crmw_stretch_seconds_sum"] > told["crmw_stretch_seconds_sum"]
    assert after["crmw_ready_oldest_seconds"] == 0


def test_a_process_without_pages_tells_the_same_and_nothing_else(world: World) -> None:
    with httpx.Client(transport=InProcess(create_watched(world.opened)), base_url=BASE) as client:
        assert client.get("/health/ready").status_code == 200
        assert "crmw_cases{" in client.get("/metrics").text
        assert client.get("/cases").status_code == 404


def sampled(world: World) -> dict[Any, float]:
    """Every sample by its name, or by name and label."""
    found = text_string_to_metric_families(world.browser().get("/metrics").text)
    samples = [sample for family in found for sample in family.samples]
    return {(s.name, *s.labels.values()) if s.labels else s.name: s.value for s in samples}


def test_ready_tells_that_the_database_answers(world: World) -> None:
    assert world.browser().get("/health/live").json() == {"status": "live"}
    assert world.browser().get("/health/ready").json() == {"status": "ready", "running_cases": 0}


def test_ready_tells_that_the_database_takes_no_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk can still be read; being busy for a moment is no trouble of this kind."""
    store, browser = world.opened.store, world.browser()
    assert isinstance(store, SqliteStore)
    store.refused.note(StoreBusy(store_sqlite.LOCKED))
    assert browser.get("/health/ready").status_code == 200
    fill(store)
    answer = browser.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert "disk of the database is full" in answer.json()["why"]
    monkeypatch.setattr(refused_writes, "FRESH_SECONDS", 0.0)
    assert browser.get("/health/ready").status_code == 503, "another try is refused as well"
    make_room(store)
    assert browser.get("/health/ready").json() == {"status": "ready", "running_cases": 0}
    monkeypatch.setattr(refused_writes, "FRESH_SECONDS", 60.0)
    assert browser.get("/health/ready").status_code == 200, "the refusal is forgotten"


def limit(store: SqliteStore, pages: int) -> None:
    """How large the database may become, for the connection that writes."""
    pooled = store.take_to_write()
    pooled.driver_connection.execute(f"PRAGMA max_page_count = {pages}")
    store.give_back_written()


def fill(store: SqliteStore) -> None:
    limit(store, 1)  # SQLite takes it as the size that the file has
    with pytest.raises(StoreBusy, match="full"), store.write() as tx:
        tx.insert(Blob("a" * 64, bytes(2_000_000)))


def make_room(store: SqliteStore) -> None:
    limit(store, 1_000_000)


def test_the_forms_of_the_shipped_processes_can_all_be_drawn(world: World) -> None:
    for made in world.office.engine.versions.values():
        check_forms(made)
