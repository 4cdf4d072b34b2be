"""Any answer to a digest that could be written: read in full where it is well formed, else nothing is decided."""

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_workflows.domain.mail.digest_reply import read_digest_reply

YES, NO = "approve", "reject"


def approved(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, YES)


UNCLEAR = "unclear"
REASONS: dict[str, tuple[str, ...]] = {
    "zh": ("价格太高", "没有执照", "资料不全"),
    "en": ("too expensive", "the licence is old", "we have no budget"),
}
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "zh": {YES: ("同意", "批准", "通过"), NO: ("驳回", "不同意", "拒绝")},
    "en": {YES: ("approve", "approved", "yes", "Yes"), NO: ("reject", "Rejected", "no")},
}
MARKS = {"zh": (" ", "：", "、", "号", "项 "), "en": (" ", ": ", ". ", ") ")}
JOINS = ("\n", "；", "，", ", ", "; ", "\n\n- ", "。")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, dict[int, str], str]:
    """A well-formed answer, what it says, and its language."""
    language = draw(st.sampled_from(["zh", "en"]))
    numbers = draw(st.lists(st.integers(1, 12), min_size=1, max_size=6, unique=True))
    meant = {n: draw(st.sampled_from([YES, NO])) for n in numbers}
    parts = []
    for n in numbers:
        word = draw(st.sampled_from(WORDS[language][meant[n]]))
        tail = f" {draw(st.sampled_from(REASONS[language]))}" if meant[n] == NO else ""
        parts.append(f"{n}{draw(st.sampled_from(MARKS[language]))}{word}{tail}")
    text = draw(st.sampled_from(JOINS)).join(parts)
    if draw(st.booleans()):
        text = text.translate(FULL_WIDTH)
    before = draw(st.sampled_from(["", "您好，\n", "Hello,\n\n", "收到，谢谢\n"]))
    after = draw(
        st.sampled_from(["", "\n\n谢谢！", "\nThanks", "\n\n-- \n王芳\n市场部", "\n\n> 全部同意\n> 1 驳回 太贵"])
    )
    return before + text + after, meant, language


@settings(max_examples=200, deadline=None)
@given(answers())
def test_every_well_formed_answer_is_read_in_full(answer: tuple[str, dict[int, str], str]) -> None:
    text, meant, _ = answer
    read = read_digest_reply(text, 12)
    assert {n: one.kind for n, one in read.by_number.items()} == meant


@settings(max_examples=100, deadline=None)
@given(answers(), st.data())
def test_a_second_word_about_a_number_leaves_only_that_one_open(
    answer: tuple[str, dict[int, str], str], data: st.DataObject
) -> None:
    text, meant, _ = answer
    again = data.draw(st.sampled_from(sorted(meant)))
    own, quote, quoted = text.partition("\n\n>")
    own = own.replace("\n\n-- \n王芳\n市场部", "")
    what = data.draw(st.sampled_from(["再看看", "驳回 另有原因" if meant[again] == YES else "同意", "?", "等我确认"]))
    read = read_digest_reply(f"{own}\n{again} {what}{quote}{quoted}", 12)
    assert read.by_number[again].kind == UNCLEAR
    assert {n: one.kind for n, one in read.by_number.items() if n != again} == {
        n: kind for n, kind in meant.items() if n != again
    }


@settings(max_examples=100, deadline=None)
@given(answers(), st.sampled_from(["但要先补资料", "先等等", "wait, not yet", "如果价格合适", "请问可以吗？", "撤回"]))
def test_doubt_that_names_no_number_holds_back_every_approval(
    answer: tuple[str, dict[int, str], str], doubt: str
) -> None:
    text = answer[0].partition("\n\n>")[0].replace("\n\n-- \n王芳\n市场部", "")
    assert YES not in {one.kind for one in read_digest_reply(f"{text}\n{doubt}", 12).by_number.values()}


@settings(max_examples=100, deadline=None)
@given(answers())
def test_a_quoted_answer_decides_nothing(answer: tuple[str, dict[int, str], str]) -> None:
    quoted = "\n".join(f"> {line}" for line in answer[0].split("\n"))
    assert read_digest_reply(quoted, 12).by_number == {}
    assert read_digest_reply(f"我再看看\n{quoted}", 12).by_number == {}


SCRAPS = st.sampled_from(
    ["1", "2", "3", "1-3", " ", "，", ",", "\n", "同意", "不同意", "驳回", "yes", "no", "approve", "reject", "all",
     "全部", "其余", "除了", "but", "但", "太贵", "?", "第", "项", "not", "不", "except", "rest", "the", "同", "意",
     "与", "as"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(SCRAPS, max_size=14))
def test_nothing_is_decided_of_a_number_that_no_word_covers(scraps: list[str]) -> None:
    text = "".join(scraps)
    named = {int(c) for c in text if c.isdigit()} | ({2} if "1-3" in text else set())
    is_broad = any(word in text for word in ("all", "全", "都", "其余", "rest"))
    for number, one in read_digest_reply(text, 5).by_number.items():
        assert one.kind == UNCLEAR or number in named or is_broad, (text, number, one)
        if one.kind == YES:
            assert any(word in text.casefold() for word in ("同意", "yes", "approve")), text
