"""`make fix`: formats, repairs what ruff can repair safely, and writes the generated documents anew.

It must not hide what it could not repair: the rest is printed and the exit status says so.
"""

import subprocess
import sys

from tools import generated
from tools.findings import ROOT


def main() -> int:
    """Exit status of the last lint run: 0 when nothing is left to a person."""
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "check", "--fix", "--quiet", "--exit-zero", "."], cwd=ROOT, check=True)
    subprocess.run([*ruff, "format", "--quiet", "."], cwd=ROOT, check=True)
    generated.write()
    return subprocess.run([*ruff, "check", "."], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
