"""The dossier of a case: whoever gets it can check it with nothing but Python, and finds what was changed in it."""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crm_workflows.bootstrap import open_office
from crm_workflows.domain.records import Assignee
from crm_workflows.settings import Settings
from tests.interfaces.cli.conftest import SAMPLES, Crmw, Story


def checked(folder: Path) -> tuple[int, str]:
    """What check.py of the dossier says, run as an outsider runs it: no package of ours can be imported."""
    done = subprocess.run(
        [sys.executable, "-E", "-s", "-S", "check.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=99,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def taken_out(crmw: Crmw, at_papers_check: Story, tmp_path: Path) -> Path:
    """The unpacked dossier of a case with papers."""
    file, folder = tmp_path / "case.zip", tmp_path / "dossier"
    said = crmw("export", "case", at_papers_check.code, "--to", file, "--json").json
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == said["files"]
        archive.extractall(folder)
    return folder


def test_a_dossier_holds_the_whole_case_and_holds(crmw: Crmw, at_papers_check: Story, taken_out: Path) -> None:
    status, said = checked(taken_out)
    assert status == 0, said
    assert crmw("audit", "seal", "--json").json["public_key"] in said
    shown = json.loads((taken_out / "case.json").read_bytes())
    assert shown["case"] == at_papers_check.code
    sent = {hashlib.sha256(file.read_bytes()).digest() for file in (SAMPLES / "good" / "documents").iterdir()}
    assert sent == {hashlib.sha256(file.read_bytes()).digest() for file in (taken_out / "documents").iterdir()}
    assert at_papers_check.code in (taken_out / "README.txt").read_text("utf-8")


def test_a_dossier_of_an_open_case_holds_nothing_that_still_decides(
    crmw: Crmw, at_papers_check: Story, taken_out: Path, home: Path
) -> None:
    with closing(open_office(Settings(home=home))) as office, office.store.read() as reader:
        live = [
            office.engine.secrets.token(a.request, a.person, 0, a.nonce) for a in reader.find(Assignee, is_active=True)
        ] + [
            office.engine.secrets.token(a.request, a.person, 1, a.nonce) for a in reader.find(Assignee, is_active=True)
        ]
        asked = {hashlib.sha256(token.encode()).hexdigest() for token in live}
        assert asked & {a.token_hash for a in reader.find(Assignee)}, "these are the secrets that the mails carry"
    for file in taken_out.rglob("*.*"):
        assert not [token for token in live if token.encode() in file.read_bytes()], file.name


def test_only_its_owner_can_read_a_dossier(crmw: Crmw, at_papers_check: Story, tmp_path: Path) -> None:
    crmw("export", "case", at_papers_check.code, "--to", tmp_path / "case.zip")
    assert (tmp_path / "case.zip").stat().st_mode & 0o777 == 0o600


def change(name: str, how: Callable[[Any], object]) -> Callable[[Path], None]:
    def tamper(folder: Path) -> None:
        value = json.loads((folder / name).read_bytes())
        how(value)
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    return tamper


def first_mail(folder: Path) -> Path:
    return min((folder / "mails").iterdir())


def first_document(folder: Path) -> Path:
    return min((folder / "documents").iterdir())


TAMPERINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "an actor": (change("audit.json", lambda links: links[1].__setitem__(4, "somebody")), "entry 1 was altered"),
    "a link gone": (change("audit.json", lambda links: links.pop()), "does not agree with checkpoint"),
    "a head": (change("checkpoints.json", lambda seals: seals[0][0][2][0].__setitem__(2, "0" * 64)), "good signature"),
    "a key": (change("checkpoints.json", lambda seals: seals[0][0].__setitem__(4, "0" * 64)), "good signature"),
    "a document": (lambda folder: first_document(folder).write_bytes(b"other"), "is not both here and on record"),
    "a document gone": (lambda folder: first_document(folder).unlink(), "is missing"),
    "the case as shown": (change("case.json", lambda case: case.__setitem__("owner", "x")), "case.json was changed"),
    "a mail": (lambda folder: first_mail(folder).write_bytes(b"other"), "was changed"),
    "a mail gone": (lambda folder: first_mail(folder).unlink(), "is missing"),
    "a mail more": (lambda folder: (folder / "received" / "x.eml").write_bytes(b"other"), "is not ours"),
    "the manifest": (change("manifest.json", lambda m: m[0][2].pop("case.json")), "good signature"),
    "all of the manifest": (lambda folder: (folder / "manifest.json").unlink(), "no whole dossier any more"),
    "the record": (lambda folder: (folder / "audit.json").write_text("{"), "no whole dossier any more"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_whatever_is_changed_in_a_dossier_is_found(taken_out: Path, what: str) -> None:
    tamper, named = TAMPERINGS[what]
    (taken_out / "received").mkdir(exist_ok=True)
    tamper(taken_out)
    status, said = checked(taken_out)
    assert status == 1
    assert named in said


def test_a_dossier_is_never_written_over_anything(crmw: Crmw, at_papers_check: Story, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_text("mine", encoding="utf-8")
    refused = crmw("export", "case", at_papers_check.code, "--to", tmp_path / "there.zip").refusal
    assert "exists already" in refused
    assert "there is no case" in crmw("export", "case", "SV-2026-99999", "--to", tmp_path / "none.zip").refusal
    assert "cannot be written" in crmw("export", "case", at_papers_check.code, "--to", tmp_path / "no/x.zip").refusal
    assert not (tmp_path / "none.zip").exists()
