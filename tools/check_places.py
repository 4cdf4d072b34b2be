"""Keeps the places of one machine out of what everybody gets: home and work folders, hosts of package registries.

It must not look at files that git does not know.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.findings import ROOT, report

# Written in pieces so that this file passes its own check.
FOLDERS = re.compile(r"(?<![\w.])/(?:wor" + r"k|roo" + r"t)/")
HOSTS = re.compile(r"\b(?:py" + r"pi\.org|files\.python" + r"hosted\.org|npm" + r"js\.org|deb\.deb" + r"ian\.org)\b")


def findings_in(text: str, name: str) -> Iterator[str]:
    """One line per place named in `text`."""
    for number, line in enumerate(text.splitlines(), start=1):
        if FOLDERS.search(line):
            yield f"{name}:{number}: names a folder of one machine"
        if HOSTS.search(line):
            yield f"{name}:{number}: names the host of a package registry"


def findings(root: Path = ROOT) -> Iterator[str]:
    """The findings over all files that git knows and that are text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        path = root / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            yield from findings_in(content.decode("utf-8", "replace"), name)


if __name__ == "__main__":
    sys.exit(report("places", findings()))
