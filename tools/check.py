"""`make check`: every read-only check, one after the other, all of them even when the first fails.

It must not change a file; `tools.fix` does that.
"""

import subprocess
import sys
import time
from pathlib import Path

from tools.findings import ROOT

PYTHON = sys.executable

STEPS: dict[str, list[str]] = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "--diff", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
    "types": [PYTHON, "-m", "mypy", "--no-error-summary"],
    "layers": [str(Path(PYTHON).with_name("lint-imports")), "--no-logo"],
    "flow imports": [PYTHON, "-m", "tools.check_flows"],
    "sizes": [PYTHON, "-m", "tools.check_sizes"],
    "dependencies": [PYTHON, "-m", "tools.check_dependencies"],
    "unused dependencies": [PYTHON, "-m", "tools.check_dependencies", "--unused"],
    "lock": [PYTHON, "-m", "tools.check_lock"],
    "places": [PYTHON, "-m", "tools.check_places"],
    "documents": [PYTHON, "-m", "tools.check_documents"],
    "generated documents": [PYTHON, "-m", "tools.generated"],
}


def run(name: str, command: list[str]) -> bool:
    """Runs one step, shows what it said only if it failed, and answers whether it passed."""
    started = time.perf_counter()
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    seconds = time.perf_counter() - started
    passed = result.returncode == 0
    print(f"{'ok  ' if passed else 'FAIL'} {name} ({seconds:.1f} s)", flush=True)
    if not passed:
        print(result.stdout.rstrip() + "\n", flush=True)
    return passed


def main() -> int:
    """Exit status 0 only if every step passed; names the ones that did not."""
    failed = [name for name, command in STEPS.items() if not run(name, command)]
    if failed:
        print(f"make check: {', '.join(failed)} failed; make fix repairs what a machine can", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
