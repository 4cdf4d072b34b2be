"""The papers of a supplier: reminded of, listed back, asked for again (SV-3)."""

from typing import Any

import pytest

from crm_workflows.domain.durations import working_days
from crm_workflows.domain.errors import InvalidInput, NotEntitled
from crm_workflows.engine.requests.files import File
from flows.supplier_vetting.forms import EXPIRED, YEAR_TO_COME
from tests.office import Office, application, documents


def test_papers_are_reminded_on_day_3_and_5_and_lapse_on_15(office: Office) -> None:
    code = office.start()
    reminded = []
    for day in range(1, 16):
        office.advance(working_days(1))
        reminded.append((day, len(office.mails("reminder"))))
    assert dict(reminded)[2] == 0
    assert dict(reminded)[3] == 1
    assert dict(reminded)[4] == 1
    assert dict(reminded)[5] == 2
    assert dict(reminded)[15] == 2
    assert office.view(code)["outcome"] == "lapsed"
    assert office.mails("case_closed", to=application()["contact"]["email"])


def test_missed_reminders_are_caught_up_once(office: Office) -> None:
    office.start()
    office.advance(working_days(6))
    assert len(office.mails("reminder")) == 1


def test_empty_swapped_and_unknown_files_are_listed_back(office: Office) -> None:
    code = office.start()
    good = {file.filename: file for file in documents()}
    profile = good["企业概况.pdf"]
    handed = office.hand_in(
        code,
        [
            profile,
            File("企业沿革.docx", "application/x", b""),
            File("产品目录.pdf", "application/pdf", profile.content),
            File("产品指南.pdf", "application/pdf", b"not a pdf"),
            File("照片.jpg", "image/jpeg", good["营业执照.jpg"].content + b" "),
        ],
    )
    assert [name for name, _ in handed.accepted] == ["企业概况.pdf"]
    assert [name for name, _ in handed.problems] == ["企业沿革.docx", "产品目录.pdf", "产品指南.pdf", "照片.jpg"]
    assert "company_profile" not in {paper.kind for paper in handed.missing}
    assert "company_history" in {paper.kind for paper in handed.missing}
    assert office.waiting(code)["missing"]


def test_papers_come_in_parts_and_repeats_do_no_harm(office: Office) -> None:
    code = office.start()
    files = documents()
    assert not office.hand_in(code, files[:3]).complete
    assert not office.hand_in(code, files[:3]).complete
    assert office.hand_in(code, files[3:]).complete
    assert office.waiting(code)["gate"] == "papers_check"


def test_a_buyer_hands_in_what_came_another_way(office: Office) -> None:
    code = office.start()
    assert office.hand_in(code, by=application()["owner"], channel="page").complete
    stranger = office.start(application(credit_code="91330200MAX0AA110H", company="杭州沐辰包装有限公司"))
    with pytest.raises(NotEntitled):
        office.hand_in(stranger, by="feng.xue@yongchang.example")


def test_the_owner_asks_for_one_paper_again_and_the_rest_is_kept(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    office.submit(code, gate="papers_check", ask_again=["annual_accounts"], remark="决算表是前年的")
    assert office.waiting(code)["missing"] == ["annual_accounts"]
    again = office.mails("documents_request")[-1]
    assert again.context["request"]["note"] == "决算表是前年的"
    assert [kind["kind"] for kind in again.context["kinds"]] == ["annual_accounts"]
    accounts = next(file for file in documents() if "决算" in file.filename)
    office.hand_in(code, [File(accounts.filename, accounts.media_type, accounts.content + b" ")])
    assert office.waiting(code)["gate"] == "papers_check"
    kept = {fact["value"] for fact in office.mails("task_request")[-1].context["request"]["facts"]}
    assert "企业概况.pdf" in kept


def test_papers_asked_for_again_too_often_come_to_a_person(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    rounds = office.staff.rules.number("rounds_of_survey")
    for n in range(rounds):
        office.submit(code, gate="papers_check", ask_again=["product_guide"], remark="看不清")
        office.hand_in(code, [File("产品指南.pdf", "application/pdf", b"%PDF-1.4 " + str(n).encode())])
    office.submit(code, gate="papers_check", ask_again=["product_guide"], remark="看不清")
    view = office.view(code)
    assert view["status"] == "needs_attention"
    assert f"gone back to SV-3 {rounds} times, which is the limit" in view["attention"]


def test_a_certificate_that_came_needs_its_date_of_expiry(office: Office) -> None:
    code = office.start()
    office.hand_in(code)
    with pytest.raises(InvalidInput, match="give its date of expiry"):
        office.submit(code, gate="papers_check", certificate_expires_on=None)
    office.submit(code, gate="papers_check", certificate_expires_on=None, sufficient=False, remark="证书系伪造")
    assert office.view(code)["outcome"] == "rejected", "who ends the case need not read it"


def test_without_a_certificate_no_date_is_asked_for(office: Office) -> None:
    code = office.start()
    office.hand_in(code, [file for file in documents() if "证书" not in file.filename])
    office.submit(code, gate="papers_check", certificate_expires_on=None)
    assert office.waiting(code)["gate"] == "management_talk"


def test_a_year_to_come_and_papers_that_have_expired_are_refused_each_at_its_field(office: Office) -> None:
    code = at_papers_check(office)
    wrong: dict[str, Any] = {
        "founded_in": 2027,
        "licence_expires_on": "2026-03-01",
        "certificate_expires_on": "2026-03-01",
    }
    with pytest.raises(InvalidInput) as refused:
        office.submit(code, gate="papers_check", **wrong)
    assert refused.value.fields == dict.fromkeys(wrong, EXPIRED) | {"founded_in": YEAR_TO_COME}
    last_day: dict[str, Any] = {
        "founded_in": 2026,
        "licence_expires_on": "2026-03-02",
        "certificate_expires_on": "2026-03-02",
    }
    office.submit(code, gate="papers_check", **last_day)
    assert office.view(code)["waiting_for"][0]["gate"] == "management_talk", "a paper is valid to the end of its day"


@pytest.mark.parametrize(
    "said", [{"ask_again": ["business_licence"]}, {"sufficient": False}], ids=["asked for again", "ends the case"]
)
def test_an_expired_paper_may_be_told_where_the_case_does_not_go_on_with_it(
    office: Office, said: dict[str, Any]
) -> None:
    code = at_papers_check(office)
    office.submit(code, gate="papers_check", licence_expires_on="2026-03-01", remark="执照已过期", **said)
    assert office.view(code)["waiting_for"][:1] == [] or office.waiting(code)["missing"] == ["business_licence"]


def test_a_missing_date_of_expiry_is_told_at_its_field_with_the_first_mistakes(office: Office) -> None:
    code = at_papers_check(office)
    with pytest.raises(InvalidInput) as refused:
        office.submit(code, gate="papers_check", founded_in=2027, certificate_expires_on=None, sufficient=None)
    assert set(refused.value.fields) == {"founded_in", "certificate_expires_on", "sufficient"}


def at_papers_check(office: Office) -> str:
    code = office.start()
    office.hand_in(code)
    return code
