"""The alerts of docs/deploy, as Prometheus itself works them out from what a process tells under /metrics."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from crm_workflows.domain.records import Duty
from tests.deploy.programs import run
from tests.interfaces.web.world import World
from tests.office import ROOT
from tests.parts import require

SHIPPED = ROOT / "docs" / "deploy" / "prometheus"
FIRING = 'sum by (alertname) (ALERTS{alertstate="firing"})'
MINUTES = 20
SAMPLES = 2 * MINUTES
AWAY = 'up{job="crmw",instance="127.0.0.1:8000"}'
NOT_READY = 'crmw_http_requests_total{method="GET",route="/health/ready",status="503"}'
BEATS = 'crmw_duty_beats_total{duty="imap"}'

Series = dict[str, str]
"""Series -> how it goes on, as promtool writes it: first value, step, how many."""


def well(metrics: str) -> Series:
    """Every series of ours as it is told, going on like that; whoever is on duty gives signs of life."""
    found = re.findall(r"^(crmw_\w+(?:\{.*\})?) (\S+)$", metrics, re.MULTILINE)
    same = {series: f"{float(value):f}x{SAMPLES}" for series, value in found}
    return same | {AWAY: f"1x{SAMPLES}", NOT_READY: f"0x{SAMPLES}", BEATS: f"0+9x{SAMPLES}"}


@pytest.fixture
def metrics(world: World) -> str:
    """What a process tells that is well."""
    with world.office.engine.store.write() as tx:
        tx.insert(Duty("imap", "a", 1))
    browser = world.browser()
    assert browser.get("/health/ready").status_code == 200
    told: str = browser.get("/metrics").text
    assert NOT_READY.replace("503", "200") in told, "any other status is told alike"
    return told


def firing(series: Series, alerts: list[str]) -> dict[str, Any]:
    """A test of promtool's: with these series these alerts fire at the end, and no others."""
    samples = [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in alerts]
    expected = {"expr": FIRING, "eval_time": f"{MINUTES}m", "exp_samples": samples}
    told = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "30s", "input_series": told, "promql_expr_test": [expected]}


def test_prometheus_takes_the_files() -> None:
    program = require("promtool")
    assert "is valid prometheus config" in run(program, "check", "config", str(SHIPPED / "scrape.yml"))
    assert "9 rules found" in run(program, "check", "rules", str(SHIPPED / "alerts.yml"))


ATTENTION, FAILED = 'crmw_cases{status="needs_attention"}', 'crmw_mails{state="failed"}'
TROUBLE: dict[str, tuple[str, str, str]] = {
    "CrmwAway": (AWAY, "1x20 0x20", "1x37 0x3"),
    "CrmwNotReady": (NOT_READY, "0x10 0+1x30", "0x36 0+1x4"),
    "CrmwCasesNeedAttention": (ATTENTION, "0x20 2x20", "0x35 1x5"),
    "CrmwNobodyWorks": ("crmw_ready_oldest_seconds", "0x20 61x20", "60x40"),
    "CrmwMailStuck": ("crmw_mails_oldest_seconds", "0x20 901x20", "900x40"),
    "CrmwMailFailed": (FAILED, "0x20 1x20", "1x20 0x20"),
    "CrmwNobodyReadsTheMailbox": (BEATS, "0+9x20 180x20", "0+9x36 330x4"),
    "CrmwRecordNotSealed": ("crmw_unsealed_oldest_seconds", "0x20 1801x20", "1800x40"),
    "CrmwWorkersDie": ("crmw_lease_takeovers_total", "0x20 0+2x20", "0x20 0+1x10 10x10"),
}
"""For each alert the series that it looks at, a trouble of which it tells, and one that is too small or too short."""


def test_each_alert_has_its_trouble() -> None:
    groups = yaml.safe_load((SHIPPED / "alerts.yml").read_text("utf-8"))["groups"]
    assert list(TROUBLE) == [rule["alert"] for group in groups for rule in group["rules"]]


def test_an_alert_tells_of_its_trouble_alone_and_not_of_a_small_one(metrics: str, tmp_path: Path) -> None:
    program, healthy = require("promtool"), well(metrics)
    tests = [firing(healthy, [])]
    for alert, (series, trouble, too_little) in TROUBLE.items():
        assert series in healthy, "no process tells it"
        tests += [firing(healthy | {series: trouble}, [alert]), firing(healthy | {series: too_little}, [])]
    shutil.copy(SHIPPED / "alerts.yml", tmp_path)
    (tmp_path / "test.yml").write_text(yaml.safe_dump({"rule_files": ["alerts.yml"], "tests": tests}), "utf-8")
    said = run(program, "test", "rules", str(tmp_path / "test.yml"))
    assert "SUCCESS" in said, said
