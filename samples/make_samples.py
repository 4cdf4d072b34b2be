"""Makes the sample cases anew: `python -m samples.make_samples [FOLDER]` writes the supplier and customer samples.

The files are committed; run this only to change them. It must not use the product: the check digit of the unified
social credit code is worked out here a second time, from the standard, so that a mistake in either one shows.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samples import papers
from samples.companies import CHENGLAN, QINGHE, YUANDUO, Company

# GB 32100-2015: digits and capitals without I, O, S, V, Z; weights are the powers of 3 modulo 31.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# GB 11714-1997: the organisation's own code inside it has its own check digit.
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def organisation_check(organisation: str) -> str:
    """Ninth character of an organisation code, from its first eight."""
    total = sum(ORGANISATION_ALPHABET.index(c) * w for c, w in zip(organisation, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def credit_check(first_seventeen: str) -> str:
    """Eighteenth character of a unified social credit code, from its first seventeen."""
    total = sum(CREDIT_ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(first_seventeen))
    return CREDIT_ALPHABET[-total % 31]


def credit_code(company: Company) -> str:
    """The company's code: 9 (registered with market supervision), 1 (enterprise), region, organisation, check digit."""
    return code_of(company.region, company.organisation)


def code_of(region: str, organisation: str) -> str:
    """The same from a region and the eight characters of an organisation."""
    first = f"91{region}{organisation}{organisation_check(organisation)}"
    return first + credit_check(first)


def application(company: Company, **rest: Any) -> str:
    """`application.json`: the input of `crmw start supplier-vetting`."""
    content = {"company": company.name, "credit_code": credit_code(company), **rest}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


GOOD = application(
    CHENGLAN,
    contact={
        "name": "顾晚晴",
        "email": "gu.wanqing@chenglan.example",
        "phone": "+8651255500188",
        "language": "zh",
    },
    goods="深沟球轴承 6204-2RS、6305-2RS",
    category="component",
    yearly_amount={"amount": "480000.00", "currency": "CNY"},
    reason="现有轴承供应商只有一家，交货期已从四周延长到九周；需要第二来源以保证装配线供应。",
    no_conflict_of_interest=True,
    owner="wang.fang@yongchang.example",
)

MISSING_PAPERS = application(
    QINGHE,
    contact={
        "name": "何青野",
        "email": "he.qingye@qingheling.example",
        "phone": "+8651055500263",
        "language": "zh",
    },
    goods="五层瓦楞纸箱、气相防锈袋",
    category="packaging",
    yearly_amount={"amount": "260000.00", "currency": "CNY"},
    reason="出口订单要求气相防锈包装，现有包装供应商不生产防锈材料。",
    no_conflict_of_interest=True,
    owner="zhao.lei@yongchang.example",
)

OVER_LIMIT = application(
    YUANDUO,
    contact={
        "name": "Daniel Okafor",
        "email": "daniel.okafor@yuanduo.example",
        "phone": "+8657455500731",
        "language": "en",
    },
    goods="五轴联动加工中心 FX-400 两台 / two FX-400 five-axis machining centres",
    category="equipment",
    yearly_amount={"amount": "3200000.00", "currency": "CNY"},
    reason="新订单的叶轮需要五轴加工，现有设备和供应商均无此能力。",
    no_conflict_of_interest=True,
    owner="wang.fang@yongchang.example",
)

Paper = Callable[[], bytes]


def full_set(company: Company, prefix: str = "") -> dict[str, Paper]:
    """All papers that SV-3 asks for, with licence and certificate, by file name."""
    code = credit_code(company)
    return {
        f"{prefix}企业沿革.docx": lambda: papers.history(company),
        f"{prefix}企业概况.pdf": lambda: papers.profile(company),
        f"{prefix}2025年度决算表.xlsx": lambda: papers.accounts(company),
        f"{prefix}产品指南.pdf": lambda: papers.guide(company),
        f"{prefix}产品目录.pdf": lambda: papers.catalogue(company),
        f"{prefix}营业执照.jpg": lambda: papers.licence(company, code),
        f"{prefix}质量管理体系证书.pdf": lambda: papers.certificate(company, code),
    }


