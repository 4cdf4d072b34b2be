"""crmw erase and crmw erasures: a look first, then what was found is erased, and on whose word stands on record."""

from contextlib import closing
from pathlib import Path

from crm_workflows.bootstrap import open_office
from crm_workflows.domain.audit import person_id
from crm_workflows.domain.mail.parse import read_message
from crm_workflows.interfaces.cli.erasing import why_traces_stay
from crm_workflows.interfaces.mailbox import LocalMailbox
from crm_workflows.settings import Settings
from tests.interfaces.cli.conftest import BUYER, SUPPLIER, Crmw, Story


def test_a_look_an_erasure_and_the_list_of_them(crmw: Crmw, home: Path, at_papers_check: Story) -> None:
    look = crmw("erase", SUPPLIER, "--dry-run", "--json").json
    assert (look["held"], look["cases"], look["names"], look["erased"]) == (
        [at_papers_check.code],
        [],
        ["顾晚晴"],
        False,
    )
    assert (look["files_of_others"], len(look["files_not_looked_into"])) == ([], 7), "PDFs that the buyer handed in"
    crmw("cancel", at_papers_check.code, "--as", BUYER, "--reason", "over")
    assert crmw("work", "--until-idle").status == 0
    assert [mail for mail in mailbox(home) if "顾晚晴" in mail]
    told = crmw("erase", SUPPLIER, "--reason", "letter of 2 March", "--yes")
    assert (told.status, told.err) == (0, "")
    assert "erased from 1 case; keep erasures.json" in told.out
    assert "tonight" not in told.out
    assert SUPPLIER.encode() not in b"".join(file.read_bytes() for file in home.glob("crm.db*"))
    assert crmw("cases", "--text", "顾晚晴", "--json").json == []
    assert crmw("audit", "verify").status == 0
    assert not [mail for mail in mailbox(home) if "顾晚晴" in mail or SUPPLIER in mail]
    (noted,) = crmw("erasures", "--json").json
    assert (noted["people"], noted["reason"]) == ([person_id(SUPPLIER)], "letter of 2 March")
    assert noted["by"].startswith("cli:")
    assert "letter of 2 March" in crmw("erasures").out
    assert "nothing is kept of" in crmw("erase", SUPPLIER).out
    assert "works here" in crmw("erase", BUYER).refusal
    assert "没有（或不再有）" in crmw("erase", SUPPLIER, LANG="zh_CN.UTF-8").out


def mailbox(home: Path) -> list[str]:
    """All that stands in the mails of the local mailbox."""
    with closing(open_office(Settings(home=home))) as office:
        kept = LocalMailbox(office.store)
        read = [read_message(kept.get(one.id) or b"") for one in kept.list()]
    return [f"{mail.subject} {mail.recipients} {mail.text}" for mail in read]


def test_what_stays_for_the_night_is_said_of_the_database_that_there_is() -> None:
    """PostgreSQL has no file of ours, and its rights are given by somebody else."""
    said = {url: why_traces_stay(Settings(database_url=url)) for url in ("", "postgresql://crmw_app@db/crmw")}
    assert ["VACUUM" in one for one in said.values()] == [False, True]
    assert all("今夜" in one and "tonight" in one for one in said.values())
