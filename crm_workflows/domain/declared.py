"""Where an author declared something, so that mistakes and the rule book can name file and line. It only looks."""

import sys
from pathlib import Path


def declared_at() -> str:
    """`file.py:line` where an element is being declared: a module, or the first frame outside this package."""
    package = str(Path(__file__).parent.parent)
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith((package, "<string>")):
        if frame.f_code.co_name == "<module>":
            break
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    parts = path.parts
    for root in ("flows", "tests", "crm_workflows"):
        if root in parts:
            path = Path(*parts[parts.index(root) :])
            break
    return f"{path}:{frame.f_lineno}"
