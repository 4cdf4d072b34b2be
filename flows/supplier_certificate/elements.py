"""Who is asked for a new certificate and who confirms it, by when (SV-12)."""

from dataclasses import replace
from datetime import date
from typing import Self, TypeVar

from pydantic import Field, ValidationInfo, model_validator

from crm_workflows import Form, FormTask, Paper, Papers, PolicyRead, manager, role, working_days
from flows.supplier_certificate.subject import CertificateKind

NOT_NEWER = (
    "新证书的有效期须晚于原证书（{}），否则请选“否”并说明 / "
    "a new certificate expires later than the old one ({}); else say no and why"
)
SAY_WHY = "请说明为何不能认可 / please say why it cannot be accepted"


class CertificateCheck(Form):
    """SV-12: whether what came is a valid new certificate, and until when."""

    is_valid: bool = Field(title="新证书真实有效 / The new certificate is genuine and valid", examples=[True])
    expires_on: date | None = Field(default=None, title="新有效期至 / New date of expiry", examples=["2031-06-30"])
    remark: str = Field(default="", title="说明 / Remark", max_length=2000, examples=["已在发证机构网站核对"])

    @model_validator(mode="after")
    def _is_newer(self, info: ValidationInfo) -> Self:
        old = str((info.context or {}).get("expires_on", ""))
        if self.is_valid and (self.expires_on is None or self.expires_on.isoformat() <= old):
            raise ValueError(NOT_NEWER.format(old, old))
        if not self.is_valid and not self.remark:
            raise ValueError(SAY_WHY)
        return self


NEW_CERTIFICATE = Papers(
    "new_certificate",
    "新证书 / The new certificate",
    rule="SV-12",
    kinds=(
        Paper(
            "new_certificate",
            "新证书或执照 / New certificate or licence",
            names=("证书", "认证", "执照", "certificate", "licence", "license", "iso"),
        ),
    ),
    on_lapse="到期仍未收到并确认新证书的，将暂停采购 / we stop ordering until a new certificate is confirmed",
)

CERTIFICATE_CHECK = FormTask(
    "certificate_check", "新证书确认 / Confirmation of the new certificate", rule="SV-12", form=CertificateCheck,
    by=role("head_of_quality"), due=working_days("certificate_check_due"), remind=working_days(1),
    escalate_to=manager, anew=("is_valid", "remark"),
)  # fmt: skip

OF_A_LICENCE = {
    "new_certificate": "新营业执照 / The new business licence",
    "certificate_check": "新营业执照确认 / Confirmation of the new business licence",
}
E = TypeVar("E", Papers, FormTask)


def named_for(kind: CertificateKind, element: E) -> E:
    """Under the name of the paper that is meant: a supplier may be asked for a certificate and a licence at once."""
    return replace(element, title=OF_A_LICENCE[element.name]) if kind == "business_licence" else element


POLICY = (
    PolicyRead("certificate_remind_first", "whole number"),
    PolicyRead("certificate_remind_second", "whole number"),
    PolicyRead("certificate_remind_last", "whole number"),
    PolicyRead("rounds_of_signing", "whole number"),
)
"""The days before expiry at which the supplier is asked and reminded, and how often it may be asked again."""
