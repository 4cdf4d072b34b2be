"""Whoever was erased after a backup does not come back with it: the list in the home, or one that was kept (G-7)."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_workflows.domain.audit import person_id
from crm_workflows.domain.records import Meta
from crm_workflows.engine.erasing import erasure, repeating
from crm_workflows.engine.record.auditing import RESTORED
from crm_workflows.testing import MemoryStore
from tests.engine.erasing.test_erasing import handed_in, order
from tests.engine.toy_bodies import collected
from tests.engine.toys import SUPPLIER as TOY_SUPPLIER
from tests.engine.toys import office_of, toy
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


def test_a_restore_that_died_before_it_erased_again_is_told_of_until_that_is_done(
    crmw: Crmw, erased: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in erased.glob("crm.db*"):
        file.unlink()
    with monkeypatch.context() as broken:
        broken.setattr("crm_workflows.interfaces.cli.erasing.again", None)
        assert crmw("restore", tmp_path / "monday.zip").status != 0
    asked = f"crmw erasures --repeat {erased / 'erasures.json'}"
    repeated = crmw("restore", tmp_path / "monday.zip")
    assert "is there already; nothing was changed" in repeated.err
    assert "1 person of erasures.json erased after its backup may be back" in repeated.err
    for command in (["cases"], ["doctor", "--json"], ["erasures"]):
        assert asked in crmw(*command).err
    assert "恢复未做完：erasures.json 中有 1 人" in crmw("cases", LC_ALL="zh_CN.UTF-8").err
    assert asked not in crmw("erasures", "--repeat", erased / "erasures.json").err
    assert asked not in crmw("cases").err
    assert crmw("backup", tmp_path / "tuesday.zip").status == 0
    for file in erased.glob("crm.db*"):
        file.unlink()
    assert asked not in crmw("restore", tmp_path / "monday.zip").err, "followed once more"


def test_whom_an_older_backup_has_brought_back_is_told_of_by_what_is_started_next(
    crmw: Crmw, erased: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in a home that got its list later; a list that brings back nobody is followed by looking once."""
    other = tmp_path / "other"
    crmw("restore", tmp_path / "monday.zip", CRMW_HOME=str(other))
    shutil.copy(erased / "erasures.json", other)
    monkeypatch.setattr("crm_workflows.interfaces.up.everything.serve", lambda *_: None)
    assert "crmw erasures --repeat" in crmw("up", CRMW_HOME=str(other)).err
    crmw("erasures", "--repeat", other / "erasures.json", CRMW_HOME=str(other))
    assert crmw("up", CRMW_HOME=str(other)).err == ""


def test_a_kept_list_is_followed_later_and_in_another_home(crmw: Crmw, erased: Path, tmp_path: Path) -> None:
    kept, other = shutil.copy(erased / "erasures.json", tmp_path), {"CRMW_HOME": str(tmp_path / "other")}
    assert "this database was not restored" in crmw("erasures", "--repeat", kept).refusal
    assert "crmw erasures --repeat" in crmw("restore", tmp_path / "monday.zip", **other).out
    assert crmw("erase", SUPPLIER, "--dry-run", "--json", **other).json["names"]
    (noted,) = crmw("erasures", "--repeat", kept, "--json", **other).json
    assert noted["people"] == [person_id(SUPPLIER)]
    assert crmw("erasures", "--repeat", kept, "--json", **other).status == 0, "again does no harm"
    for wrong in (b'[{"people": []}]', b"\xff\xfe["):
        (tmp_path / "wrong.json").write_bytes(wrong)
        told = crmw("erasures", "--repeat", tmp_path / "wrong.json", **other)
        assert "is no list as crmw erasures --json prints it" in told.refusal


def test_a_restore_speaks_of_the_erased_only_where_there_can_be_some(crmw: Crmw, story: Story, tmp_path: Path) -> None:
    """Where the old system has not run since, nobody was erased since; with a list, it says who."""
    backup = tmp_path / "monday.zip"
    crmw("backup", backup)
    fresh, second, third = ({"CRMW_HOME": str(tmp_path / name)} for name in ("fresh", "second", "third"))
    assert "eras" not in crmw("restore", backup, "--nothing-sent-since", **fresh).out
    assert "nothing is to be done unless somebody was erased by law after" in crmw("restore", backup, **second).out
    (tmp_path / "third").mkdir()
    (tmp_path / "third" / "erasures.json").write_text("[]", encoding="utf-8")
    said = crmw("restore", backup, **third).out
    assert "eras" not in said
    assert crmw("erasures", "--repeat", tmp_path / "third" / "erasures.json", **third).status == 0


def test_who_was_erased_before_the_backup_may_have_come_again_and_stays(
    crmw: Crmw, at_papers_check: Story, tmp_path: Path
) -> None:
    other = {"CRMW_HOME": str(tmp_path / "other")}
    crmw("backup", tmp_path / "monday.zip")
    crmw("restore", tmp_path / "monday.zip", **other)
    line = repeating.Erasure(people=(person_id(SUPPLIER),), at=datetime(2026, 1, 1, tzinfo=UTC), by="x", reason="")
    (tmp_path / "kept.json").write_text(f"[{line.model_dump_json()}]", encoding="utf-8")
    assert crmw("erasures", "--repeat", tmp_path / "kept.json", "--json", **other).json == []
    assert json.loads((tmp_path / "other" / "erasures.json").read_text(encoding="utf-8")) == [
        line.model_dump(mode="json")
    ]


def test_what_a_backup_has_lost_stays_lost_in_the_backups_made_after_its_restore() -> None:
    """As where a company is restored without the list, and moves to another machine before anybody notices."""
    office = office_of(MemoryStore(), toy(collected, name="collected", code="TC"))
    handed_in(office)
    backup, erasure, move = (office.clock.now() - timedelta(days=days) for days in (3, 2, 1))
    restores = [{"made_at": at.isoformat(), "restored_at": at.isoformat()} for at in (backup, move)]
    with office.engine.store.write() as tx:
        tx.insert(Meta(RESTORED, json.dumps(restores)))
    line = repeating.Erasure(people=(person_id(TOY_SUPPLIER),), at=erasure, by="x", reason="letter")
    assert len(list(repeating.repeat(office.engine, [line]))) == 1
    handed_in(office)  # by the same person, who may come again
    assert list(repeating.repeat(office.engine, [line])) == [], "it is done"


def test_the_list_keeps_the_later_of_two_erasures_of_one_person() -> None:
    """The restored database knows the first one only; were the list to forget the second, nobody could repeat it."""
    office = office_of(MemoryStore(), toy(collected, name="collected", code="TC"))
    handed_in(office)
    erasure.erase(office.engine, order(TOY_SUPPLIER))
    (first,) = repeating.read(json.dumps(repeating.listed(office.engine)).encode(), "erasures.json")
    later = first.model_copy(update={"at": first.at + timedelta(days=30)})
    assert repeating.listed(office.engine, [later]) == [later.model_dump(mode="json")]
    assert repeating.listed(office.engine, [first]) == [first.model_dump(mode="json")]


def test_nobody_is_erased_where_the_list_cannot_be_written(crmw: Crmw, at_papers_check: Story, home: Path) -> None:
    """They would come back with the next restore, and nobody would know."""
    (home / "erasures.json.new.unfinished").mkdir()
    assert "erasures.json" in crmw("erase", SUPPLIER, "--yes").refusal
    assert crmw("erasures", "--json").json == []
    assert crmw("erase", SUPPLIER, "--dry-run", "--json").json["held"] == [at_papers_check.code]
