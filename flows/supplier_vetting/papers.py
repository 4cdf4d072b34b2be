"""The papers that supplier vetting asks for, and how long: survey (SV-3), correction (SV-5), contracts (SV-8)."""

from typing import Literal

from crm_workflows import Paper, Papers, manager, working_days

PaperKind = Literal[
    "company_history",
    "company_profile",
    "annual_accounts",
    "product_guide",
    "product_catalogue",
    "business_licence",
    "certificate",
]

SURVEY_PAPERS = Papers(
    "survey_papers",
    "一般调查资料 / Papers of the general survey",
    rule="SV-3",
    kinds=(
        Paper("company_history", "企业沿革 / Company history", names=("沿革", "历史", "发展历程", "history")),
        Paper("company_profile", "企业概况 / Company profile", names=("概况", "简介", "公司介绍", "profile")),
        Paper(
            "annual_accounts", "最新年度决算表 / Latest annual accounts", names=("决算", "财务报表", "年报", "accounts")
        ),
        Paper("product_guide", "产品指南 / Product guide", names=("指南", "说明书", "guide")),
        Paper("product_catalogue", "产品目录 / Product catalogue", names=("目录", "样本", "catalogue", "catalog")),
        Paper("business_licence", "营业执照 / Business licence", names=("执照", "licence", "license")),
        Paper("certificate", "资质证书 / Certificates", names=("证书", "认证", "certificate", "iso"), required=False),
    ),
    remind=(working_days("papers_remind_first"), working_days("papers_remind_second")),
    lapse=working_days("papers_lapse"),
    after_send_back="keep",
)

CORRECTION = Papers(
    "correction",
    "整改报告 / Report of correction",
    rule="SV-5",
    kinds=(
        Paper("correction_report", "整改报告 / Report of correction", names=("整改", "纠正", "改善", "correct", "8d")),
    ),
    remind=(working_days("correction_remind"),),
    lapse=working_days("correction_lapse"),
)

AUTHORISATION_NAMES = ("授权委托", "授权书", "委托书", "authorisation", "authorization", "power of attorney")

OUR_AUTHORISATION = Papers(
    "our_authorisation",
    "我方授权委托书 / Authorisation of our signer",
    rule="SV-8",
    kinds=(Paper("our_authorisation", "我方授权委托书 / Authorisation of our signer", names=AUTHORISATION_NAMES),),
    remind=(working_days("contracts_remind"),),
    due=working_days(10),
    escalate_to=manager,
)

THEIR_AUTHORISATION = Papers(
    "their_authorisation",
    "供应商授权委托书 / Authorisation of the supplier's signer",
    rule="SV-8",
    kinds=(
        Paper("their_authorisation", "供应商授权委托书 / Authorisation of their signer", names=AUTHORISATION_NAMES),
    ),
    remind=(working_days("contracts_remind"),),
    due=working_days(10),
    escalate_to=manager,
)

ContractKind = Literal["supply_contract", "quality_contract"]

CONTRACTS = Papers(
    "contracts",
    "已签署的合同 / The signed contracts",
    rule="SV-8",
    kinds=(
        Paper(
            "supply_contract", "商品供应合同 / Supply contract", names=("供应合同", "供货合同", "采购合同", "supply")
        ),
        Paper(
            "quality_contract",
            "质量保证合同 / Quality-assurance contract",
            names=("质量保证合同", "质量保证协议", "质保合同", "质保协议", "quality assurance", "quality contract"),
        ),
    ),
    remind=(working_days("contracts_remind"),),
    due=working_days(10),
    escalate_to=manager,
)
