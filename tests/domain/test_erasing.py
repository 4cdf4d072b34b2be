"""What stands in the place of somebody who was erased: found however it was written, and nothing else touched."""

import pytest

from crm_workflows.domain.audit import person_id
from crm_workflows.domain.erasing import GONE, Traces, place_of, traces

CHEN = "chen@supplier.example"
KNOWN = traces([CHEN], [("name", "陈洁"), ("name", "Jie Chen"), ("phone", "+86 138-0000-1234")], [])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("问陈洁经理", f"问{GONE}经理"),
        ("Ask jie  chen.", f"Ask {GONE}."),
        ("Jie Chens", "Jie Chens"),
        (f"<{CHEN.upper()}>", f"<{place_of(CHEN)}>"),
        ("wchen@supplier.example", "wchen@supplier.example"),
        ("chen@supplier.example.org", f"{place_of(CHEN)}.org"),
        ("电话 13800001234。", f"电话 {GONE}。"),
        ("138 0000 1234", ""),
        ("订单 9138000012345", "订单 9138000012345"),
    ],
)
def test_what_names_them_is_found_however_it_was_written(text: str, clean: str) -> None:
    assert KNOWN.out_of(text) == clean


def test_beside_their_address_name_and_number_go_whoever_bears_them() -> None:
    shared = traces([CHEN], [("name", "王芳")], ["王芳"])
    value = {"email": CHEN, "name": "王芳", "phone": "1", "deep": [{"name": "王芳", "email": "w@x.example"}]}
    assert shared.out_of_json(value) == {
        "email": place_of(CHEN),
        "name": GONE,
        "phone": "",
        "deep": [{"name": "王芳", "email": "w@x.example"}],
    }


def test_names_and_numbers_are_told_by_what_stands_beside_an_address() -> None:
    value = {"contact": {"name": "陈洁", "email": "Chen@Supplier.example", "phone": "13800001234"}, "name": "澄岚"}
    assert list(Traces(frozenset({CHEN})).told_by(value)) == [("name", "陈洁"), ("phone", "13800001234")]


def test_the_place_stands_on_record_for_whom_it_replaced_and_stays() -> None:
    assert person_id(place_of(CHEN)) == person_id(CHEN)
    assert place_of(place_of(CHEN)) == place_of(CHEN)


def test_what_is_too_short_to_be_known_by_is_left() -> None:
    assert traces([CHEN], [("name", "陈"), ("phone", "110")], []) == Traces(frozenset({CHEN}))
