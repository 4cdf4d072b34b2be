"""Who and what a workbook of a digest may decide: no more than a reply in words (G-10)."""

import io
from dataclasses import replace

import pytest

from crm_workflows.domain.mail.authentication import Authentication
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import Policy
from crm_workflows.engine.digests.digest_sheet import MEDIA_TYPE
from crm_workflows.engine.mail_in import codes
from crm_workflows.engine.requests.files import File
from tests.engine.digests.mornings import outcomes, three
from tests.engine.digests.test_digest_sheets import ANSWER, REASON, desk, request_of, told
from tests.engine.filled import fill, morning, sent_back, workbook_of
from tests.engine.toys import BOSS, HEAD, start
from tests.office import Office

__all__ = ["desk"]


def test_an_approval_above_the_limit_is_not_in_the_workbook_and_cannot_be_written_into_it(desk: Office) -> None:
    low, high = start(desk, what="100000"), start(desk, what="100001")
    mail = morning(desk, HEAD)
    book = workbook_of(desk, mail)
    sheet = book.worksheets[0]
    assert [row[-1].value for row in sheet.iter_rows(min_row=2)] == [request_of(desk, low)]
    sheet.append([None, None, None, None, "同意", None, request_of(desk, high)])
    answer = sent_back(desk, mail, book)
    assert answer["results"] == []
    assert told(answer) == [("审批", 3, "G", "had no row in this sheet")]
    assert outcomes(desk, [low, high]) == [None, None]


@pytest.mark.parametrize("by_workbook", [True, False])
def test_what_needs_a_code_is_not_approved_by_a_digest(desk: Office, by_workbook: bool) -> None:
    """Else the digest would be a way round the code that the answer to the single mail needs."""
    desk.staff.rules = Policy({**desk.staff.rules, codes.ABOVE: Money.of("1000.00", "CNY")})
    genuine = Authentication("dkim", True, "yongchang.example")
    desk.engine = replace(desk.engine, authenticate=lambda *_: genuine)
    above, below, refused = (start(desk, what=what) for what in ("1001", "999", "1002"))
    mail = morning(desk, HEAD)
    if by_workbook:
        ids = [request_of(desk, code) for code in (above, below, refused)]
        said = {ids[0]: {ANSWER: "同意"}, ids[1]: {ANSWER: "同意"}, ids[2]: {ANSWER: "驳回", REASON: "太贵"}}
        answer = sent_back(desk, mail, fill(workbook_of(desk, mail), said))
    else:
        desk.reply(mail, "1-2 同意\n3 驳回 太贵")
        answer = desk.mails("digest_answer")[-1].context
    assert [r["is_applied"] for r in answer["results"]] == [False, True, True]
    assert "needs a code" in answer["results"][0]["said"]
    assert outcomes(desk, [above, below, refused]) == [None, "approved", "rejected"]


def test_a_colleague_does_not_answer_by_somebody_elses_workbook(desk: Office) -> None:
    codes = three(desk)
    mail = morning(desk, HEAD)
    book = fill(workbook_of(desk, mail), {request_of(desk, codes[0]): {ANSWER: "同意"}})
    with pytest.raises(ValueError, match="too many values"):
        sent_back(desk, mail, book, sender=BOSS)
    assert {told.recipient for told in desk.mails("digest_answer")} == {BOSS, HEAD}, "both hear of it"
    assert outcomes(desk, codes) == [None, None, None]


def test_two_workbooks_of_ours_decide_nothing(desk: Office) -> None:
    (code, *_) = three(desk)
    mail = morning(desk, HEAD)
    target = io.BytesIO()
    fill(workbook_of(desk, mail), {request_of(desk, code): {ANSWER: "同意"}}).save(target)
    desk.reply(mail, "", files=[File(name, MEDIA_TYPE, target.getvalue()) for name in ("a.xlsx", "b.xlsx")])
    assert "several workbooks" in desk.mails("digest_answer")[-1].context["reason"]
    assert outcomes(desk, [code]) == [None]