def contracts(company: Company, prefix: str = "") -> dict[str, Paper]:
    """Both contracts of SV-8, as the owner hands them in once they are signed."""
    return {
        f"{prefix}商品供应合同.pdf": lambda: papers.supply_contract(company),
        f"{prefix}质量保证合同.pdf": lambda: papers.quality_contract(company),
    }


SAMPLES: dict[str, tuple[str, dict[str, Paper]]] = {
    "good": (GOOD, full_set(CHENGLAN) | contracts(CHENGLAN)),
    "over-limit": (
        OVER_LIMIT,
        full_set(YUANDUO, prefix="远舵数控-") | contracts(YUANDUO, prefix="远舵数控-"),
    ),
    # Profile and accounts were saved under each other's name, the guide is an empty file, the catalogue is not there.
    "missing-papers": (
        MISSING_PAPERS,
        {
            "企业沿革.docx": lambda: papers.history(QINGHE),
            "企业概况.pdf": lambda: papers.accounts(QINGHE),
            "2025年度决算表.xlsx": lambda: papers.profile(QINGHE),
            "产品指南.pdf": lambda: b"",
        },
    ),
}


ONBOARDING = {
    "company": "无锡云帆泵业有限公司",
    "credit_code": code_of("320200", "MAX5YF36"),
    "contact": {
        "name": "钟意",
        "email": "zhong.yi@yunfan.example",
        "phone": "+8651055500366",
        "language": "zh",
        "part": "采购经理",
    },
    "industry": "machinery",
    "region": "江苏",
    "source": "行业展会",
    "expected_value": {"amount": "900000.00", "currency": "CNY"},
    "archive": {
        "address": "江苏省无锡市梁溪路 66 号",
        "invoice_title": "无锡云帆泵业有限公司",
        "needs": "不锈钢泵轴和叶轮，每月约 400 套",
        "preferences": "按周分批交货，木箱包装",
        "consent": True,
    },
    "owner": "lin.xiaoyu@yongchang.example",
}
INVOICE = "开票抬头：无锡云帆泵业有限公司\n开户银行：中国银行无锡分行\n账号：480158200001234567\n"
COMPLAINT = {
    "what": "本批机械密封装机后漏水，已停用 6 台泵，请尽快处理。",
    "contact": {
        "name": "钟意",
        "email": "zhong.yi@yunfan.example",
        "phone": "+8651055500366",
        "language": "zh",
    },
    "company": "无锡云帆泵业有限公司",
    "channel": "mail",
    "kind": "quality",
    "product": "机械密封 M7N",
    "order": "D-2026-0311",
    "happened_on": "2026-03-01",
    "wanted": "更换同批次密封件",
    "amount": {"amount": "26000.00", "currency": "CNY"},
    "owner": "bai.xue@yongchang.example",
}
RECEIPT = "签收单\n换货 12 套机械密封 M7N，客户已签收。\n"
CUSTOMER_SAMPLES: dict[str, tuple[str, dict[str, Paper]]] = {
    "onboarding-good": (
        json.dumps(ONBOARDING, ensure_ascii=False, indent=2) + "\n",
        {"开票资料.txt": INVOICE.encode},
    ),
    "complaint-good": (json.dumps(COMPLAINT, ensure_ascii=False, indent=2) + "\n", {"换货签收单.txt": RECEIPT.encode}),
}


def write(folder: Path) -> None:
    """Writes every sample below `folder`."""
    for name, (text, documents) in (SAMPLES | CUSTOMER_SAMPLES).items():
        (folder / name / "documents").mkdir(parents=True, exist_ok=True)
        (folder / name / "application.json").write_text(text, "utf-8")
        for file_name, make in documents.items():
            (folder / name / "documents" / file_name).write_bytes(make())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
