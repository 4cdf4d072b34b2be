"""Tags of customers: they come from the archive and by import, and rounds choose by them (CB-2)."""

import pytest

from crm_workflows.adapters.documents.spreadsheets import opened
from crm_workflows.business import imports, rounds, tags
from crm_workflows.business.imports.leaving import leaving
from crm_workflows.business.imports.table import Problem
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Customer
from tests.business.tables import as_csv
from tests.flows.customers import IN_MEMORY, OWNER, enter, finished, onboarding, registered
from tests.flows.test_changed_archive import archive, on
from tests.flows.test_changed_archive import reopened as reopened
from tests.flows.test_rounds import ADMIN, called, fire, made
from tests.office import Office, credit_code

HEAD = ("客户名称", "统一社会信用代码", "客户经理", "标签")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("重点，出口", "|出口|重点|"), ("ＶＩＰ; vip、 key  account ", "|key account|vip|"),
        ("R&D", "|r&d|"), ("", None),
        (" 、 ", None),
    ],
)  # fmt: skip
def test_tags_are_kept_alike_however_they_are_written(written: str, kept: str | None) -> None:
    assert tags.kept(written) == kept
    assert tags.kept(tags.listed(kept)) == kept


@pytest.mark.parametrize("written", ["50%", "a_b", "-", "x" * 31, "、".join(str(n) for n in range(21))])
def test_what_a_search_would_take_for_something_else_is_no_tag(written: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        tags.kept(written)


def test_a_round_calls_those_of_its_tag_and_no_others(office: Office) -> None:
    enter(office, "C-MA-0001", credit_code="1", tags="|出口|重点|")
    enter(office, "C-MA-0002", credit_code="2", tags="|重点客户|")
    enter(office, "C-MA-0003", credit_code="3")
    for wrong in ("重", "不存在"):
        with pytest.raises(InvalidInput, match=f"there is no tag '{wrong}'; there are 出口, 重点, 重点客户"):
            made(office, chooses={"tag": wrong})
    one = made(office, chooses={"tag": " 重点 "})
    assert one.chooses == {"tag": "重点"}
    ahead = rounds.preview(office.engine, one)
    assert (ahead.customers, ahead.owners) == ((("C-MA-0001", "苏州澄岚水泵有限公司"),), {OWNER: 1})
    assert fire(office, one.next_at) == 1
    assert [row.subject["customer"] for row in called(office)] == ["C-MA-0001"]


@IN_MEMORY
def test_tags_come_in_and_go_out_by_table(office: Office) -> None:
    rows = [
        ("无锡云帆泵业有限公司", credit_code(1), OWNER, "重点，出口"),
        ("宁波青禾贸易有限公司", credit_code(2), OWNER, "50%"),
    ]
    told: list[Problem] = []
    for _ in range(2):
        table = opened(as_csv([HEAD, *rows[: 1 if told else 2]]), "表.csv")
        imports.run(office.engine, imports.KINDS["customers"], table, "表.csv", "good", told.append)
    assert [(one.row, one.column, "letters, digits" in one.what) for one in told] == [(3, "标签 / Tags", True)]
    with office.engine.store.read() as reader:
        (row,) = reader.find(Customer)
        out = next(iter(leaving(reader, imports.KINDS["customers"], "Asia/Shanghai")))
    assert row.tags == "|出口|重点|"
    assert "出口、重点" in out


@IN_MEMORY
def test_the_archive_gives_tags_at_onboarding_and_takes_them_at_a_review(office: Office, reopened: str) -> None:
    code = str(office.view(finished(office, onboarding(office)))["rows"]["customer_code"])
    assert registered(office, code).tags == "|出口|重点|"
    assert "tags" not in (registered(office, code).details or {}), "kept once"
    archive(office, reopened, tags="重点")
    on(office, reopened)
    assert office.asking_facts(office.asking(reopened, "review_approval"))["Tags, commas between them"] == "— → 重点"
    office.answer(reopened, "approve")
    assert registered(office, "C-MA-0009").tags == "|重点|"


@IN_MEMORY
def test_a_round_by_a_tag_that_nobody_has_any_more_can_be_stopped(office: Office) -> None:
    enter(office, tags="|重点|")
    one = made(office, chooses={"tag": "重点"})
    with office.engine.store.write() as tx:
        tx.update(Customer, ("C-MA-0009",), tags=None)
    assert rounds.pause(office.engine, one.code, ADMIN).is_paused
