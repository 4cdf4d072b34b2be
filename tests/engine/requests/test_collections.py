"""What a send-back does to papers that are here: nobody hands in twice what nobody called wrong."""

from dataclasses import replace

import pytest

from crm_workflows.domain.elements import Paper, Papers
from crm_workflows.domain.errors import AuthorMistake
from crm_workflows.engine.case import Case
from crm_workflows.engine.requests.asking import Contact
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.results import Outcome
from tests.engine.conftest import Install
from tests.engine.toys import GATE, NOTE, PAPERS, SUPPLIER, Matter, start, toy

CONTACT = Contact("陈先生", SUPPLIER)
LICENCE = File("执照.pdf", "application/pdf", b"%PDF-1")
PROFILE = File("概况.pdf", "application/pdf", b"%PDF-2")
CONTRACTS = Papers("contracts", "合同 / Contracts", rule="T-3", kinds=(Paper("supply", "供货合同 / Supply contract"),))
KEPT = replace(PAPERS, name="kept", after_send_back="keep")
SENDING = replace(GATE, send_back=(KEPT.rule,))


def two_collections(case: Case[Matter]) -> Outcome:
    """Papers and contracts, then somebody who may want one of the papers again."""
    case.collect(PAPERS, from_=CONTACT)
    case.collect(CONTRACTS, from_=CONTACT)
    if (wanted := case.task(NOTE).text) != "好了":
        case.back_to(PAPERS.rule, because="请重新提供", only=[wanted])
    return case.approve()


def test_asking_for_one_paper_again_asks_for_nothing_of_another_collection(install: Install) -> None:
    office = install(toy(two_collections, PAPERS, CONTRACTS, NOTE))
    code = start(office)
    office.hand_in(code, [LICENCE, PROFILE])
    office.hand_in(code, [File("合同.pdf", "application/pdf", b"%PDF-3")], kind="supply")
    asked = len(office.mails("documents_request"))
    office.submit(code, text="licence")
    assert office.waiting(code)["missing"] == ["licence"]
    office.hand_in(code, [replace(LICENCE, content=b"%PDF-4")])
    assert office.waiting(code)["gate"] == NOTE.name, "the contracts are here and stay"
    assert len(office.mails("documents_request")) == asked + 1
    office.submit(code, text="好了")
    assert office.view(code)["outcome"] == "approved"


def test_a_paper_of_another_step_is_named_as_not_asked_for_now(install: Install) -> None:
    office = install(toy(two_collections, PAPERS, CONTRACTS, NOTE))
    early = [File("供货合同.pdf", "application/pdf", b"%PDF-3"), File("scan.pdf", "application/pdf", b"%PDF-5")]
    contract, scan = office.hand_in(start(office), early).problems
    assert contract[1].startswith("现在不需要“供货合同”，文件已留存")
    assert "请把资料名称写入文件名" in scan[1]


def test_a_collection_that_keeps_asks_nobody_after_a_send_back(install: Install) -> None:
    handed: list[tuple[str, ...]] = []

    def body(case: Case[Matter]) -> Outcome:
        handed.append(tuple(paper.sha256 for paper in case.collect(KEPT, from_=CONTACT).papers))
        case.approval(SENDING)
        return case.approve()

    office = install(toy(body, KEPT, SENDING))
    code = start(office)
    office.hand_in(code, [LICENCE, PROFILE])
    asked = len(office.mails("documents_request"))
    office.answer(code, "send_back", to=KEPT.rule, comment="再看一遍")
    assert (office.waiting(code)["gate"], office.waiting(code)["round"]) == (GATE.name, 2)
    assert len(office.mails("documents_request")) == asked
    office.answer(code, "approve")
    assert office.view(code)["outcome"] == "approved"
    assert len(set(handed)) == 1
    assert handed[0]


def test_a_form_that_asks_anew_what_it_does_not_have_is_its_author_s_mistake() -> None:
    with pytest.raises(AuthorMistake, match="no field verdict"):
        replace(NOTE, anew=("verdict",))
