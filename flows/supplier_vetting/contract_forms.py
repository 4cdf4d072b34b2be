"""The forms of contracts (SV-8) and bank details (SV-9): who signs, whether it is signed, who confirmed the account."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from crm_workflows import CONFIDENTIAL, Form, choices
from flows.company import DayGoneBy
from flows.supplier_vetting.papers import ContractKind

Signer = Literal["in_principle", "other"]
OURS = {"in_principle": "资材部长 / Our head of materials", "other": "其他人员（须授权） / Somebody else, authorised"}
THEIRS = {
    "in_principle": "法定代表人 / Their legal representative",
    "other": "其他人员（须授权） / Somebody else, authorised",
}
Signing = Literal["signed", "sealed", "missing"]
SIGNINGS = {
    "signed": "已签字 / Signed",
    "sealed": "已盖公章 / Company seal",
    "missing": "未签字也未盖章 / Neither",
}
OTHER_SIGNER = (
    "由其他人员签署时，请填写姓名和原因，并上传授权委托书 / "
    "for another signer give the name and the reason, and upload the authorisation"
)
WHAT_IS_WRONG = "请说明合同有何不妥 / please say what is wrong with the contracts"
NO_NUMBER = "账号只能由数字、字母和空格组成 / an account number has digits, letters and blanks only"
SAME_PHONE = (
    "该电话与申请中联系人的电话相同；请改用独立查到的号码（SV-9） / "
    "this is the contact's own number; call one that you found independently (SV-9)"
)
WHAT_DIFFERS = "账户未获确认时，请说明对方的答复 / where the account is not confirmed, please say what you were told"


class ContractSigners(Form):
    """SV-8: who signs both contracts; in principle our head of materials and their legal representative."""

    ours: Signer = Field(title="我方签署人 / Our signer", examples=["in_principle"], json_schema_extra=choices(OURS))
    our_other: str = Field(default="", title="我方其他签署人姓名 / Name, if somebody else", max_length=80)
    theirs: Signer = Field(
        title="供应商签署人 / The supplier's signer", examples=["in_principle"], json_schema_extra=choices(THEIRS)
    )
    their_other: str = Field(default="", title="供应商其他签署人姓名 / Name, if somebody else", max_length=80)
    reason: str = Field(default="", title="由其他人员签署的原因 / Reason for another signer", max_length=2000)

    @property
    def our_name(self) -> str:
        """Our signer, if somebody else than the head of materials."""
        return self.our_other if self.ours == "other" else ""

    @property
    def their_name(self) -> str:
        """The supplier's signer, if somebody else than its legal representative."""
        return self.their_other if self.theirs == "other" else ""

    @model_validator(mode="after")
    def _names_other_signers(self) -> Self:
        unnamed = (self.ours == "other" and not self.our_other) or (self.theirs == "other" and not self.their_other)
        if unnamed or ("other" in (self.ours, self.theirs) and not self.reason):
            raise ValueError(OTHER_SIGNER)
        return self


