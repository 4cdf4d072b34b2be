"""Where the writer's own name ends a reply: a signature is no comment, and a comment is no signature."""

import pytest

from crm_workflows.domain.mail.reply import read_reply

SIGNED = [
    # (text, names of the writer, kind, comment)
    ("同意\n\n王芳\n市场部 | 电话 0574-8765 4321", (), "approve", ""),
    ("Approved\n\nBest regards\nWang Fang\nHead of Marketing", (), "approve", ""),
    ("Approved\nBest regards,\nWang Fang", (), "approve", ""),
    ("同意\n请尽快安排\n\n谢谢！\n王芳", (), "approve", "请尽快安排"),
    ("同意\n请尽快安排\n\n此致\n敬礼\n王芳\n市场部经理", (), "approve", "请尽快安排"),
    ("同意\n王芳", ("王芳", "Wang Fang"), "approve", ""),
    ("同意\n\n王芳 | 市场部\n手机：13800000000", ("王芳",), "approve", ""),
    ("Approved\nGood prices.\nWang Fang", ("王芳", "Wang Fang"), "approve", "Good prices."),
    ("Approved\n\nWang Fang\nThe Friendly Factory of Ningbo", ("Wang Fang",), "approve", ""),
    ("同意\n\n李卫民 总经理\n宁波永昌机械有限公司\n电话：0574-12345678", (), "approve", ""),
    ("Approved\n\nThanks, Wang Fang\nwang.fang@example.com", (), "approve", ""),
    ("驳回 资料不全\n\n王芳\n市场部\n电话：0574-87654321", (), "reject", "资料不全"),
    ("驳回\n\n王芳\n市场部\n电话：0574-87654321", (), "unclear", None),
    ("reject\nBest regards\nWang Fang\nHead of Marketing", (), "unclear", None),
    # comments that only look a little like one
    ("同意\n请尽快安排", ("王芳",), "approve", "请尽快安排"),
    ("同意\n价格合理，质量稳定，建议长期合作", (), "approve", "价格合理，质量稳定，建议长期合作"),
    ("同意\n请在3月10日前完成签约", (), "approve", "请在3月10日前完成签约"),
    ("Approved\nPlease sign before 10 March", (), "approve", "Please sign before 10 March"),
    ("同意\n期待长期合作", (), "approve", "期待长期合作"),
    ("同意\n王芳会跟进", ("王芳",), "approve", "王芳会跟进"),
    ("同意\n下周签合同，请王芳跟进", (), "approve", "下周签合同，请王芳跟进"),
    ("同意\n资料齐全，质量到位", (), "approve", "资料齐全，质量到位"),
    ("同意\n请今天内发出", (), "approve", "请今天内发出"),
    ("Approved\nplease go ahead this week", (), "approve", "please go ahead this week"),
    ("Approved\nPlease deliver within 5 days", (), "approve", "Please deliver within 5 days"),
    ("Approved\nPlease ask Li to sign the contract", (), "approve", "Please ask Li to sign the contract"),
    ("同意\n谢谢\n请财务部经理尽快付款", (), "approve", "谢谢\n请财务部经理尽快付款"),
    ("Approved\nThanks\nPlease sign by Friday", (), "approve", "Thanks\nPlease sign by Friday"),
    ("同意\n不锈钢板质量不错，没有异议", (), "approve", "不锈钢板质量不错，没有异议"),
    ("同意\n如有问题请随时联系我", (), "approve", "如有问题请随时联系我"),
    ("Approved\nNo objections from finance, go ahead", (), "approve", "No objections from finance, go ahead"),
    ("Approved\nPlease consider the environment before printing; print only if you must.", (), "approve", ""),
]


@pytest.mark.parametrize(("text", "names", "kind", "comment"), SIGNED)
def test_a_signature_is_no_comment_and_a_comment_no_signature(
    text: str, names: tuple[str, ...], kind: str, comment: str | None
) -> None:
    reading = read_reply(text, names)
    assert reading.kind == kind, reading.why
    if comment is not None:
        assert reading.comment == comment
