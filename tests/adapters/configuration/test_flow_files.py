"""A company's own procedures are found beside ours, and what keeps one from being found is said with file and line."""

import sys
from pathlib import Path

import pytest

import flows
from crm_workflows.adapters.configuration import processes
from crm_workflows.adapters.configuration.flow_files import add_own_flows, import_flow, import_flows
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import in_language
from crm_workflows.engine import procedure as procedures
from crm_workflows.engine.record.sources import installed

PROCEDURE = '''"""One step."""
from crm_workflows import Case, Outcome, procedure
from flows.improvement.subject import ToImprove
@procedure(code="XX", version=1, title="自有流程 / A process of our own")
def own_process(case: Case[ToImprove]) -> Outcome:
    return case.close("done")
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The flows of a company; all that is imported from it is forgotten at the end."""
    import_flows()  # ours stay known when the registry is put back
    monkeypatch.setattr(flows, "__path__", list(flows.__path__))
    monkeypatch.setattr(procedures, "_REGISTRY", dict(procedures._REGISTRY))
    for name in ("flows.own_process", "flows.own_process.procedure"):
        monkeypatch.setitem(sys.modules, name, None)  # remembered as absent
        del sys.modules[name]
    monkeypatch.setattr(flows, "own_process", None, raising=False)
    own = tmp_path / "flows"
    (own / "own_process").mkdir(parents=True)
    add_own_flows(own)
    add_own_flows(own)
    return own / "own_process"


def written(folder: Path, init: str, procedure: str = PROCEDURE) -> None:
    (folder / "__init__.py").write_text(init, encoding="utf-8")
    (folder / "procedure.py").write_text(procedure, encoding="utf-8")


def refusal() -> str:
    with pytest.raises(ConfigurationError) as found:
        import_flows()
    assert "\u4e00" <= in_language(found.value.message, "zh").rpartition(" ")[2][-1] <= "\u9fff", "in Chinese as well"
    return in_language(found.value.message, "en")


def test_a_procedure_of_the_company_stands_beside_ours_and_its_source_is_kept(folder: Path) -> None:
    written(folder, "from flows.own_process.procedure import own_process\n")
    found = import_flows()
    assert {("own-process", 1), ("supplier-vetting", 1)} <= found.keys()
    source = found["own-process", 1].source
    assert source["own_process/procedure.py"] == PROCEDURE
    assert "improvement/subject.py" in source, "what it imports of ours is kept with it"
    assert installed()[0] == folder.parent


def test_a_package_that_python_would_pass_over_is_named(folder: Path) -> None:
    (folder / "procedure.py").write_text(PROCEDURE, encoding="utf-8")
    assert refusal() == f"{folder / '__init__.py'} is missing; write it, and import the procedure in it"


def test_a_package_that_declares_nothing_is_named(folder: Path) -> None:
    written(folder, "")
    said = "flows.own_process declares no procedure; import the function marked @procedure here"
    assert refusal() == f"{folder / '__init__.py'}:1: {said}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("code=XX", "flows/own_process/procedure.py:4: NameError: name 'XX' is not defined; correct it"),
        ("code='SV'", "flows/own_process/procedure.py:4: process own-process uses the code SV of supplier-vetting; "),
        ("code=", "own_process/procedure.py:4: SyntaxError: "),
    ],
)
def test_what_cannot_be_imported_is_said_with_file_and_line(folder: Path, wrong: str, said: str) -> None:
    written(folder, "from flows.own_process.procedure import own_process\n", PROCEDURE.replace('code="XX"', wrong))
    assert said in refusal()


def test_a_form_that_nothing_can_be_read_into_is_said_at_start_and_where_its_process_alone_is_looked_at(
    folder: Path,
) -> None:
    """Forms are made ready at their first use: whoever was asked would have met the mistake of the author."""
    wrong = "from crm_workflows import Form\nclass Odd(Form):\n    what: type('Weird', (), {})\n"
    written(folder, "from flows.own_process.procedure import own_process\n", PROCEDURE + wrong)
    assert "procedure.py:8: PydanticSchemaGenerationError" in refusal()
    with pytest.raises(ConfigurationError, match=r"procedure\.py:8"):
        import_flow("own-process", 1)


def test_a_process_whose_name_no_package_can_have_is_looked_for_among_all(folder: Path) -> None:
    named = PROCEDURE.replace("version=1,", "version=1, name='own.process',")
    written(folder, "from flows.own_process.procedure import own_process\n", named)
    assert processes.Processes()["own.process", 1].name == "own.process"


def test_the_process_of_every_row_of_a_list_is_imported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look read all files of all procedures: a full inbox took longer than with everything imported."""
    looked: list[str] = []

    def import_flow_counted(process: str, version: int) -> object:
        looked.append(process)
        return import_flow(process, version)

    monkeypatch.setattr(processes, "import_flow", import_flow_counted)
    installed_here = processes.Processes()
    assert {installed_here["supplier-vetting", 1].name for _ in range(3)} == {"supplier-vetting"}
    assert looked == ["supplier-vetting"]
    assert not installed_here.is_loaded
