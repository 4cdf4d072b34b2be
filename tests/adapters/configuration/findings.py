"""Findings as tests compare them."""

import re

from crm_workflows.adapters.configuration.config_files import Finding

CHINESE = re.compile("[\u4e00-\u9fff]")


def told(findings: list[Finding]) -> list[tuple[int, str, str]]:
    return [(finding.line, finding.severity, finding.message) for finding in findings]


def one(findings: list[Finding]) -> tuple[int, str]:
    """The only finding, as line and message."""
    assert len(findings) == 1, told(findings)
    assert CHINESE.search(findings[0].message_zh), findings[0]
    return findings[0].line, findings[0].message
