"""The case, the facts and the requests from which the examples of mails are made. It must not name real companies."""

from datetime import UTC, datetime
from typing import Any, Final

from crm_workflows.domain import messages as m

MONDAY: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WEDNESDAY: Final = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)

CASE: Final = m.CasePart(
    case="SV-2026-00001",
    title="青岛海纳精密机械有限公司",
    process="供应商认定 / Supplier vetting",
    url_path="/cases/SV-2026-00001",
)
OUTSIDE: Final = CASE.model_copy(update={"url_path": None})
FACTS: Final = (
    m.Fact(label="供应商 / Supplier", value="青岛海纳精密机械有限公司"),
    m.Fact(label="统一社会信用代码 / Credit code", value="91370200MA3C8XQ273"),
    m.Fact(label="拟购物品 / Goods", value="精密轴承座、联轴器"),
    m.Fact(label="预计年采购额 / Expected yearly amount", value="¥860,000.00", value_en="CNY 860,000.00"),
    m.Fact(
        label="选择理由 / Why a new supplier",
        value="现有供应商交期过长；该公司在 A & B 类零件上 <报价低 8%>，交期 15 天。",
    ),
)
KINDS: Final = (
    m.Kind(kind="history", label="企业沿革 / Company history", received=True),
    m.Kind(kind="profile", label="企业概况 / Company profile"),
    m.Kind(kind="accounts", label="最新年度决算表 / Latest annual accounts"),
    m.Kind(kind="catalogue", label="产品目录 / Product catalogue", required=False),
)
BACK: Final = (
    m.SendBackTarget(rule="SV-3", title="资料收集 / Papers"),
    m.SendBackTarget(rule="SV-4", title="洽谈 / Talks"),
)


def request_of(kind: str, **changes: Any) -> m.RequestPart:
    """The request of the examples, of any kind; `changes` replaces fields."""
    values: dict[str, Any] = {
        "request": "SV-2026-00001-4",
        "kind": kind,
        "rule": "SV-7",
        "title": "供应商认定审批 / Recognition of the supplier",
        "person": "wang.fang@example.com",
        "requester_name": "李明",
        "requester_email": "li.ming@example.com",
        "why_you": "您担任市场主管（SV-7） / you hold the role of head of marketing (SV-7)",
        "facts": FACTS,
        "due_at": WEDNESDAY,
        "on_yes": "登记供应商代码，通知各部门 / the supplier gets its code and the departments are told",
        "on_no": "本案以“未通过”结束 / the case ends as rejected",
        "on_silence": "我们会提醒您，逾期后告知您的上级 / we remind you, and tell your manager once overdue",
        "can": ("approve", "reject", "send_back"),
        "send_back_to": BACK,
    }
    return m.RequestPart(**{**values, **changes})


APPROVAL: Final = request_of("approval")
BEFORE: Final = (
    m.EarlierApproval(name="郑晓东", role="市场主管 / Head of marketing", decided_at=MONDAY, comment="同意。"),
    m.EarlierApproval(name="孙丽华", on_behalf_of="何静", decided_at=MONDAY),
    m.EarlierApproval(decided_at=MONDAY),
)
AGAIN: Final = request_of(
    "approval", approved_before=BEFORE, round=2, note="上一轮退回原因：决算表缺第 2 页。\n现已补齐。",
    deputy_for="赵强", asked_as_well=("钱志远", "何静"), silent_at=WEDNESDAY,
    on_silence="逾期未答复视为驳回 / silence counts as a rejection",
    agreement="3 方中须有 2 方同意 / 2 of 3 must approve",
    questions=(
        m.QuestionPart(
            by="王芳", asked="李明", question="交期多久？", asked_at=MONDAY, answer="15 天。", answered_at=WEDNESDAY
        ),
        m.QuestionPart(by="钱志远", asked="冯雪", question="价格含税吗？", asked_at=WEDNESDAY),
    ),
    can=("approve", "reject", "send_back", "delegate", "add_approver", "ask"),
)  # fmt: skip
AMENDED: Final = request_of(
    "approval", round=2,
    amended=m.AmendedPart(
        by_name="王芳", reason="供应商更正了报价", at=MONDAY, may_uphold=True,
        changes=(
            m.Changed(
                label="预计年采购额 / Expected yearly amount", before="¥480,000.00", after="¥520,000.00",
                before_en="CNY 480,000.00", after_en="CNY 520,000.00",
            ),
            m.Changed(label="备注 / Remark", after="含运费"),
        ),
    ),
)  # fmt: skip
TASK: Final = request_of("task", rule="SV-6", title="认定申请 / Application for recognition", can=(), send_back_to=())
PAPERS: Final = request_of(
    "documents",
    rule="SV-3",
    title="供应商一般调查资料 / Papers for the general survey",
    facts=(),
    can=(),
    send_back_to=(),
    on_silence="15 个工作日后本次申请将终止 / the application lapses after 15 working days",
)
FIELDS: Final = ("交易理由 / Reason for trading", "交易基本方针 / Basic policy", "调查结论 / Result of the survey")


BY_COMMAND: Final = m.Receipt(
    case=CASE, to_name="王芳", request="SV-2026-00001-4", kind="approval", rule="SV-7", decision="approve",
    title="供应商认定审批 / Recognition of the supplier", recorded_at=MONDAY, recorded_by="root",
)  # fmt: skip
