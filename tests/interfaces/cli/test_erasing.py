"""crmw erase and crmw erasures: a look first, then what was found is erased, and on whose word stands on record."""

from crm_workflows.domain.audit import person_id
from tests.interfaces.cli.conftest import BUYER, SUPPLIER, Crmw, Story


def test_a_look_an_erasure_and_the_list_of_them(crmw: Crmw, at_papers_check: Story) -> None:
    look = crmw("erase", SUPPLIER, "--dry-run", "--json").json
    assert (look["held"], look["cases"], look["names"], look["erased"]) == (
        [at_papers_check.code],
        [],
        ["顾晚晴"],
        False,
    )
    crmw("cancel", at_papers_check.code, "--as", BUYER, "--reason", "over")
    assert crmw("work", "--until-idle").status == 0
    told = crmw("erase", SUPPLIER, "--reason", "letter of 2 March", "--yes")
    assert (told.status, told.err) == (0, "")
    assert "erased from 1 case; keep the id" in told.out
    assert crmw("cases", "--text", "顾晚晴", "--json").json == []
    assert crmw("audit", "verify").status == 0
    (noted,) = crmw("erasures", "--json").json
    assert (noted["people"], noted["reason"]) == ([person_id(SUPPLIER)], "letter of 2 March")
    assert noted["by"].startswith("cli:")
    assert "letter of 2 March" in crmw("erasures").out
    assert "nothing is kept of" in crmw("erase", SUPPLIER).out
    assert "works here" in crmw("erase", BUYER).refusal
    assert "没有（或不再有）" in crmw("erase", SUPPLIER, LANG="zh_CN.UTF-8").out
