"""Answers to a digest: what is said of each number, in two languages, and what must never be taken for a decision."""

from collections.abc import Mapping

import pytest

from crm_workflows.domain.mail.digest_reply import read_digest_reply
from crm_workflows.domain.mail.reply import read_reply

COUNT = 6
YES, NO = "approve", "reject"


def said(text: str, count: int = COUNT) -> dict[int, str]:
    """What is read of each number: the kind, with the reason of a rejection."""
    read = read_digest_reply(text, count, signed=("王芳", "Li Lei"))
    return {n: " ".join(filter(None, (one.kind, one.comment if one.kind == NO else ""))) for n, one in
            read.by_number.items()}  # fmt: skip


def approved(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, YES)


ALL = approved(*range(1, COUNT + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 同意 2 不同意 价格太高 3-5 同意", approved(1, 3, 4, 5) | {2: "reject 价格太高"}),
        ("1 yes, 2 no too expensive, 3-5 approve", approved(1, 3, 4, 5) | {2: "reject too expensive"}),
        ("１ 同意，２　不同意　价格太高；３－５ 同意。", approved(1, 3, 4, 5) | {2: "reject 价格太高"}),
        ("1 同意\n2 驳回 没有执照\n3 同意，谢谢", approved(1, 3) | {2: "reject 没有执照"}),
        ("- 1 yes\n- 2 reject no licence\n- 3 approved, thanks", approved(1, 3) | {2: "reject no licence"}),
        ("1同意2同意3驳回 太贵", approved(1, 2) | {3: "reject 太贵"}),
        ("① 同意 ② 同意", approved(1, 2)),
        ("（1）同意；（2）同意", approved(1, 2)),
        ("第1项同意，第2项驳回 太贵", approved(1) | {2: "reject 太贵"}),
        ("#1: approve; #2: reject - too expensive", approved(1) | {2: "reject too expensive"}),
        ("Item 1: approve\nItems 2 and 3: yes", approved(1, 2, 3)),
        ("1、3 同意", approved(1, 3)),
        ("1 2 3 同意", approved(1, 2, 3)),
        ("1至3项同意", approved(1, 2, 3)),
        ("1 to 3 approve", approved(1, 2, 3)),
        ("同意 1、3-4", approved(1, 3, 4)),
        ("approve 1, 3 and 4", approved(1, 3, 4)),
        ("2. 驳回\n报价单缺盖章", {2: "reject 报价单缺盖章"}),
        ("2. 驳回 报价单缺盖章\n其余同意，谢谢\n\n王芳", approved(1, 3, 4, 5, 6) | {2: "reject 报价单缺盖章"}),
        ("2 驳回 太贵，其余同意", approved(1, 3, 4, 5, 6) | {2: "reject 太贵"}),
        ("2 reject too expensive\napprove the rest", approved(1, 3, 4, 5, 6) | {2: "reject too expensive"}),
        ("2 驳回 报价含税 13，3 同意", approved(3) | {2: "reject 报价含税"}),
        ("全部同意", ALL),
        ("我全部同意，谢谢！", ALL),
        ("全部批准", ALL),
        ("都同意", ALL),
        ("approve all", ALL),
        ("All approved.", ALL),
        ("yes to all, thanks", ALL),
        ("您好：\n全部同意\n\n谢谢\n王芳", ALL),
        ("Hi,\napprove all\n\nBest regards\nLi Lei", ALL),
        ("全部同意，除了 3", dict.fromkeys((1, 2, 4, 5, 6), YES)),
        ("除 2、3 外其余同意", dict.fromkeys((1, 4, 5, 6), YES)),
        ("approve all except 2", dict.fromkeys((1, 3, 4, 5, 6), YES)),
        ("全部驳回 资料不全", dict.fromkeys(range(1, 7), "reject 资料不全")),
        ("4 退回 SV-4 缺照片，1 同意", {1: YES, 4: "send_back"}),
    ],
)
def test_an_answer_by_numbers_is_read_as_it_is_meant(text: str, expected: Mapping[int, str]) -> None:
    assert said(text) == expected


