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
        ("chen@supplier.example.org", "chen@supplier.example.org"),
        (f"找{CHEN}.Then we wait", f"找{place_of(CHEN)}.Then we wait"),
        (f"请联系{CHEN}确认", f"请联系{place_of(CHEN)}确认"),
        ("由Chen Jie处理", f"由{GONE}处理"),
        ("陈 洁：138.0000.1234", f"{GONE}：{GONE}"),
        ("１３８０００0１２３４", ""),
        ("jie.chen@other.example, chen+a@supplier.example", "jie.chen@other.example, chen+a@supplier.example"),
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


@pytest.mark.parametrize("name", ["Li", "reject", "CNY", "2026", "zh", "yongchang"])
@pytest.mark.parametrize("said", [False, True])
def test_a_name_never_takes_the_address_of_another_apart_and_no_word_beside_unless_said(name: str, said: bool) -> None:
    known = traces([CHEN], [("name", name)], [], [name] if said else [])
    assert known.out_of("Li.Li@li.yongchang.example") == "Li.Li@li.yongchang.example"
    texts = {
        "decision": "reject",
        "by": "zh",
        "at": "2026-03-02",
        "amount": "CNY 5",
        "deep": {"name": name, "email": CHEN},
    }
    clean = known.out_of_json(texts)
    assert clean["deep"] == {"name": GONE, "email": place_of(CHEN)}
    assert said or clean == texts | {"deep": clean["deep"]}


def test_a_longer_name_of_somebody_else_is_left_whole() -> None:
    known = traces([CHEN], [("name", "陈国"), ("name", "Chen Jie")], ["陈国栋", "Chen Jie Steel Ltd"])
    assert known.out_of("陈国问陈国栋") == f"{GONE}问陈国栋"
    assert known.out_of("Chen Jie of Chen Jie Steel Ltd") == f"{GONE} of Chen Jie Steel Ltd"
    assert not known.are_in("陈国栋")
    value = {"a": {"name": "陈国庆", "email": "q@x.example"}, "b": {"to_name": "陈国", "text": "x@y.example 说"}}
    beside = list(known.others_in(value))
    assert beside == ["陈国庆"]
    assert traces([CHEN], [("name", "陈国")], [], (), [*beside, "陈国"]).out_of("陈国、陈国庆") == f"{GONE}、陈国庆"


@pytest.mark.parametrize(
    "written",
    [
        "chen(at)supplier.example",
        "Chen [at] supplier [dot] example",
        "chen（at）supplier.example",
        "chen at supplier dot example",
        "chen%40supplier.example",
        "chen&#64;supplier.example",
        "chen @ supplier.example",
        "chen＠supplier.example",
        "ｃｈｅｎ＠ｓｕｐｐｌｉｅｒ．ｅｘａｍｐｌｅ",
        "ch\u200ben@supplier.example",
        "chen@sup\u00adplier.example",
        "chen@supplier。example",
    ],
)
def test_an_address_is_found_in_whatever_way_people_and_programs_write_it(written: str) -> None:
    assert KNOWN.out_of(f"写给{written}，或 {written}.") == f"写给{place_of(CHEN)}，或 {place_of(CHEN)}."
    assert KNOWN.out_of(f"x{written}") == f"x{written}"
    assert KNOWN.out_of(f"jie.{written}") == f"jie.{written}"
    assert KNOWN.out_of(f"{written}s") == f"{written}s"


@pytest.mark.parametrize(
    "written", ["陈\u200b洁", "陈\u3000洁", "Ch\u00aden Jie", "Chen, Jie", "ＪＩＥ ＣＨＥＮ", "１３８０００0１２３４",
                "０１３８－００００－１２３４", "＋86（138）0000 1234", "138\u200b00001234", "138 – 0000 – 1234"]
)  # fmt: skip
def test_a_name_and_a_number_are_found_however_wide_or_parted(written: str) -> None:
    assert KNOWN.out_of(f"找{written}。") == f"找{GONE}。"


def test_a_family_name_before_a_comma_is_found_whichever_stands_first_on_record() -> None:
    for name in ("Chen Jie", "Jie Chen"):
        known = traces(["c.j@supplier.example"], [("name", name)], [])
        assert known.out_of("Chen, Jie（c[dot]j[at]supplier[dot]example）").startswith(f"{GONE}（erased-"), name


@pytest.mark.parametrize("text", ["meet at supplier. Example", "chen is at the supplier", "陈述洁净", "1380 0001 2345"])
def test_words_that_are_only_like_it_stay(text: str) -> None:
    assert KNOWN.out_of(text) == text


@pytest.mark.parametrize(("phone", "text"), [("20260302", "2026-03-02"), ("202600042", "[SV-2026-00042]")])
def test_a_number_takes_no_day_and_no_code_apart(phone: str, text: str) -> None:
    assert traces([CHEN], [("phone", phone)], []).out_of(text) == text


def test_a_long_text_without_an_address_is_looked_through_at_once() -> None:
    assert not KNOWN.are_in("a.b-" * 250_000 + "1 " * 100_000)
    assert not KNOWN.are_in(
        "c" * 100_000 + "1" * 100_000 + "\u200b" * 100_000 + " (" * 100_000 + "chen" + " " * 100_000
    )
