"""What stands above an attached workbook: words that point at it, and notes that hold approvals back."""

import pytest

from crm_workflows.domain.mail.enclosing import note_beside


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "见附件", "请见附件。", "您好：\n附件已填好，请查收！\n\n谢谢", "已填好，请查收。", "填好了",
        "表格已填写完毕",
        "回访记录见附件", "附上填好的工作簿", "Please find attached.", "Hi,\nplease see the attached workbook\nThanks",
        "Attached is my completed sheet.", "Filled in, see attached", "Done.", "1 同意\n2 驳回 太贵",
        "见附件\n\n> 先等等\n> 不要批",
    ],
)  # fmt: skip
def test_words_that_only_point_at_the_file_are_no_note(text: str) -> None:
    assert note_beside(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "先等等", "见附件，但价格再谈", "这批泵有异味", "第二项我再看看", "只批前三项",
        "see attached, subject to price",
        "Attached, except the last one", "please wait", "填好了吗？", "附件是草稿", "draft attached",
        "见附件。周五前不要执行",
        "没填好", "not filled in yet", "the workbook is wrong",
    ],
)  # fmt: skip
def test_anything_else_is_a_note(text: str) -> None:
    assert note_beside(f"您好\n{text}\n谢谢") == text
