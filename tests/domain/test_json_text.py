"""JSON that is written quickly is the standard library's, letter by letter: audit chains of years ago depend on it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_workflows.domain.json_text import writer

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(PLAIN, lambda some: st.lists(some) | st.dictionaries(st.text(), some))
CANONICAL, COMPACT = writer(sort_keys=True), writer(separators=(",", ":"), allow_nan=False)


@given(VALUES)
def test_is_what_the_standard_library_writes(value: Any) -> None:
    assert CANONICAL(value) == json.dumps(value, ensure_ascii=False, sort_keys=True)
    assert COMPACT(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def test_does_so_without_the_quick_part_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("json.encoder.c_make_encoder", None)
    assert writer(sort_keys=True)({"乙": 1.5, "b": ["甲"]}) == '{"b": ["甲"], "乙": 1.5}'


@pytest.mark.parametrize("value", [Decimal(1), {"a": {1, 2}}, [b"x"], object()])
def test_refuses_what_is_no_json(value: object) -> None:
    with pytest.raises(TypeError):
        COMPACT(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_refuses_what_only_python_reads(value: object) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        COMPACT(value)
    assert CANONICAL(value) == json.dumps(value)