class ContractCheck(Form):
    """SV-8: each contract is confirmed with the signed file; one without the other does not pass."""

    supply_ours: Signing = Field(
        title="商品供应合同：我方 / Supply contract: our side", examples=["signed"], json_schema_extra=choices(SIGNINGS)
    )
    supply_theirs: Signing = Field(
        title="商品供应合同：供应商 / Supply contract: the supplier", examples=["sealed"],
        json_schema_extra=choices(SIGNINGS),
    )  # fmt: skip
    supply_signed_on: DayGoneBy = Field(
        title="商品供应合同签署日期 / Supply contract signed on", examples=["2025-03-20"]
    )
    quality_ours: Signing = Field(
        title="质量保证合同：我方 / Quality-assurance contract: our side", examples=["signed"],
        json_schema_extra=choices(SIGNINGS),
    )  # fmt: skip
    quality_theirs: Signing = Field(
        title="质量保证合同：供应商 / Quality-assurance contract: the supplier", examples=["sealed"],
        json_schema_extra=choices(SIGNINGS),
    )  # fmt: skip
    quality_signed_on: DayGoneBy = Field(
        title="质量保证合同签署日期 / Quality-assurance contract signed on", examples=["2025-03-20"]
    )
    same_signers: bool = Field(
        title="两份合同由上述同一签署人签署 / Both were signed by the signers named above", examples=[True]
    )
    authorisations_are_right: bool = Field(
        default=True, title="授权委托书有效（如有） / The authorisations, if any, are valid", examples=[True]
    )
    remark: str = Field(default="", title="说明 / Remark", max_length=2000, examples=["两份合同签署完整"])

    @property
    def faulty(self) -> list[str]:
        """The kinds of paper that do not pass; both contracts where signers or dates are not the same."""
        kinds: list[ContractKind] = []
        if "missing" in (self.supply_ours, self.supply_theirs):
            kinds.append("supply_contract")
        if "missing" in (self.quality_ours, self.quality_theirs):
            kinds.append("quality_contract")
        if not self.same_signers or self.supply_signed_on != self.quality_signed_on:
            kinds = ["supply_contract", "quality_contract"]
        return [*kinds, *([] if self.authorisations_are_right else ["our_authorisation", "their_authorisation"])]

    @model_validator(mode="after")
    def _says_what_is_wrong(self) -> Self:
        if self.faulty and not self.remark:
            raise ValueError(WHAT_IS_WRONG)
        return self


def _account(number: str) -> str:
    plain = re.sub(r"[\s-]", "", number).upper()
    if not re.fullmatch(r"[0-9A-Z]{6,34}", plain):
        raise ValueError(NO_NUMBER)
    return plain


AccountNumber = Annotated[str, AfterValidator(_account)]


class BankDetails(Form):
    """SV-9: the account, as the supplier gave it."""

    account_name: str = Field(
        title="户名 / Account name", min_length=1, max_length=120, examples=["苏州澄岚精密轴承有限公司"]
    )
    bank: str = Field(title="开户银行 / Bank", min_length=1, max_length=120, examples=["中国工商银行苏州分行"])
    account_number: AccountNumber = Field(
        title="银行账号 / Account number", examples=["1102020109000123456"], json_schema_extra=CONFIDENTIAL
    )


class BankCheck(Form):
    """SV-9: finance, a second person, confirms the account over a number found independently of the mail."""

    account_number: AccountNumber = Field(
        title="对方口述的银行账号 / Account number as told on the phone", examples=["1102020109000123456"],
        json_schema_extra=CONFIDENTIAL,
    )  # fmt: skip
    number_found_in: str = Field(
        title="电话号码来源（不得取自来信） / Where the phone number was found (not in the mail)", min_length=1,
        max_length=200, examples=["企业信用信息公示系统登记电话"],
    )  # fmt: skip
    phone: str = Field(title="所拨电话 / Number called", min_length=5, max_length=40, examples=["+86 512 5550 0100"])
    spoke_with: str = Field(title="通话对象 / Spoke with", min_length=1, max_length=80, examples=["财务科 方女士"])
    called_on: DayGoneBy = Field(title="通话日期 / Date of the call", examples=["2025-03-23"])
    confirmed: bool = Field(title="账户信息经对方确认 / The account was confirmed", examples=[True])
    remark: str = Field(default="", title="说明 / Remark", max_length=2000, examples=["户名、开户行、账号均相符"])

    @model_validator(mode="after")
    def _is_independent(self, info: ValidationInfo) -> Self:
        given = str((info.context or {}).get("contact_phone", ""))
        if given and _digits(given)[-8:] == _digits(self.phone)[-8:]:
            raise ValueError(SAME_PHONE)
        if not self.confirmed and not self.remark:
            raise ValueError(WHAT_DIFFERS)
        return self

    def confirms(self, details: BankDetails) -> bool:
        """Whether the account is the one that was entered."""
        return self.confirmed and self.account_number == details.account_number


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)
