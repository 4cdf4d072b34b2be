"""A file is written whole or not at all, and what the machine refuses is said in both languages."""

import errno
import os
from pathlib import Path

import pytest

from crm_workflows.adapters.documents.spreadsheets import new_xlsx
from crm_workflows.adapters.files import must_be_file, new_file, reason_of
from crm_workflows.domain.errors import InvalidInput, OutsideFailure


def test_a_file_appears_when_it_is_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "x.zip"
    with new_file(target) as unfinished:
        unfinished.write_bytes(b"whole")
        assert not target.exists()
    assert [file.name for file in tmp_path.iterdir()] == ["x.zip"]
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"whole", 0o600)


def test_what_a_killed_command_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "x.zip.unfinished").write_bytes(b"half of it, and longer than what comes now")
    with new_file(tmp_path / "x.zip") as unfinished:
        unfinished.write_bytes(b"whole")
    assert (tmp_path / "x.zip").read_bytes() == b"whole"


def half_written(target: Path, error: BaseException) -> None:
    """Write half a file, and end so."""
    with new_file(target) as unfinished:
        unfinished.write_bytes(b"half")
        raise error


def test_a_full_disk_leaves_nothing_and_is_told_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(OutsideFailure) as refused:
        half_written(tmp_path / "x.zip", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert f"无法写入 {tmp_path / 'x.zip'}（磁盘已满）" in refused.value.message
    assert f"{tmp_path / 'x.zip'} cannot be written (the disk is full)" in refused.value.message
    assert list(tmp_path.iterdir()) == []


def test_whatever_else_goes_wrong_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        half_written(tmp_path / "x.zip", KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"older")
    with pytest.raises(InvalidInput, match=r"x\.zip exists already"), new_file(tmp_path / "x.zip"):
        pytest.fail("there is something to lose")
    assert (tmp_path / "x.zip").read_bytes() == b"older"


def test_a_workbook_that_cannot_be_written_fails_as_any_file_does(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), new_xlsx(tmp_path / "nowhere" / "x.xlsx", ["甲"]) as write:
        write(["1"])


def test_a_folder_and_a_path_to_nothing_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"是目录，请指定一个文件 / .* is a folder; name a file"):
        must_be_file(tmp_path)
    with pytest.raises(InvalidInput, match="there is no file"):
        must_be_file(tmp_path / "nowhere")


def test_a_reason_that_has_no_words_of_ours_is_left_as_it_is() -> None:
    assert reason_of(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"
    assert reason_of(OSError("odd")) == "OSError"
