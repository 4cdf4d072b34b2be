"""The page of answering words says what the grammar does, for every word on it."""

import pytest

from crm_workflows.domain.mail import words
from crm_workflows.domain.mail.reply import read_reply
from tools.page_answers import alternatives, answers


def test_spells_out_a_pattern_in_its_order() -> None:
    assert alternatives("a|b(?:c|d)?|be?") == ["a", "b", "bc", "bd", "be"]


@pytest.mark.parametrize("pattern", ["a+", "[ab]", "a)", "a.", r"\d"])
def test_refuses_a_pattern_that_stands_for_more_than_it_would_list(pattern: str) -> None:
    with pytest.raises(ValueError, match="holds more"):
        alternatives(pattern)


@pytest.mark.parametrize(
    ("patterns", "after", "kind"),
    [
        ((words.ZH_APPROVING, words.EN_APPROVING), "", "approve"),
        ((words.ZH_REJECTING,), " 价格过高", "reject"),
        ((words.EN_REJECTING,), " too expensive", "reject"),
        ((words.ZH_SENDING_BACK, words.EN_SENDING_BACK), " SV-4 incomplete", "send_back"),
    ],
)
def test_every_listed_word_decides_with_every_listed_courtesy(patterns: tuple[str, ...], after: str, kind: str) -> None:
    for word in (word for pattern in patterns for word in alternatives(pattern)):
        assert read_reply(word + after).kind == kind, word
        for lead in alternatives(words.ZH_LEAD) + alternatives(words.EN_LEAD):
            assert read_reply(f"{lead}, {word}{after}").kind == kind, (lead, word)
        assert word in answers()


def test_every_listed_courtesy_and_object_leaves_an_approval_as_it_is() -> None:
    for courtesy in [*alternatives(words.ZH_COURTESY), *alternatives(words.EN_COURTESY), *words.EMOJI]:
        assert read_reply(f"同意，{courtesy}").kind == "approve", courtesy
    for who in alternatives(words.ZH_SELF):
        assert read_reply(f"{who}同意").kind == "approve", who
    for what in alternatives(words.ZH_OBJECT):
        assert read_reply(f"同意{what}").kind == "approve", what
    for what in alternatives(words.EN_OBJECT):
        assert read_reply(f"I hereby approve {what}").kind == "approve", what
