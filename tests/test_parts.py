"""The rule about missing parts is itself a promise: skip at home, fail in CI."""

import tempfile
from pathlib import Path

import pytest

from tests import parts


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any of the parts."""
    monkeypatch.setattr(parts, "where", lambda part: None)


@pytest.mark.parametrize("part", list(parts.PACKAGES))
def test_a_missing_part_skips_and_names_its_package(
    part: parts.Part, nothing_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRMW_REQUIRE_PARTS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=parts.PACKAGES[part]):
        parts.require(part)


@pytest.mark.parametrize("part", list(parts.PACKAGES))
def test_a_missing_part_fails_where_parts_are_required(
    part: parts.Part, nothing_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRMW_REQUIRE_PARTS", "1")
    with pytest.raises(pytest.fail.Exception, match=parts.PACKAGES[part]):
        parts.require(part)


def test_a_part_that_is_there_is_answered_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "where", lambda part: "here")
    assert parts.require("chromium") == "here"


def test_no_test_meets_the_developer_s_own_prefect() -> None:
    """Its home is a passing one, and no flow starts a hidden server."""
    from prefect.settings import get_current_settings

    settings = get_current_settings()
    assert settings.home.is_relative_to(tempfile.gettempdir())
    assert settings.home != Path.home() / ".prefect"
    assert not settings.server.ephemeral.enabled
