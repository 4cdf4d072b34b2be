"""The unified social credit code is checked as GB 32100-2015 says."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crm_workflows.domain.credit_code import ALPHABET, CreditCode, check_character, problem_with
from crm_workflows.domain.text import in_language

CODE = TypeAdapter(CreditCode)
# Reckoned by hand from the standard's weights 1 3 9 27 19 26 16 17 20 29 25 13 8 24 10 30 28.
# 91 350100 M000100Y4: 9*1 + 1*3 + 3*9 + 5*27 + 0 + 1*26 + 0 + 0 + M(21)*20 + 0 + 0 + 0 + 1*8 + 0 + 0 + Y(30)*30 + 4*28
#   = 9 + 3 + 27 + 135 + 26 + 420 + 8 + 900 + 112 = 1640 = 52*31 + 28, so the check is 31 - 28 = 3.
BY_HAND = [
    ("91350100M000100Y4", "3"),
    ("11000000000000000", "U"),  # 1 + 3 = 4, 31 - 4 = 27
    ("10000000000000001", "2"),  # 1 + 28 = 29, 31 - 29 = 2
    ("00000000000000000", "0"),  # nothing left over: 0, not 31
    ("Y1000000000000000", "X"),  # 30 + 3 = 33 = 31 + 2, 31 - 2 = 29
]

regions = st.text("0123456789", min_size=6, max_size=6)
codes = st.tuples(st.text(ALPHABET, min_size=2, max_size=2), regions, st.text(ALPHABET, min_size=9, max_size=9)).map(
    lambda parts: "".join(parts) + check_character("".join(parts))
)


@pytest.mark.parametrize(("first", "check"), BY_HAND)
def test_check_character_as_reckoned_by_hand(first: str, check: str) -> None:
    assert check_character(first) == check
    assert problem_with(first + check) is None


@given(codes, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_noticed(code: str, place: int, other: str) -> None:
    assume(code[place] != other)
    assert problem_with(code) is None
    assert problem_with(code[:place] + other + code[place + 1 :]) is not None


@given(codes, st.integers(0, 17), st.integers(0, 17))
def test_two_swapped_characters_are_noticed(code: str, one: int, two: int) -> None:
    # The first and the check character both have weight 1: the standard itself cannot tell these two apart.
    assume(code[one] != code[two] and {one, two} != {0, 17})
    swapped = list(code)
    swapped[one], swapped[two] = code[two], code[one]
    assert problem_with("".join(swapped)) is not None


@pytest.mark.parametrize(
    ("code", "chinese", "english"),
    [
        ("91350100M000100Y4", "这里是 17 位", "this one 17"),
        ("9135O100M000100Y43", "第 5 位是 O", "should it be 0"),
        ("9135A100M000100Y43", "第 5 位不能是“A”", 'Character 5 of a unified social credit code cannot be "A"'),
        ("91350100M000100Y4中", "第 18 位不能是“中”", 'cannot be "中"'),
        ("91350100M000100Y34", "校验位不符", "one character is wrong or two are swapped"),
    ],
)
def test_says_in_both_languages_what_is_wrong(code: str, chinese: str, english: str) -> None:
    problem = problem_with(code)
    assert problem is not None
    assert chinese in in_language(problem, "zh")
    assert english in in_language(problem, "en")
    assert "/" not in in_language(problem, "en")


def test_reads_a_code_as_people_type_it() -> None:
    assert CODE.validate_python(" 91350100-m000100y43　") == "91350100M000100Y43"
    assert CODE.validate_python("９１３５０１００Ｍ０００１００Ｙ４３") == "91350100M000100Y43"


def test_a_form_names_the_field_and_refuses_with_the_sentence() -> None:
    with pytest.raises(ValidationError) as caught:
        CODE.validate_python("91350100M000100Y34")
    assert caught.value.errors()[0]["msg"] == problem_with("91350100M000100Y34")
    with pytest.raises(ValidationError):
        CODE.validate_python(913501000001000043)
    assert CODE.json_schema()["title"] == "统一社会信用代码 / Unified social credit code"