UNCLEAR = "unclear"
TRICKY: list[tuple[str, dict[int, str]]] = [
    # one number, two answers
    ("1 yes\n1 no too dear", {1: UNCLEAR}),
    ("1 同意，2 同意，1 驳回 太贵", {1: UNCLEAR, 2: YES}),
    ("1-3 同意\n2 不同意 太贵", {1: YES, 2: UNCLEAR, 3: YES}),
    ("全部同意，3 驳回 太贵", {n: UNCLEAR if n == 3 else YES for n in range(1, 7)}),
    ("全部同意\n全部驳回 太贵", dict.fromkeys(range(1, 7), UNCLEAR)),
    # one unclear line among clear ones
    ("1 同意\n2 看看再说\n3 同意", {1: YES, 2: UNCLEAR, 3: YES}),
    ("1 yes\n3 maybe later", {1: YES, 3: UNCLEAR}),
    ("1 同意 2 不同意 3 同意", {1: YES, 2: UNCLEAR, 3: YES}),
    ("1 yes, 2 no, 3 yes", {1: YES, 2: UNCLEAR, 3: YES}),
    ("1 ok\n2 yes", {1: UNCLEAR, 2: YES}),
    ("1 同意吗？\n2 同意", {1: UNCLEAR, 2: YES}),
    ("1 yes?", {1: UNCLEAR}),
    # conditions, negations and limits
    ("1 同意，但要先补执照", {1: UNCLEAR}),
    ("1 yes but cheaper", {1: UNCLEAR}),
    ("1 approve if the price drops", {1: UNCLEAR}),
    ("1 通过率太低", {1: UNCLEAR}),
    ("1 同意不了", {1: UNCLEAR}),
    ("1 不通过", {1: UNCLEAR}),
    ("1 not approved", {1: UNCLEAR}),
    ("1 no objection\n2 yes", {1: UNCLEAR, 2: YES}),
    ("1 no papers missing", {1: UNCLEAR}),
    ("1 no problem, 2 no objections", {1: UNCLEAR, 2: UNCLEAR}),
    ("全部同意不了", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("全部同意吗", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("approve all, but wait for legal", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("1-4 同意\n先等等", dict.fromkeys(range(1, 5), UNCLEAR)),
    ("1 同意\n但 2 还要补资料", {1: UNCLEAR, 2: UNCLEAR}),
    ("1 yes\n2 more documents needed", {1: UNCLEAR, 2: UNCLEAR}),
    ("1 yes\n3 days later please", {1: UNCLEAR, 3: UNCLEAR}),
    ("1 同意 上限 10 万", {1: UNCLEAR}),
    # numbers that are no items
    ("1.5 同意", {1: UNCLEAR}),
    ("1,200 同意", {1: UNCLEAR}),
    ("3-1 同意", {1: UNCLEAR, 3: UNCLEAR}),
    ("1-99 同意", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("2 reject, item 3 approved last year", {2: UNCLEAR, 3: UNCLEAR}),
    ("2 reject same as 3 approve", {2: UNCLEAR, 3: UNCLEAR}),
    ("2 驳回 重复于 1，同 3 同意", {1: UNCLEAR, 2: UNCLEAR, 3: UNCLEAR}),
    ("2 驳回 重复，3 4 同意", {2: "reject 重复", 3: UNCLEAR, 4: YES}),
    ("2 驳回 与 3 同意的项目重复", {2: UNCLEAR, 3: UNCLEAR}),
    ("2 reject because not all approved", {2: UNCLEAR}),
    ("2 reject, all approved", {2: UNCLEAR}),
    ("2 no, we only need 3 approve", {2: UNCLEAR, 3: UNCLEAR}),
    ("2 驳回 须有 3 同意", {2: UNCLEAR, 3: UNCLEAR}),
    ("2 不同意见较大", {2: UNCLEAR}),
    ("2 拒绝率高", {2: UNCLEAR}),
    ("1 已同意，2 还没同意", {1: UNCLEAR, 2: UNCLEAR}),
    ("1 或 2 同意", {1: UNCLEAR, 2: UNCLEAR}),
    ("1 approve if 2 rejected", {1: UNCLEAR, 2: UNCLEAR}),
    ("0-3 同意", {3: UNCLEAR}),
    ("其他同意", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("approve the rest", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("approve all of the cheap ones", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("approve all but the last", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("全部同意\n3 除外", {n: UNCLEAR if n == 3 else YES for n in range(1, 7)}),
    ("全部同意\n除最后一个", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("全部同意\n王芳的我再想想", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("approve all\nminus the last", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("approve all\nlet us talk about the pumps", dict.fromkeys(range(1, 7), UNCLEAR)),
    # a reservation that no list knows, beside what is approved without naming it
    ("approve all\nthe second one gives me a stomach ache", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("全部同意\n第二家的老板我信不过", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("2 驳回 太贵，其余同意\n水泵那家名声一般", {2: "reject 太贵"} | dict.fromkeys((1, 3, 4, 5, 6), UNCLEAR)),
    ("全部同意\n请尽快安排", dict.fromkeys(range(1, 7), UNCLEAR)),
    ("1 yes\nsorry, 1 was a mistake", {1: UNCLEAR}),
    ("7 同意", {}),
    ("2026-03-02 同意", {}),
    ("100% 同意", {}),
    # no answer at all on the first line
    ("同意", {}),
    ("yes", {}),
    ("收到", {}),
    ("不全部同意", {}),
    ("张总说全部同意", {}),
    ("The board approved all", {}),
    ("请看附件\n1 同意", {}),
    ("回复“全部同意”即可", {}),
    # not the writer's own words
    ("> 全部同意", {}),
    ("收到，我再看看\n\n在 2026年3月2日，系统 写道：\n> 全部同意", {}),
    ("On Mon, 2 Mar 2026 at 08:30, CRM wrote:\n> approve all", {}),
    ("1 同意\n\n-----Original Message-----\nFrom: CRM\nSubject: x\n\n全部同意", {1: YES}),
    ("1 [删除] 同意", {1: UNCLEAR}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TRICKY)
def test_a_tricky_answer_decides_nothing_that_was_not_said(text: str, expected: Mapping[int, str]) -> None:
    assert said(text) == expected


def test_the_red_team_list_is_large_enough() -> None:
    assert len({text for text, _ in TRICKY}) >= 40


def test_what_is_struck_out_leaves_nothing_certain() -> None:
    assert set(said("1 同意 […]\n2 同意").values()) == {UNCLEAR}


def test_numbers_that_the_digest_does_not_have_are_told() -> None:
    read = read_digest_reply("2、9 同意\n1 同意", COUNT)
    assert read.unknown == (9,)
    assert {n: one.kind for n, one in read.by_number.items()} == {1: YES, 2: UNCLEAR}


def test_one_item_needs_no_number() -> None:
    assert said("同意", count=1) == {1: YES}
    assert said("reject too expensive", count=1) == {1: "reject too expensive"}
    assert said("好的", count=1) == {}
    assert said("同意\n但价格要再谈", count=1) == {}


@pytest.mark.parametrize("text", ["退订", "Unsubscribe", "停发。"])
def test_one_word_stops_the_digests(text: str) -> None:
    read = read_digest_reply(text, COUNT)
    assert read.stops
    assert not read.by_number


def test_words_for_all_decide_no_single_request() -> None:
    assert [read_reply(text).kind for text in ("全部同意", "approve all", "其余同意")] == ["unclear"] * 3


def test_a_mail_full_of_numbers_is_read_quickly() -> None:
    for text in ("1 " * 400_000, "1 同意 " * 200_000, "1-" * 400_000, ("1 2 3 4 5 6 " * 160 + "\n") * 500):
        assert said(text) == {}


def test_a_line_whose_letters_were_lost_makes_the_approvals_above_it_unclear() -> None:
    for lost in ("\x11", "锟斤拷锟斤拷", "铜材�"):
        assert said(f"1 同意\n{lost}") == {1: "unclear"}, lost
