"""The scenes of the demonstration: one of each process, and a supplier whose papers are not in order.

It must not know how anything is carried out (`demo_company`), nor how a case is told (`demo_story`).
"""

import json
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from crm_workflows.domain.text import bilingual
from crm_workflows.interfaces.demo_company import COMPLAINTS_TO, Company, DidNotHappen
from crm_workflows.interfaces.demo_story import Story, Teller
from crm_workflows.shipped import shipped

SUPPLIER: Final = "supplier-vetting"
CONTRACT: Final = "合同"
"""What the names of both contracts hold, and of no paper of the survey."""
FORMS_UNTIL_GATE: Final = 10
"""Papers, two talks, overall judgement, four parts of the survey on site, criteria, application."""
FORMS_UNTIL_CREDIT: Final = 7
"""Archive, standing, good customer, tier twice, terms asked for, terms granted."""
COMPLAINANT: Final = "wu.xiaomei@linhai.example"
NAME: Final = "吴晓梅"
SUBJECT: Final = "上周的订单少发了两套密封件"
TEXT: Final = "您好！\n上周五到货的订单里少了两套密封件，请尽快补发。\n\n临海机电 吴晓梅\n"


def recognised(company: Company, tell: Teller) -> Story:
    """A good supplier, from request to code."""
    story = Story(company, tell)
    files = _asks_for_supplier(story, "good")
    story.hand_in([file for file in files if CONTRACT not in file.name], "您好，所需资料见附件，请查收。")
    story.fill_in_forms(FORMS_UNTIL_GATE)
    story.approve_by_reply()
    story.fill_in_forms(1)
    story.hand_in([file for file in files if CONTRACT in file.name], "两份合同均已签署，见附件。")
    story.fill_in_forms(4)
    story.ends("approved", "供应商已认定，代码", "the supplier is recognised; its code is", "supplier_code")
    return story


def missing_papers(company: Company, tell: Teller) -> Story:
    """A supplier whose papers are incomplete, empty or swapped: the case waits for the supplier."""
    story = Story(company, tell)
    files = _asks_for_supplier(story, "missing-papers")
    if not story.hand_in(files, "您好，所需资料见附件，请查收。"):
        raise DidNotHappen(bilingual("资料本应不全", "the papers should be incomplete, and are not"))
    story.waits("资料不全，供应商已收到通知", "papers are missing; the supplier has been told which and why")
    return story


def _asks_for_supplier(story: Story, sample: str) -> list[Path]:
    """SV-2: the buyer asks for a new supplier; returns what that would send."""
    folder = shipped("samples") / sample
    goods = json.loads((folder / "application.json").read_text(encoding="utf-8"))["goods"]
    story.start(SUPPLIER, folder / "application.json", f"申请新供应商：{goods}", f"asks for a new supplier: {goods}")
    return sorted((folder / "documents").iterdir())


def taken_on(company: Company, tell: Teller) -> Story:
    """A new customer, from the archive to code and first callback."""
    story = Story(company, tell)
    application = shipped("samples") / "onboarding-good" / "application.json"
    story.start("customer-onboarding", application, "为新客户建档", "takes a new customer on")
    for _ in range(FORMS_UNTIL_CREDIT):
        story.fill_in_by_page()
    story.approve_by_link()
    story.fill_in_by_page()
    story.approve_by_reply()
    story.fill_in_by_page()
    story.ends("approved", "客户已建档，代码", "the customer is taken on; its code is", "customer_code")
    return story


def called(company: Company, tell: Teller, customer: Story) -> Story:
    """The first callback, which the onboarding has opened (ON-11): recorded on a phone in three taps."""
    story = Story(company, tell)
    story.goes_on(customer.linked("first_callback"))
    story.fill_in_by_page()
    story.ends("done", "回访已记录，下次回访的日期已排定", "the callback is recorded, and the next one has its date")
    return story


def complained(company: Company, tell: Teller) -> Story:
    """A complaint that comes by mail from somebody whom nobody knows, answered the same day."""
    story = Story(company, tell)
    company.write(f"{NAME} <{COMPLAINANT}>", COMPLAINTS_TO, SUBJECT, TEXT)
    thanks = company.mail(COMPLAINANT, bilingual("受理回执", "the acknowledgement"), lambda mail: "X-CRM-Case" in mail)
    code = str(thanks["X-CRM-Case"])
    story.goes_on(code)
    opened = company.case(code)["opened_at"]
    story.say(opened, NAME, f"来信投诉：{SUBJECT}", f"complains by mail: {SUBJECT}")
    at = parsedate_to_datetime(str(thanks["Date"])).isoformat()
    story.say(at, "✉", f"→ {NAME}：受理回执", f"→ {NAME}: acknowledgement")
    story.fill_in_by_page()
    answer = company.mail(
        COMPLAINANT, bilingual("对投诉的答复", "the answer to the complaint"),
        lambda mail: mail["X-CRM-Case"] == code and mail["Message-ID"] != thanks["Message-ID"],
    )  # fmt: skip
    at = parsedate_to_datetime(str(answer["Date"])).isoformat()
    story.say(at, "✉", f"→ {NAME}：处理答复", f"→ {NAME}: the answer")
    story.told()
    story.waits("投诉已答复，客户可以接受或申诉", "the complaint is answered; the customer may accept or appeal")
    return story
