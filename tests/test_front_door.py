"""The front door: each word stands in it three times, for type checkers, for the look-up and for `import *`."""

import ast
from pathlib import Path

import crm_workflows


def seen_by_type_checkers() -> dict[str, str]:
    """Word -> the module that it is imported from, as the block for type checkers has it."""
    tree = ast.parse(Path(crm_workflows.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {word.name: str(node.module).removeprefix("crm_workflows.") for node in imports for word in node.names}


def test_each_word_is_imported_listed_and_found_alike() -> None:
    assert seen_by_type_checkers() == crm_workflows._HOME
    assert sorted(crm_workflows._HOME) == sorted(crm_workflows.__all__)
