"""The file of a backup: a zip of parts and a manifest with the SHA-256 of each. It must not know a database.

manifest.json             format, version of the tables, when made, columns of each table, hash and size of each part
tables/<table>.jsonl      one row a line, by column name; instants in ISO, bytes in base64
blobs/<sha256>            documents, attachments and raw mails as they are
extra/<name>              files beside the database, such as the server key
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from crm_workflows.adapters.files import new_file
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.text import bilingual

FORMAT: Final = "crm-workflows backup 1"
MANIFEST: Final = "manifest.json"
FACTS: Final = {"version", "made_at", "tables", "rows", "parts"}
CHUNK: Final = 1 << 20


class PartWriter:
    """One part being written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> None:
        """Append."""
        self._hash.update(content)
        self.size += len(content)
        self._stream.write(content)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class ArchiveWriter:
    """Writes parts one after the other; the manifest comes last, so that a file cut short has none."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts: dict[str, dict[str, Any]] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[PartWriter]:
        """A part to write into."""
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with self._archive.open(entry, "w", force_zip64=True) as stream:
            writer = PartWriter(stream)
            yield writer
        self._parts[name] = {"sha256": writer.sha256, "size": writer.size}

    def finish(self, facts: dict[str, Any]) -> None:
        """Write the manifest."""
        manifest = {"format": FORMAT, **facts, "parts": self._parts}
        self._archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))


@contextmanager
def new_archive(file: Path) -> Iterator[ArchiveWriter]:
    """A file that appears under its name only when it is complete, readable by its owner alone."""
    with new_file(file) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        yield ArchiveWriter(archive)


class ArchiveReader:
    """A backup that is read; nothing of it is believed before `verify`."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive = archive
        self.name = name
        self.manifest = self._read_manifest()
        self.parts: dict[str, dict[str, Any]] = self.manifest["parts"]

    def _read_manifest(self) -> dict[str, Any]:
        try:
            manifest = json.loads(self._archive.read(MANIFEST))
        except (KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise damaged(self.name, MANIFEST) from error
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not manifest.keys() >= FACTS:
            raise not_a_backup(self.name)
        return manifest

    def verify(self) -> Iterator[int]:
        """Compare every part with its hash, yielding bytes read; InvalidInput names the first that differs."""
        if sorted(self._archive.namelist()) != sorted([*self.parts, MANIFEST]):
            raise damaged(self.name, MANIFEST)
        for name, expected in self.parts.items():
            digest = hashlib.sha256()
            try:
                with self._archive.open(name) as stream:
                    while chunk := stream.read(CHUNK):
                        digest.update(chunk)
                        yield len(chunk)
            except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
                raise damaged(self.name, name) from error
            if digest.hexdigest() != expected["sha256"]:
                raise damaged(self.name, name)

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of a table's part."""
        with self._archive.open(name) as stream:
            for line in stream:
                yield json.loads(line)

    def content(self, name: str) -> bytes:
        """A whole part."""
        return self._archive.read(name)


@contextmanager
def opened_archive(file: Path) -> Iterator[ArchiveReader]:
    """A backup to read; InvalidInput when it is none, or cut short."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        raise not_a_backup(file.name) from error
    with archive:
        yield ArchiveReader(archive, file.name)


def not_a_backup(name: str) -> InvalidInput:
    """The file is something else, or cut short."""
    return InvalidInput(
        bilingual(
            f"{name} 不是完整的备份文件，什么都没有恢复，请另选一份",
            f"{name} is not a complete backup, nothing was restored; take another one",
        )
    )


def damaged(name: str, part: str) -> InvalidInput:
    """A part differs from its hash."""
    return InvalidInput(
        bilingual(
            f"备份 {name} 的 {part} 已损坏，什么都没有恢复，请另选一份",
            f"The part {part} of the backup {name} is damaged, nothing was restored; take another one",
        )
    )
