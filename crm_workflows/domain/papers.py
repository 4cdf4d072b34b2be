"""Judges files handed in: which kind of paper a file is by its name, and whether it can be a paper at all (SV-3).

Pure; it looks at names and first bytes only and never opens a document.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final

from crm_workflows.domain.elements import Paper
from crm_workflows.domain.text import bilingual, in_language

MOST_BYTES: Final = 25 * 1024 * 1024
ZIP, OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0",)
STARTS: Final[dict[str, tuple[bytes, ...]]] = {
    ".pdf": (b"%PDF-",),
    ".docx": ZIP,
    ".xlsx": ZIP,
    ".pptx": ZIP,
    ".doc": OLE,
    ".xls": OLE,
    ".ppt": OLE,
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".tif": (b"II*\x00", b"MM\x00*"),
    ".tiff": (b"II*\x00", b"MM\x00*"),
    ".txt": (),
    ".csv": (),
}
"""Endings that are taken, with the first bytes a file of that kind has; none for plain text."""
ARCHIVES: Final = (".zip", ".rar", ".7z", ".gz", ".tar")


def problem_with(filename: str, content: bytes) -> str | None:
    """One bilingual sentence when a file cannot be taken, None when it can."""
    ending = PurePath(filename).suffix.lower()
    if not content:
        return bilingual("文件是空的，请重新发送", "the file is empty; please send it again")
    if len(content) > MOST_BYTES:
        zh = "文件超过 25 MB，请在上传页面提交较小的版本"
        return bilingual(zh, "the file is over 25 MB; please hand in a smaller one on the upload page")
    if ending in ARCHIVES:
        return bilingual("请不要发送压缩包，请逐个附上文件", "please attach the files one by one, not as an archive")
    if ending not in STARTS:
        taken = "PDF, Word, Excel, PowerPoint, JPG, PNG, TIFF"
        zh = f"不接受“{ending or '无扩展名'}”文件，请使用 {taken}"
        return bilingual(zh, f"files of kind {ending or 'without ending'} are not taken; please use {taken}")
    if STARTS[ending] and not content.startswith(STARTS[ending]):
        return bilingual(
            "文件已损坏或与扩展名不符，无法读取", "the file is damaged or not what its name says, and cannot be read"
        )
    return None


def kind_of(filename: str, kinds: Sequence[Paper]) -> Paper | None:
    """The kind whose words the file name contains; the longest word wins, None when no word fits.

    Compared after NFKC, in lower case and without blanks, dashes and underscores.
    """
    plain = _plain(PurePath(filename).stem)
    best: tuple[int, Paper] | None = None
    for paper in kinds:
        words = (*paper.names, paper.kind, in_language(paper.title, "zh"), in_language(paper.title, "en"))
        length = max((len(_plain(word)) for word in words if _plain(word) in plain), default=0)
        if length and (best is None or length > best[0]):
            best = (length, paper)
    return best[1] if best else None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if c not in " \t-_.·　")
