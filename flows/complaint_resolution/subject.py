"""What a complaint is (CP-1): who complains, about which product, order or batch, what happened, what is wanted."""

from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, EmailStr, Field, ValidationInfo

from crm_workflows import (
    INSTANT,
    Contact,
    Fact,
    Form,
    Line,
    Money,
    NonNegativeMoney,
    Shown,
    Subject,
    beginning_of,
    choices,
    complaint_register,
    unless,
)
from flows.company import LANGUAGES, STILL_TO_COME, DayGoneBy, in_yuan

CHANNELS = {
    "mail": "邮件 / Mail",
    "page": "网页 / Page",
    "phone": "电话 / Phone",
    "callback": "回访 / Callback",
    "visit": "拜访 / Visit",
    "import": "导入 / Import",
}
Channel = Literal["mail", "page", "phone", "callback", "visit", "import"]
Kind = Literal["quality", "delivery", "quantity", "packaging", "service", "invoice", "other"]
WRITE_AN_INSTANT = (
    "时间请写成 2026-03-02T09:30+08:00（含时区） / write the time as 2026-03-02T09:30+08:00, with its zone"
)
A_DAY = timedelta(days=1)
LONGEST = 8000


def _instant(text: str, info: ValidationInfo) -> str:
    """A day ahead passes: by the clock of another zone it may have come."""
    if not text:
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(WRITE_AN_INSTANT) from None
    if at.tzinfo is None:
        raise ValueError(WRITE_AN_INSTANT)
    today = (info.context or {}).get("today")
    if today and at.date() - date.fromisoformat(today) > A_DAY:
        raise ValueError(STILL_TO_COME)
    return text


class Complainant(Form):
    """投诉人 / Who complains: of a customer, or a sender whom nobody knows."""

    name: Line = Field(title="姓名 / Name", min_length=1, max_length=80)
    email: EmailStr | None = Field(default=None, title="邮箱 / Mail address")
    phone: Line = Field(default="", title="电话 / Phone", max_length=40)
    language: Literal["zh", "en"] = Field(default="zh", title="语言 / Language", json_schema_extra=choices(LANGUAGES))

    @property
    def person(self) -> Contact | None:
        """As somebody who is written to; None for who left no address."""
        return Contact(self.name, str(self.email), self.language) if self.email else None


class Complaint(Subject):
    """A complaint as it came in (CP-1): of a customer in the register, or of anybody else, who has no code."""

    IN_REGISTER_IF_NAMED: ClassVar[str] = "customer"
    what: str = Field(title="投诉内容 / What happened", min_length=1, max_length=LONGEST)
    contact: Complainant = Field(title="投诉人 / Who complains")
    company: Line = Field(default="", title="客户名称 / Customer", max_length=120)
    customer: Line = Field(default="", title="客户代码 / Customer code", max_length=40)
    channel: Channel = Field(default="page", title="渠道 / Channel", json_schema_extra=choices(CHANNELS))
    kind: Kind = Field(default="other", title="类别 / Kind", json_schema_extra=choices(complaint_register.KINDS))
    product: Line = Field(default="", title="产品 / Product", max_length=120)
    order: Line = Field(default="", title="订单号或批号 / Order or batch", max_length=80)
    part: Line = Field(default="", title="零部件 / Part", max_length=120)
    happened_on: DayGoneBy | None = Field(default=None, title="发生日期 / When it happened")
    wanted: str = Field(default="", title="希望的处理 / Remedy wanted", max_length=2000)
    amount: Annotated[NonNegativeMoney, AfterValidator(in_yuan)] = Field(
        default=Money.of(0), title="索赔金额 / Amount asked for"
    )
    safety: bool = Field(default=False, title="涉及人身或设备安全 / Safety is concerned")
    legal: bool = Field(default=False, title="涉及法律或监管 / Law or authorities are concerned")
    press: bool = Field(default=False, title="涉及媒体 / The press is concerned")
    received_at: Annotated[str, AfterValidator(_instant)] = Field(
        default="",
        title="收到时间 / Received at",
        max_length=40,
        json_schema_extra=INSTANT | unless("不填为现在 / now if empty"),
    )
    source: Line = Field(default="", title="来源（回访案件、邮件编号） / Where it came from", max_length=200)
    owner: EmailStr = Field(title="负责人（邮箱） / Person in charge (mail address)")

    @property
    def case_title(self) -> str:
        """Told apart from others of the same customer: by product and order, else by how they say it."""
        about = (
            (self.product, self.order)
            if self.product or self.order
            else (beginning_of(next(iter(self.what.splitlines()), ""), 24),)
        )
        return " · ".join(part for part in (self.company or self.contact.name, *about) if part)

    @property
    def language_hint(self) -> str:
        return self.contact.language

    @property
    def person(self) -> Contact | None:
        """Who is written to; None for somebody who left no address."""
        return self.contact.person

    @property
    def about(self) -> complaint_register.About:
        """Whose it is and what about, by which a second one of the same thing is found (CP-1).

        The name alone of who wrote a mail says nobody: of all who use the same form on a page it is the same.
        """
        who = self.contact
        sender = str(who.email or who.phone or ("" if self.channel == "mail" else who.name))
        return complaint_register.About(self.customer, sender, self.order, self.product, self.part)

    @property
    def mail(self) -> str:
        """The Message-ID of the mail by which it came; empty where it came another way."""
        return self.source if self.source.startswith("<") else ""

    def since(self, now: datetime) -> datetime:
        """When its clock began (CP-3): when it was received, never later than now."""
        return min(datetime.fromisoformat(self.received_at), now) if self.received_at else now

    def shown(self) -> Shown:
        """The facts that every request about this complaint shows first."""
        who = self.contact
        reach = " · ".join(part for part in (who.name, who.phone, str(who.email or "")) if part)
        company = (Fact("客户 / Customer", f"{self.customer} {self.company}".strip()),) if self.company else ()
        no_claim = () if self.amount.amount else ("amount",)
        plain = self.facts(leave_out=("contact", "company", "customer", "received_at", "source", "owner", *no_claim))
        return Shown((*company, Fact("投诉人 / Who complains", reach), *plain))
