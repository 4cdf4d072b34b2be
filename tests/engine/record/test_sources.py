"""What belongs to the source of a procedure: its package and whatever of the flows that imports, and nothing else."""

import shutil
from pathlib import Path

import flows
from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.engine.record.sources import draft_of, hash_of, source_of
from tests.engine.toys import Matter

FLOWS = Path(flows.__path__[0])


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FLOWS, tmp_path / "flows", ignore=shutil.ignore_patterns("__pycache__")))


def test_a_source_holds_what_its_package_imports_too_but_no_examples_and_no_other_process() -> None:
    made = load_processes()["supplier-certificate", 1]
    packages = {path.partition("/")[0] for path in made.source}
    assert {"supplier_certificate", "company.py"} <= packages
    assert "customer_onboarding" not in packages
    assert not [path for path in made.source if path.endswith("examples.py")]
    assert made.source_hash == hash_of(made.source)


def test_outside_of_the_flows_there_is_no_source_to_keep() -> None:
    assert source_of(Matter.shown) == {}
    assert len(hash_of({}, Matter.shown)) == 16


def test_a_change_of_a_shared_file_is_another_source_and_one_of_the_examples_is_not(tmp_path: Path) -> None:
    package = copied(tmp_path) / "supplier_certificate"
    before = hash_of(draft_of(package, (tmp_path / "flows",)))
    assert before == load_processes()["supplier-certificate", 1].source_hash, "unchanged it is what is installed"
    (package / "examples.py").write_text("EXAMPLES = ()\n", encoding="utf-8")
    assert hash_of(draft_of(package, (tmp_path / "flows",))) == before
    (tmp_path / "flows" / "company.py").open("a", encoding="utf-8").write("# another\n")
    assert hash_of(draft_of(package, (tmp_path / "flows",))) != before


def test_a_draft_takes_the_place_of_the_package_of_its_name_and_the_rest_is_as_installed(tmp_path: Path) -> None:
    draft = Path(shutil.copytree(FLOWS / "supplier_vetting", tmp_path / "supplier_vetting"))
    (draft / "gates.py").open("a", encoding="utf-8").write("# draft\n")
    source = draft_of(draft, (FLOWS,))
    assert source["supplier_vetting/gates.py"].endswith("# draft\n")
    assert source["company.py"] == (FLOWS / "company.py").read_text(encoding="utf-8")
