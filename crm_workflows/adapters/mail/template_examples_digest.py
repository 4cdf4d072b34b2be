"""Examples of the morning digest and of the answer to a reply to it. They must not name real companies or people."""

from typing import Any, Final

from crm_workflows.adapters.mail.template_example_parts import FACTS, MONDAY, WEDNESDAY
from crm_workflows.domain import messages as m

HEAD: Final = m.CasePart(case="", title="2026-03-02", process="每日待办 / What waits for you")


def _part(number: int, **changes: Any) -> m.DigestPart:
    values: dict[str, Any] = {
        "number": number,
        "request": f"SV-2026-0000{number}-R9",
        "rule": "SV-7",
        "title": "供应商认定审批 / Recognition of the supplier",
        "case": f"SV-2026-0000{number}",
        "case_title": "青岛海纳精密机械有限公司",
        "process": "供应商认定 / Supplier vetting",
        "requester_name": "李明",
        "why_you": "您担任市场主管（SV-7） / you hold the role of head of marketing (SV-7)",
        "facts": FACTS,
        "due_at": WEDNESDAY,
    }
    return m.DigestPart(**{**values, **changes})


ABOVE: Final = _part(
    3, held="金额超过 ¥100,000.00，须单独答复 / the amount is above CNY 100,000.00; it is answered singly"
)
CALL: Final = _part(
    4, rule="CB-4", title="客户回访 / Callback", case="CB-2026-00004", process="客户回访 / Customer callback", facts=(),
    due_at=MONDAY, is_overdue=True, held="需要填写表单 / a form is to be filled in",
    reply_with="可用一行答复，例如“已联系上 5 运行平稳” / One line will do, such as “reached 5 runs smoothly”",
)  # fmt: skip
SAID: Final = (
    "已记录：同意 / recorded: approved",
    "没有写明原因；请在同一行写出原因 / There is no reason; please write one on the same line",
    ABOVE.held,
)


REMEDY: Final = "请改正后重填 / correct it and fill it in again"


def _result(number: int) -> m.DigestResult:
    return m.DigestResult(
        number=number, title="供应商认定审批 / Recognition of the supplier", case=f"SV-2026-0000{number}",
        case_title="青岛海纳精密机械有限公司", said=SAID[number - 1], is_applied=number == 1, is_unclear=number == 2,
        read="2 驳回" if number == 2 else "",
    )  # fmt: skip


DIGESTS: Final[dict[str, tuple[Any, ...]]] = {
    "digest": (
        m.Digest(
            case=HEAD,
            to_name="王芳",
            person="wang.fang@example.com",
            items=(_part(1), _part(2, files=("认定申请.pdf",)), ABOVE, CALL),
            made_at=MONDAY,
            more=3,
        ),
        m.Digest(case=HEAD, person="wang.fang@example.com", items=(_part(1, held=ABOVE.held),), made_at=MONDAY),
    ),
    "digest_answer": (
        m.DigestAnswer(
            case=HEAD,
            to_name="王芳",
            person="wang.fang@example.com",
            made_at=MONDAY,
            results=(_result(1), _result(2), _result(3)),
            left=(5, 6),
            unknown=(12,),
        ),
        m.DigestAnswer(
            case=HEAD,
            to_name="王芳",
            person="wang.fang@example.com",
            made_at=MONDAY,
            cells=(
                m.CellFinding(
                    sheet="客户回访", row=5, column="H", heading="满意度（1–5） / Satisfaction (1–5)", value="六",
                    what="不是整数 / is no whole number", remedy="填整数，如 5 / write a whole number, such as 5",
                ),
                m.CellFinding(
                    sheet="客户回访", row=7, column="", heading="", value="", remedy=REMEDY,
                    what="不回访的，请写明原因 / give the reason for skipping",
                ),
            ),
        ),
        m.DigestAnswer(
            case=HEAD, made_at=MONDAY, written_by="zhao.qiang@example.com",
            reason="回复来自另一个地址，不能代您答复 / it came from another address, which cannot answer for you",
        ),
        m.DigestAnswer(case=HEAD, to_name="王芳", made_at=MONDAY, has_stopped=True),
    ),
}  # fmt: skip
"""By message name, as `template_examples.EXAMPLES`."""
