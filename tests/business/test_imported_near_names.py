"""New companies with nearly the name of a known one (ON-2): named with the reason, however the file is cut."""

import pytest

from crm_workflows.business.imports import Result, running
from tests.business.tables import HEAD, NAMES, Importing, as_csv, importing, lines
from tests.flows.customers import enter
from tests.office import credit_code

__all__ = ["importing"]


def test_nearly_the_same_company_is_explained_and_let_in_when_somebody_says_so(importing: Importing) -> None:
    enter(importing.office, "KH-7", name="无锡市云帆泵业有限责任公司", credit_code="x")
    rows = lines(NAMES[0])
    importing(as_csv([HEAD, *rows]))
    assert importing.places == [(2, "Customer")]
    assert "可能就是 KH-7 无锡市云帆泵业有限责任公司" in importing.said[0].what
    assert importing(as_csv([[*HEAD, "确认不同"], [*rows[0], "是"]])).added == 1


def test_rows_of_one_file_are_not_compared_with_each_other_in_whatever_chunk(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a file that was looked through without a problem would be written in part."""
    monkeypatch.setattr(running, "CHUNK", 1)
    rows = lines(NAMES[0], "无锡市云帆泵业有限责任公司", "无锡云帆泵业（集团）有限公司")
    assert importing(as_csv([HEAD, *rows])) == Result(rows=3, added=3, is_written=True)
    further = [*rows[1:], *lines("无锡云凡泵业有限公司")]
    further[2][1] = credit_code(9)
    done = importing(as_csv([HEAD, *further]), mode="good")
    assert (done.unchanged, done.bad, done.not_compared) == (2, 1, 0)
    assert "可能就是 C-MA-0001 无锡云帆泵业有限公司" in importing.said[0].what


def test_of_too_large_a_register_it_is_said_that_names_were_not_compared(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_workflows.business.imports.likening.MOST_COMPARED", 0)
    enter(importing.office, "KH-7", name="无锡市云帆泵业有限责任公司", credit_code="x")
    assert importing(as_csv([HEAD, *lines(*NAMES)])) == Result(rows=3, added=3, not_compared=3, is_written=True)
