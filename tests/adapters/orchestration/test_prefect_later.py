"""Procedures are imported without Prefect, and are genuine flows and tasks as soon as Prefect is there."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

BEFORE = """
import sys
from crm_workflows.adapters.configuration.processes import load_processes
made = load_processes()["supplier-vetting", 1]
import flows.supplier_vetting.procedure as p
"""


def python(code: str, *words: str) -> str:
    """What a fresh interpreter prints."""
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *words], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


def test_procedures_are_imported_without_prefect() -> None:
    code = BEFORE + "print('prefect' in sys.modules, 'assign_supplier_code' in made.elements())"
    assert python(code) == "False True"


def test_they_become_genuine_in_their_place() -> None:
    """Every module's name for a step then means the same task, and its journaled function stays the same one."""
    code = """
    step, start = p.look_up_company.crm_step, p.supplier_vetting.fn
    from crm_workflows.interfaces.prefect_entry import _flows
    found = _flows()["supplier-vetting"]
    from prefect import Flow, Task
    import flows.supplier_vetting.steps as s
    assert isinstance(found, Flow) and found is p.supplier_vetting and found.fn is start
    assert found.name == "supplier-vetting" and "application" in found.parameters.properties
    assert isinstance(p.look_up_company, Task) and p.look_up_company is s.look_up_company
    assert p.look_up_company.crm_step is step is made.element("look_up_company")
    print("genuine")
    """
    assert python(BEFORE + textwrap.dedent(code)) == "genuine"


def test_whoever_asks_more_of_a_step_or_flow_gets_the_genuine_one() -> None:
    code = """
    from crm_workflows.domain.errors import AuthorMistake
    for use in (lambda: p.look_up_company.submit(1), lambda: p.look_up_company(1, wait_for=[])):
        try: use()
        except AuthorMistake as refused: print("as a plain function" in refused.message)
    print(p.supplier_vetting.name, type(p.supplier_vetting.genuine()).__name__)
    """
    assert python(BEFORE + textwrap.dedent(code)).split("\n") == ["True", "True", "supplier-vetting Flow"]


def test_with_prefect_there_they_are_genuine_at_once() -> None:
    assert python("import prefect\n" + BEFORE + "print(type(p.supplier_vetting).__name__)") == "Flow"


@pytest.mark.parametrize(
    ("line", "imports"),
    [
        ("from prefect import flow", "False"),
        ("from prefect import flow, task", "True"),
        ("import prefect", "True"),
        ("from prefect.states import Completed", "True"),
        ("    from prefect_more import thing", "True"),
        ("from perfect import flow", "False"),
    ],
)
def test_a_procedure_that_asks_for_more_of_prefect_gets_it(tmp_path: Path, line: str, imports: str) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "procedure.py").write_text(f"'''A procedure.'''\n{line}\n", encoding="utf-8")
    code = """
    import sys
    from crm_workflows.adapters.orchestration.prefect_later import without_prefect
    with without_prefect(sys.argv[1:]):
        from prefect import flow
        made = flow(name="x")(lambda: None)
    print("prefect.flows" in sys.modules)
    """
    assert python(code, str(tmp_path)) == imports
