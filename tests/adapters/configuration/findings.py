"""Findings as tests compare them."""

from crm_workflows.adapters.configuration.config_files import Finding


def told(findings: list[Finding]) -> list[tuple[int, str, str]]:
    return [(finding.line, finding.severity, finding.message) for finding in findings]


def one(findings: list[Finding]) -> tuple[int, str]:
    """The only finding, as line and message."""
    assert len(findings) == 1, told(findings)
    return findings[0].line, findings[0].message
