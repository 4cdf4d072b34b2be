"""migrate, backup, restore, audit verify, rules, work: what keeps an installation whole."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crm_workflows.adapters.database import store_sqlite
from crm_workflows.bootstrap import open_office
from crm_workflows.engine.mail_in import intake
from crm_workflows.interfaces.cli.serving_shown import say_who_reads
from crm_workflows.interfaces.up.lock import only_one
from crm_workflows.settings import Settings
from tests.interfaces.cli.conftest import BUYER, Crmw, Story


def test_migrate_brings_an_empty_home_up_to_date_and_then_finds_nothing(crmw: Crmw, tmp_path: Path) -> None:
    fresh = {"CRMW_HOME": str(tmp_path / "fresh")}
    assert crmw("migrate", "--json", **fresh).json["applied"][0].startswith("0001")
    assert crmw("migrate", "--json", **fresh).json == {"applied": []}
    assert "up to date" in crmw("migrate", **fresh).out


def test_a_mistyped_home_does_not_pass_for_the_right_one(crmw: Crmw, tmp_path: Path) -> None:
    wrong = {"CRMW_HOME": str(tmp_path / "wrong")}
    refused = crmw("case", "SV-2026-00001", **wrong).refusal
    assert refused.startswith(f"there was no data in {tmp_path / 'wrong'}")
    assert "check --home or CRMW_HOME" in refused
    wrong = {"CRMW_HOME": str(tmp_path / "wronger")}
    said = crmw("cases", "--json", **wrong)
    assert (said.status, said.json) == (0, [])
    assert "a new installation was set up there" in said.err
    assert crmw("cases", "--json", **wrong).err == ""


def test_at_a_terminal_a_new_installation_is_asked_about(home: Path, tmp_path: Path) -> None:
    """In a process of its own with a real terminal."""
    fresh = tmp_path / "fresh"
    words = [sys.executable, "-m", "crm_workflows.interfaces.cli", "--home", str(fresh), "cases"]
    outer, inner = pty.openpty()
    process = subprocess.Popen(words, stdin=inner, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    os.write(outer, b"n\n")
    said, _ = process.communicate(timeout=60)
    os.close(inner)
    os.close(outer)
    assert "set up a new one?" in said
    assert "nothing was made" in said
    assert (process.returncode, fresh.exists()) == (1, False)


def test_a_backup_restores_into_an_empty_home_with_its_key(crmw: Crmw, at_papers_check: Story, tmp_path: Path) -> None:
    file, other = tmp_path / "monday.crmw", {"CRMW_HOME": str(tmp_path / "other")}
    rows = crmw("backup", file, "--json").json["rows"]
    assert rows["cases"] == 1
    assert crmw("restore", file, "--nothing-sent-since", "--json", **other).json["rows"] == rows
    assert (tmp_path / "other" / "secret.key").read_bytes() == (tmp_path / "home" / "secret.key").read_bytes()
    here, there = at_papers_check.view(), crmw("case", at_papers_check.code, "--json", **other).json
    assert here == there
    assert crmw("audit", "verify", **other).status == 0


def test_what_waited_in_a_backup_is_held_until_a_person_sends_it(
    crmw: Crmw, at_papers_check: Story, tmp_path: Path
) -> None:
    file, other = tmp_path / "monday.crmw", {"CRMW_HOME": str(tmp_path / "other")}
    crmw("backup", file)
    sealed = crmw("audit", "seal", "--json").out
    said = crmw("restore", file, **other).out
    assert re.search(r"as they were at \d+ \w{3} \d{4} \d\d:\d\d \(UTC\+8\)", said), "on the company's clock"
    held = crmw("mail", "dead", "--json", **other).json
    assert held
    assert all("may have been sent since" in mail["why"] for mail in held)
    assert all(re.search(r"由 \d+年\d+月\d+日 \d\d:\d\d（UTC\+0）的备份恢复", mail["why"]) for mail in held), held[0][
        "why"
    ]
    assert f"{len(held)} mails were waiting and may have been sent since" in said
    ids = [mail["id"] for mail in held]
    assert crmw("mail", "resend", *ids, "nothing", **other).status == 1
    assert crmw("mail", "dead", "--json", **other).json == held, "all or none"
    assert "goes to" in crmw("mail", "resend", *ids, **other).out
    assert crmw("mail", "dead", "--json", **other).json == []
    (tmp_path / "kept.json").write_text(sealed, encoding="utf-8")
    assert (
        "or it was made after the backup of"
        in crmw("audit", "verify", "--against", tmp_path / "kept.json", **other).refusal
    )


def test_a_process_with_another_key_is_refused_and_leaves_nothing_behind(
    crmw: Crmw, story: Story, home: Path, tmp_path: Path
) -> None:
    """Its links would lead nowhere, and the record would be sealed by two."""
    other = {"CRMW_HOME": str(tmp_path / "other"), "CRMW_DATABASE_URL": f"sqlite:///{home / 'crm.db'}"}
    refused = crmw("cases", **other).refusal
    assert "belongs to another server key: copy secret.key of the home that was started first" in refused
    assert not (tmp_path / "other" / "secret.key").exists()
    (tmp_path / "other" / "secret.key").write_text("ab" * 32, encoding="ascii")
    assert "another server key" in crmw("cases", **other).refusal
    assert "another server key" in crmw("cases", CRMW_SECRET_KEY="x" * 40).refusal
    shutil.copy(home / "secret.key", tmp_path / "other" / "secret.key")
    assert story.code in crmw("cases", **other).out


def test_a_backup_without_its_key_says_what_is_missing(crmw: Crmw, tmp_path: Path) -> None:
    """Where the key stands in the settings, it stays out of the backup."""
    file, key = tmp_path / "monday.crmw", {"CRMW_SECRET_KEY": "k" * 40}
    first, other = ({"CRMW_HOME": str(tmp_path / name)} for name in ("first", "other"))
    crmw("cases", **first, **key)
    assert crmw("backup", file, **first, **key).status == 0
    assert crmw("restore", file, **other, **key).status == 0
    assert "another server key" in crmw("cases", **other).refusal
    assert crmw("cases", **other, **key).status == 0


def test_a_backup_is_never_written_over_anything(crmw: Crmw, tmp_path: Path) -> None:
    (tmp_path / "there.crmw").write_text("mine", encoding="utf-8")
    assert "exists already" in crmw("backup", tmp_path / "there.crmw").refusal
    assert (tmp_path / "there.crmw").read_text("utf-8") == "mine"


def test_restore_refuses_what_is_no_backup_and_a_home_in_use(crmw: Crmw, story: Story, tmp_path: Path) -> None:
    file, other = tmp_path / "b.crmw", {"CRMW_HOME": str(tmp_path / "other")}
    assert "there is no file" in crmw("restore", tmp_path / "nowhere.crmw").refusal
    (tmp_path / "wrong.crmw").write_text("no backup", encoding="utf-8")
    assert "not a complete backup" in crmw("restore", tmp_path / "wrong.crmw", **other).refusal
    crmw("backup", file)
    assert "data is there already; nothing was changed" in crmw("restore", file).refusal
    with only_one(tmp_path / "other"):
        assert "crmw up runs on" in crmw("restore", file, **other).refusal
    assert crmw("restore", file, **other).status == 0


def test_an_altered_record_is_found_and_named(crmw: Crmw, story: Story, home: Path) -> None:
    assert crmw("audit", "verify", "--json").json == {"cases": 1, "faults": []}
    with closing(store_sqlite.DRIVER.connect(home / "crm.db")) as other:
        other.execute("DROP TRIGGER audit_is_never_updated")
        other.execute("UPDATE audit SET actor = 'somebody' WHERE n = 0")
        other.commit()
    said = crmw("audit", "verify")
    assert story.code in said.refusal
    assert "altered" in said.refusal
    assert len(crmw("audit", "verify", "--json").json["faults"]) == 1


def test_a_checkpoint_is_signed_and_compared_with_the_one_that_was_kept(
    crmw: Crmw, story: Story, tmp_path: Path
) -> None:
    sealed = crmw("audit", "seal", "--json").json
    assert (sealed["n"], len(sealed["public_key"]), len(sealed["signature"])) == (1, 64, 128)
    assert sealed["hash"] in crmw("audit", "seal").out, "the latest is shown, also when nothing has changed"
    assert f"哈希: {sealed['hash']}" in crmw("audit", "seal", LANG="zh_CN.UTF-8").out.splitlines(), "line by line"
    (tmp_path / "kept.json").write_text(json.dumps(sealed), encoding="utf-8")
    assert crmw("audit", "verify", "--against", tmp_path / "kept.json").status == 0
    (tmp_path / "other.json").write_text(json.dumps(sealed | {"hash": "0" * 64}), encoding="utf-8")
    assert "rewritten as a whole" in crmw("audit", "verify", "--against", tmp_path / "other.json").refusal
    (tmp_path / "none.json").write_text("[]", encoding="utf-8")
    assert "no checkpoint" in crmw("audit", "verify", "--against", tmp_path / "none.json").refusal


def test_rules_are_listed_with_where_and_shown_by(crmw: Crmw) -> None:
    said = crmw("rules", "--json")
    lines = {line["rule"]: line for line in said.json}
    assert {"rule", "title", "where", "shown_by"} <= set(lines["SV-7"])
    assert any(place.startswith("flows/supplier_vetting/gates.py:") for place in lines["SV-7"]["where"])
    lacking = [rule for rule, line in lines.items() if not (line["where"] and line["shown_by"])]
    assert said.status == (1 if lacking else 0)
    assert all(rule in said.err for rule in lacking)
    general = crmw("rules", "--part", "G", "--json")
    assert general.status == 0
    assert [line["rule"] for line in general.json] == [f"G-{n}" for n in range(1, 11)]
    assert any(place.startswith("crm_workflows/engine/running/sweeps.py:") for place in lines["G-3"]["where"])
    assert all(re.match(r"(flows|crm_workflows)/.*\.py:\d+$", p) for line in said.json for p in line["where"])
    short = crmw("rules")
    assert "SV-7" in short.out
    assert "flows/supplier_vetting/gates.py" in short.out
    assert "gates.py:" not in short.out
    assert "tests/" not in short.out
    assert "gates.py:" in crmw("rules", "--part", "SV").out
    in_full = crmw("rules", "--part", "SV", "-v").out
    assert "gates.py:" in in_full
    assert "test_" in in_full
    assert "no part 'XX'" in crmw("rules", "--part", "XX").refusal


def test_a_case_on_the_newest_version_stays(crmw: Crmw, story: Story) -> None:
    for what in (story.code, "supplier-vetting"):
        said = crmw("upgrade", what, "--json")
        assert [(one["case"], one["plan"], one["moved"]) for one in said.json] == [(story.code, "stays", False)]
        assert said.status == 0
    assert "no version 7 of supplier-vetting; installed are: 1" in crmw("upgrade", story.code, "--to", "7").refusal
    both = crmw("upgrade", story.code, "SV-2026-99999", "--plan")
    assert (both.status, "stays" in both.out) == (1, True)
    assert [line for line in both.err.splitlines() if "SV-2026-99999" in line], "each is told"
    assert "there is no process" in crmw("upgrade", "nothing").refusal
    assert "was not moved" in crmw("upgrade", story.code, "--undo").refusal
    assert crmw("upgrade", "supplier-vetting", "--undo", "--json").json == []
    assert "one of --plan" in crmw("upgrade", story.code, "--apply", "--undo").refusal


def test_work_does_what_is_ready_and_then_nothing(crmw: Crmw, story: Story) -> None:
    assert crmw("work", "--until-idle", "--json").json == {"stretches": 0, "mails": 2}
    assert crmw("work", "--until-idle", "--json").json == {"stretches": 0, "mails": 0}
    assert "0 stretches" in crmw("work", "--until-idle").out


def test_work_takes_in_a_reply_that_came_meanwhile(crmw: Crmw, story: Story, home: Path) -> None:
    """A mail stored by a process that was killed before it could apply it."""
    story.waiting()
    with closing(open_office(Settings(home=home))) as office:
        raw = f"From: {BUYER}\r\nTo: approvals+unknown@localhost\r\nMessage-ID: <a@b.example>\r\n\r\nok\r\n".encode()
        intake.store_mail(office.engine, raw, "embedded")
    assert crmw("mail", "list", "--received", "--json").json[0]["status"] == "new"
    crmw("work", "--until-idle")
    assert crmw("mail", "list", "--received", "--json").json[0]["status"] == "refused"


def test_work_keeps_its_mails_for_the_mailbox(crmw: Crmw, story: Story, home: Path) -> None:
    crmw("work", "--until-idle")
    with closing(store_sqlite.DRIVER.connect(home / "crm.db")) as other:
        assert other.execute("SELECT count(*) FROM mailbox_mails").fetchone() == (2,)


def test_a_new_home_is_its_owners_alone_and_one_that_others_read_is_told_of(
    crmw: Crmw, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "new"
    crmw("migrate", "--home", home)
    assert home.stat().st_mode & 0o777 == 0o700
    say_who_reads(home)
    assert capsys.readouterr().out == ""
    home.chmod(0o755)
    say_who_reads(home)
    assert f"chmod o-rwx {home}" in " ".join(capsys.readouterr().out.split())
