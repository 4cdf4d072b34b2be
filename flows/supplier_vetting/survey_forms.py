"""The forms of the survey: two talks (SV-4), the overall judgement, the survey on site and its corrections (SV-5)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crm_workflows import Form, choices
from flows.company import DayGoneBy

Verdict = Literal["survey", "papers_again", "talk_again", "refuse"]
VERDICTS = {
    "survey": "基本符合选择原则，进行实地调查 / The criteria seem to be met; survey on site",
    "papers_again": "资料不足，退回一般调查（SV-3） / Papers are lacking; back to SV-3",
    "talk_again": "须再次面谈（SV-4） / Talk again; back to SV-4",
    "refuse": "不符合选择原则，结束本案 / The criteria are not met; end the case",
}
CorrectionVerdict = Literal["corrected", "survey_again", "refuse"]
CORRECTION_VERDICTS = {
    "corrected": "已整改 / Corrected",
    "survey_again": "须再次判断和实地调查（SV-5） / Judge and survey on site again (SV-5)",
    "refuse": "未整改，结束本案 / Not corrected; end the case",
}
NEEDS_REASON = "请写明原因 / please give the reason"

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Findings = Annotated[str, Field(max_length=2000)]
MINOR = "一般问题（每行一项，没有则留空） / Minor findings, one a line (empty: none)"
MAJOR = "重大问题（每行一项；由供应商整改，没有则留空） / Major findings, one a line; the supplier corrects them"
VISITED = "调查日期 / Date of the survey"


class ManagementTalk(Form):
    """SV-4: our head of materials talks with the supplier's head."""

    met: str = Field(title="供应商负责人 / The supplier's head", min_length=1, max_length=80, examples=["沈亦澄"])
    talked_on: DayGoneBy = Field(title="面谈日期 / Date of the talk", examples=["2025-03-06"])
    business_state: Words = Field(
        title="生产经营情况 / State of production and business", examples=["产能利用率约八成，订单稳定"]
    )
    business_policy: Words = Field(title="经营方针 / Business policy", examples=["品质第一、准时交付、长期合作"])
    view_of_us: Words = Field(title="对本公司的基本看法 / Basic view of us", examples=["愿与我公司长期合作"])


class TechnicalTalk(Form):
    """SV-4: the heads of our technical and quality departments talk with the supplier's technical head."""

    head_of_technique: str = Field(
        title="我方技术部门负责人 / Our head of technique", min_length=1, max_length=80, examples=["周海涛"]
    )
    head_of_quality: str = Field(
        title="我方质量管理部门负责人 / Our head of quality management",
        min_length=1,
        max_length=80,
        examples=["孙丽华"],
    )
    technical_head: str = Field(
        title="供应商技术负责人 / The supplier's technical head", min_length=1, max_length=80, examples=["陆明"]
    )
    talked_on: DayGoneBy = Field(title="面谈日期 / Date of the talk", examples=["2025-03-06"])
    cooperation: Words = Field(
        title="合作事宜 / Cooperation", examples=["确认图纸和检验标准；样品四周内交付；质量异常 24 小时内答复"]
    )
    open_points: Findings = Field(default="", title="待定事项 / Open points", examples=["包装方式待定"])


class OverallJudgement(Form):
    """SV-5: whether, from papers and talks, the supplier meets the criteria."""

    verdict: Verdict = Field(
        title="总体判断 / Overall judgement", examples=["survey"], json_schema_extra=choices(VERDICTS)
    )
    impression: Words = Field(title="总体印象 / Overall impression", examples=["经营稳健，技术和质量基础较好"])
    reason: Findings = Field(
        default="", title="退回或不通过的原因 / Reason for going back or refusing", examples=["无"]
    )

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.verdict != "survey" and not self.reason:
            raise ValueError(NEEDS_REASON)
        return self


class MaterialsSurvey(Form):
    """SV-5: the part of materials 资材."""

    visited_on: DayGoneBy = Field(title=VISITED, examples=["2025-03-12"])
    capacity: Words = Field(title="产能与交货期 / Capacity and lead time", examples=["月产 60 万套，交货期四周"])
    storage: Words = Field(title="仓储、包装与运输 / Storage, packing, transport", examples=["先进先出，包装完好"])
    minor_findings: Findings = Field(default="", title=MINOR, examples=["个别料架标识不清"])
    major_findings: Findings = Field(default="", title=MAJOR, examples=[""])


class TechniqueSurvey(Form):
    """SV-5: the part of technique 技术."""

    visited_on: DayGoneBy = Field(title=VISITED, examples=["2025-03-12"])
    equipment: Words = Field(title="设备状况 / Equipment", examples=["磨超自动线 9 条，保养记录完整"])
    process_control: Words = Field(title="工艺控制 / Process control", examples=["关键工序有作业指导书和参数记录"])
    minor_findings: Findings = Field(default="", title=MINOR, examples=[""])
    major_findings: Findings = Field(default="", title=MAJOR, examples=[""])


class DesignSurvey(Form):
    """SV-5: the part of design 设计."""

    visited_on: DayGoneBy = Field(title=VISITED, examples=["2025-03-12"])
    development: Words = Field(title="设计开发能力 / Design and development", examples=["可按图纸开发，样品周期四周"])
    drawings: Words = Field(title="图纸管理与保密 / Drawings: control and secrecy", examples=["图纸受控，签有保密协议"])
    minor_findings: Findings = Field(default="", title=MINOR, examples=[""])
    major_findings: Findings = Field(default="", title=MAJOR, examples=[""])


class QualitySurvey(Form):
    """SV-5: the part of quality management 质量管理."""

    visited_on: DayGoneBy = Field(title=VISITED, examples=["2025-03-12"])
    inspection: Words = Field(title="检验与计量 / Inspection and measuring", examples=["来料、过程、成品三级检验"])
    traceability: Words = Field(title="记录与追溯 / Records and traceability", examples=["批次可追溯，记录保存五年"])
    nonconformity: Words = Field(
        title="不合格品处理 / Nonconforming goods", examples=["隔离区明确，原因分析和对策有记录"]
    )
    minor_findings: Findings = Field(default="", title=MINOR, examples=[""])
    major_findings: Findings = Field(default="", title=MAJOR, examples=[""])


class CorrectionCheck(Form):
    """SV-5: whether the supplier has corrected what was major."""

    verdict: CorrectionVerdict = Field(
        title="整改结果 / Result of the correction", examples=["corrected"],
        json_schema_extra=choices(CORRECTION_VERDICTS),
    )  # fmt: skip
    remark: Findings = Field(default="", title="说明 / Remark", examples=["整改措施有效，已提供照片和记录"])

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.verdict != "corrected" and not self.remark:
            raise ValueError(NEEDS_REASON)
        return self
