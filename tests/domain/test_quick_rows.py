"""Rows are copied as `dataclasses.replace` copies them, whatever is changed."""

from dataclasses import replace

import pytest

from crm_workflows.domain.records.quick import replaced
from tests.adapters.rows import NOON, case, request


def test_a_changed_copy_is_that_of_the_standard_library() -> None:
    row = case("SV-2026-00001")
    changed = replaced(row, status="closed", closed_at=NOON, journal_length=7)
    assert changed == replace(row, status="closed", closed_at=NOON, journal_length=7)
    assert row == case("SV-2026-00001"), "the row itself is as it was"
    assert replaced(request("R1")) == request("R1")


def test_what_is_no_column_is_refused() -> None:
    with pytest.raises(AttributeError):
        replaced(case("SV-2026-00001"), state="closed")
