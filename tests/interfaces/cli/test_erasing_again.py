"""Whoever was erased after a backup does not come back with it: the list in the home, or one that was kept (G-7)."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_workflows.domain.audit import person_id
from crm_workflows.engine.record import erasing_again
from tests.interfaces.cli.conftest import BUYER, SUPPLIER, Crmw, Story


@pytest.fixture
def erased(crmw: Crmw, at_papers_check: Story, tmp_path: Path) -> Path:
    """The home of a company that was backed up, went on, and erased its supplier's contact."""
    crmw("backup", tmp_path / "monday.zip")
    crmw("cancel", at_papers_check.code, "--as", BUYER, "--reason", "over")
    crmw("work", "--until-idle")
    crmw("erase", SUPPLIER, "--reason", "letter of 2 March", "--yes", "--keep-files")
    return tmp_path / "home"


def test_the_list_of_the_home_is_followed_by_a_restore(crmw: Crmw, erased: Path, at_papers_check: Story) -> None:
    """An open case still needs them: it is remembered, as when they are erased for the first time."""
    (line,) = json.loads((erased / "erasures.json").read_text(encoding="utf-8"))
    assert (line["people"], line["reason"], line["keeps_files"]) == ([person_id(SUPPLIER)], "letter of 2 March", True)
    assert SUPPLIER not in str(line)
    for file in erased.glob("crm.db*"):
        file.unlink()
    told = crmw("restore", erased.parent / "monday.zip")
    assert (told.status, "1 was back, and erased again" in told.out) == (0, True)
    assert "--repeat" not in told.out
    (noted,) = crmw("erasures", "--json").json
    assert (noted["held"], noted["keeps_files"]) == ([at_papers_check.code], True)


def test_a_kept_list_is_followed_later_and_in_another_home(crmw: Crmw, erased: Path, tmp_path: Path) -> None:
    kept, other = shutil.copy(erased / "erasures.json", tmp_path), {"CRMW_HOME": str(tmp_path / "other")}
    assert "this database was not restored" in crmw("erasures", "--repeat", kept).refusal
    assert "crmw erasures --repeat" in crmw("restore", tmp_path / "monday.zip", **other).out
    assert crmw("erase", SUPPLIER, "--dry-run", "--json", **other).json["names"]
    (noted,) = crmw("erasures", "--repeat", kept, "--json", **other).json
    assert noted["people"] == [person_id(SUPPLIER)]
    assert crmw("erasures", "--repeat", kept, "--json", **other).status == 0, "again does no harm"
    (tmp_path / "wrong.json").write_text('[{"people": []}]', encoding="utf-8")
    assert "is no list as crmw erasures --json prints it" in crmw(
        "erasures", "--repeat", tmp_path / "wrong.json", **other
    ).refusal  # fmt: skip


def test_who_was_erased_before_the_backup_may_have_come_again_and_stays(
    crmw: Crmw, at_papers_check: Story, tmp_path: Path
) -> None:
    other = {"CRMW_HOME": str(tmp_path / "other")}
    crmw("backup", tmp_path / "monday.zip")
    crmw("restore", tmp_path / "monday.zip", **other)
    line = erasing_again.Erasure(people=(person_id(SUPPLIER),), at=datetime(2026, 1, 1, tzinfo=UTC), by="x", reason="")
    (tmp_path / "kept.json").write_text(f"[{line.model_dump_json()}]", encoding="utf-8")
    assert crmw("erasures", "--repeat", tmp_path / "kept.json", "--json", **other).json == []
    assert json.loads((tmp_path / "other" / "erasures.json").read_text(encoding="utf-8")) == [
        line.model_dump(mode="json")
    ]
