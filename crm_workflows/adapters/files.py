"""Files that a command is given or is to write, and why one could not be. It must not read what they hold."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from crm_workflows.domain.errors import InvalidInput, OutsideFailure
from crm_workflows.domain.text import bilingual, in_language

_REASONS: Final = {
    errno.ENOENT: "没有这个文件或目录 / there is no such file or folder",
    errno.EACCES: "没有权限 / permission denied",
    errno.EPERM: "没有权限 / permission denied",
    errno.EEXIST: "已存在同名的文件 / a file of that name is there already",
    errno.EISDIR: "这是目录，不是文件 / it is a folder, not a file",
    errno.ENOTDIR: "路径中有一段不是目录 / a part of the path is no folder",
    errno.ENAMETOOLONG: "名称太长 / the name is too long",
    errno.ENOSPC: "磁盘已满 / the disk is full",
    errno.EDQUOT: "磁盘配额已用完 / the quota of the disk is used up",
    errno.EROFS: "磁盘只读 / the disk is read-only",
    errno.EIO: "磁盘出错 / the disk fails",
    errno.EMFILE: "打开的文件太多 / too many files are open",
    errno.ENFILE: "打开的文件太多 / too many files are open",
    errno.EADDRINUSE: "已被占用 / it is in use already",
    errno.EADDRNOTAVAIL: "本机没有此地址 / this machine has no such address",
}


def reason_of(error: OSError) -> str:
    """Why the operating system refused, as a label; what it says seldom is left in its own words."""
    known = _REASONS.get(error.errno or 0)
    return known or error.strerror or type(error).__name__


def said_with_reason(chinese: str, english: str, error: OSError) -> str:
    """A label from two sentences that each have one place, `{}`, for the reason."""
    reason = reason_of(error)
    return bilingual(chinese.format(in_language(reason, "zh")), english.format(in_language(reason, "en")))


def private_folder(path: Path) -> None:
    """Make it where it is not there, for its owner alone: it will hold keys and what people wrote."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def must_be_file(path: Path) -> None:
    """Raises InvalidInput for a path that leads nowhere or to a folder."""
    if path.is_dir():
        raise InvalidInput(bilingual(f"{path} 是目录，请指定一个文件", f"{path} is a folder; name a file"))
    if not path.is_file():
        raise InvalidInput(bilingual(f"没有文件 {path}，请核对路径", f"there is no file {path}; check the path"))


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Where to write a file, readable by its owner alone, that appears under its name only once it is whole.

    Raises InvalidInput where something of that name is there, OutsideFailure where it cannot be written.
    """
    if path.exists():
        raise InvalidInput(bilingual(f"{path} 已存在，请换一个名称", f"{path} exists already; choose another name"))
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        yield unfinished
        _to_disk(unfinished)
        unfinished.replace(path)
    except OSError as error:
        zh = f"无法写入 {path}（{{}}），请检查磁盘和权限，或换一个位置"
        en = f"{path} cannot be written ({{}}); check the disk and its permissions, or choose another place"
        raise OutsideFailure(said_with_reason(zh, en, error)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
