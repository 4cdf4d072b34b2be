"""The papers of the general survey 一般调查 (SV-3), and how long we ask for them."""

from typing import Literal

from crm_workflows import Paper, Papers, working_days

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
