"""Health and metrics: what they say, and what they must not name."""

from prometheus_client.parser import text_string_to_metric_families

from crm_workflows.interfaces.web.app import check_forms
from tests.interfaces.web.world import World, filled


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


def test_ready_tells_that_the_database_answers(world: World) -> None:
    assert world.browser().get("/health/live").json() == {"status": "live"}
    assert world.browser().get("/health/ready").json() == {"status": "ready", "running_cases": 0}


def test_the_forms_of_the_shipped_processes_can_all_be_drawn(world: World) -> None:
    check_forms(world.office.engine)
