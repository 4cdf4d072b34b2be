"""Near names of companies: what labelled pairs say, and what holds for every name (SV-2)."""

import random
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.business.duplicates import Likeness, Names, Reason, alike, candidates, taken_apart
from crm_workflows.business.duplicates.blocks import sought
from crm_workflows.business.duplicates.words import LATIN_FORMS, english_business, places
from crm_workflows.business.duplicates.writing import LOOKALIKES
from crm_workflows.domain.text import in_language

HERE = Path(__file__).parent
CHENGLAN = "苏州澄岚精密轴承有限公司"


class Pair(NamedTuple):
    """A line of a file of labelled pairs."""

    label: str
    one: str
    other: str
    reason: str = ""

    @property
    def belongs(self) -> bool:
        return self.label != "different"


def pairs(name: str) -> list[Pair]:
    """The lines of a file; its head says what the labels mean."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [Pair(*line.split("\t")) for line in lines if not line.startswith("#")]


DEVELOPED, HELD_OUT = pairs("company_pairs.tsv"), pairs("company_pairs_held_out.tsv")


def found(pair: Pair) -> Likeness | None:
    """What a search for the one among others would give for the other."""
    hits = candidates(pair.one, [pair.other])
    return hits[0].likeness if hits else None


def figures(of: list[Pair]) -> tuple[float, float]:
    """Recall and precision over labelled pairs."""
    hits = [pair for pair in of if found(pair)]
    right = sum(pair.belongs for pair in hits)
    return right / sum(pair.belongs for pair in of), right / len(hits)


@pytest.mark.parametrize(
    ("name", "of", "recall_floor", "precision_floor"),
    [("developed with", DEVELOPED, 0.98, 0.96), ("held out", HELD_OUT, 0.93, 0.93)],
)
def test_recall_and_precision_stay_above_what_was_reached(
    name: str, of: list[Pair], recall_floor: float, precision_floor: float
) -> None:
    recall, precision = figures(of)
    print(f"\n{name}: {len(of)} pairs, recall {recall:.3f}, precision {precision:.3f}")  # noqa: T201 - for -s
    assert recall >= recall_floor
    assert precision >= precision_floor


def test_the_pairs_are_many_and_of_both_kinds() -> None:
    assert sum(pair.belongs for pair in DEVELOPED) >= 40
    assert sum(not pair.belongs for pair in DEVELOPED) >= 20
    assert len(HELD_OUT) >= 20
    assert {pair.label for pair in (*DEVELOPED, *HELD_OUT)} == {"same", "related", "different"}
    sides = [frozenset((pair.one, pair.other)) for pair in (*DEVELOPED, *HELD_OUT)]
    assert len(set(sides)) == len(sides), "no pair counts twice"


@pytest.mark.parametrize("pair", [p for p in DEVELOPED if p.belongs], ids=lambda pair: f"{pair.one}-{pair.other}")
def test_a_hit_gives_its_main_reason(pair: Pair) -> None:
    likeness = found(pair)
    assert likeness is not None
    assert likeness.reason.name == pair.reason


def test_every_reason_is_shown_by_a_pair() -> None:
    shown = {pair.reason for pair in DEVELOPED} | {"SAME"}
    assert shown >= {reason.name for reason in Reason} - {"BUSINESS"}
    overlapping = alike("苏州澄岚精密轴承有限公司", "苏州澄岚轴承制造有限公司")
    assert overlapping is not None
    assert overlapping.reasons == (Reason.BUSINESS,)


def test_reasons_are_said_in_both_languages_the_weightiest_first() -> None:
    likeness = alike(CHENGLAN, "江苏橙岚精密轴承有限责任公司")
    assert likeness is not None
    assert likeness.reasons == (Reason.SOUND, Reason.REGION, Reason.LEGAL_FORM)
    assert in_language(likeness.explained, "zh") == "读音相同；地区写法不同；组织形式写法不同"
    assert in_language(likeness.explained, "en").startswith("the same sound; the same but for the region; ")
    assert likeness.score == pytest.approx(0.68)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_bilingual(reason: Reason) -> None:
    assert in_language(reason.label, "zh") != in_language(reason.label, "en")


def test_numbered_works_are_two_and_a_branch_is_its_company() -> None:
    assert alike("澄岚轴承第一厂", "澄岚轴承2厂") is None
    assert alike("澄岚轴承第一厂", "澄岚轴承1厂") is not None
    branch = alike(CHENGLAN, f"{CHENGLAN}上海分公司")
    assert branch is not None
    assert branch.reasons == (Reason.BRANCH,), "where the branch is does not make it another company"


def test_east_and_west_are_two_and_one_character_of_many_is_a_slip() -> None:
    assert alike("宁波永昌港东物流有限公司", "宁波永昌港西物流有限公司") is None
    slip = alike("宁波永昌港埠物流有限公司", "宁波永昌港岸物流有限公司")
    assert slip is not None
    assert slip.reasons == (Reason.ONE_CHARACTER,)


def test_a_short_form_holds_a_piece_of_the_trade_name() -> None:
    assert alike("苏澄轴", CHENGLAN) is not None
    assert alike("苏精轴", CHENGLAN) is None
    assert candidates("苏0", ["苏州0一"]), "found also by a digit, which no other part shares"


def test_a_city_lies_in_its_province_and_suzhou_is_two_cities() -> None:
    def reasons(one: str, other: str) -> tuple[Reason, ...]:
        likeness = alike(one, other)
        return likeness.reasons if likeness else ()

    assert reasons("昆山云杉机械有限公司", "江苏云杉机械有限公司") == (Reason.REGION,)
    assert reasons("昆山云杉机械有限公司", "常熟云杉机械有限公司") == (Reason.OTHER_REGION,)
    english = "Suzhou Yunshan Machinery Co., Ltd."
    assert reasons("苏州云杉机械有限公司", english) == (Reason.TRANSLATION,)
    assert reasons("宿州云杉机械有限公司", english) == (Reason.TRANSLATION,)
    assert Reason.OTHER_REGION in reasons("无锡云杉机械有限公司", english)


def test_a_name_without_a_trade_name_is_not_every_company_of_its_place() -> None:
    assert alike("苏州精密轴承有限公司", "苏州精密机械有限公司") is None
    assert alike("苏州精密轴承有限公司", "江苏苏州精密轴承有限公司") is not None


@pytest.mark.parametrize("empty", ["", "   ", "有限公司", "Co., Ltd.", "（）", "苏州", "一厂", "!!", "集团"])
def test_a_name_with_nothing_in_it_resembles_no_company(empty: str) -> None:
    assert candidates(empty, [CHENGLAN, "Halvorsen Hydraulics Inc."]) == []


def test_a_chinese_name_with_its_english_one_behind_it_is_the_chinese_one() -> None:
    likeness = alike(CHENGLAN, f"{CHENGLAN} (Suzhou Chenglan Precision Bearing Co., Ltd.)")
    assert likeness is not None
    assert likeness.score == 1.0


PARTS = ["苏州", "澄岚", "精密", "轴承", "（", "）", "有限公司", "第一", "厂", "分公司", "A", " "]
NAMES = st.one_of(
    st.text(max_size=40),
    st.sampled_from([side for pair in DEVELOPED for side in (pair.one, pair.other)]),
    st.lists(st.sampled_from(PARTS)).map("".join),
)


@settings(max_examples=150, deadline=None)
@given(NAMES, NAMES)
def test_likeness_is_the_same_both_ways_and_no_name_breaks_it(one: str, other: str) -> None:
    likeness = alike(one, other)
    assert likeness == alike(other, one)
    assert likeness is None or (0.5 <= likeness.score <= 1 and likeness.reasons)
    if likeness:
        assert candidates(one, [other]), "what is alike is also found: the two share a block"


def invented(many: int) -> list[str]:
    """Names out of a few parts, so that many are alike in many ways."""
    draw = random.Random(20261122)
    places_ = ["苏州", "江苏苏州", "昆山", "中国", "（苏州）", ""]
    trades = [
        "澄岚",
        "橙岚",
        "晨澜",
        "永昌港东",
        "永昌港埠",
        "精密",
        "弘达",
        "宏达",
        "第一",
        "天瑞",
        "天端",
        "0一",
        "红星A",
    ]
    lines = ["轴承", "精密轴承", "精蜜轴承", "机械制造", "贸易", ""]
    forms = ["有限公司", "股份有限公司", "厂", "第二厂", "有限公司上海分公司", ""]
    made = ("".join(map(draw.choice, (places_, trades, lines, forms))) for _ in range(many))
    english = ["Suzhou Chenglan Precision Bearing Co., Ltd.", "SCPB", "Hongda Trading", "Halvorsen Oy", "Halversen Oy"]
    return [
        *made,
        "苏澄轴",
        "永昌港",
        "澄轴",
        *english,
        *(side for pair in HELD_OUT for side in (pair.one, pair.other)),
    ]


def test_whatever_is_alike_is_found_among_many_without_going_through_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_workflows.business.duplicates.register.AT_ONCE", 50)
    many = invented(70)
    names = Names(many)
    compared = 0
    for name in many:
        wanted = taken_apart(name)
        hits = {place for place, other in enumerate(many) if alike(wanted, taken_apart(other))}
        assert {hit.position for hit in names.like(name)} == hits, name
        assert names.like(name) == candidates(name, many)
        compared += sum(not taken_apart(other).blocks.isdisjoint(sought(wanted)) for other in many)
    assert compared < len(many) ** 2 / 3
    assert sum(map(len, LOOKALIKES)) == len(set().union(*LOOKALIKES)), "else they would be taken for each other in part"


@settings(max_examples=100, deadline=None)
@given(NAMES)
def test_a_name_is_like_itself(name: str) -> None:
    assert not taken_apart(name).text or alike(name, name) == Likeness(1.0, (Reason.SAME,))


def test_the_likeliest_come_first_with_their_positions() -> None:
    many = ["东莞澄岚精密轴承有限公司", "青岛海纳精密机械有限公司", "澄岚精密轴承（苏州）有限公司", CHENGLAN]
    assert [hit.position for hit in candidates(CHENGLAN, many)] == [3, 2, 0]


def test_a_search_takes_apart_each_name_once() -> None:
    many = [f"苏州第{n}澄岚机械有限公司" for n in range(50)]
    candidates(CHENGLAN, many)
    before = taken_apart.cache_info()
    candidates(CHENGLAN, many)
    assert taken_apart.cache_info().misses == before.misses


def test_the_lists_of_words_are_facts_of_one_form() -> None:
    assert places()["苏州"] == {("江苏", "苏州")}
    assert places()["kunshan"] == {("江苏", "苏州", "昆山")}
    assert places()["hongkong"] == {("香港",)}
    assert places()["宜兴"] == {("江苏", "无锡", "宜兴")}
    assert places()["常州"] == {("江苏", "常州")}, "the brackets of one city end before the next"
    assert len({where for found in places().values() for where in found if len(where) == 2}) > 330
    assert (english_business("machines"), english_business("mach")) == ("machinery", "machinery")
    assert not {word for word in LATIN_FORMS if english_business(word)}, "a legal form is no business"
