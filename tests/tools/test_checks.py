"""Each check of the workshop finds what it is there to find, and lets good code pass."""

from pathlib import Path
from typing import ClassVar

import pytest

from tools import check_dependencies, check_documents, check_flows, check_lock, check_places, check_sizes, generated


def function(lines: int, docstring: str = "") -> str:
    """Source of a function with `lines` body lines."""
    head = f'def told() -> None:\n    """{docstring}"""\n' if docstring else "def told() -> None:\n"
    return head + "    x = 1\n" * lines


class TestSizes:
    def test_a_module_at_the_limit_passes_and_one_line_more_is_found(self) -> None:
        assert list(check_sizes.findings_in("x = 1\n" * 300, "m.py")) == []
        assert list(check_sizes.findings_in("x = 1\n" * 301, "m.py")) == [
            "m.py:1: the module has 301 lines; more than 300 is two modules"
        ]

    def test_a_body_at_the_limit_passes_and_one_line_more_is_found(self) -> None:
        assert list(check_sizes.findings_in(function(30), "m.py")) == []
        assert list(check_sizes.findings_in("\n" + function(31), "m.py")) == [
            "m.py:2: the body of told has 31 lines; 30 is the limit"
        ]

    def test_a_docstring_does_not_count(self) -> None:
        assert list(check_sizes.findings_in(function(30, "a\n" * 40), "m.py")) == []

    def test_methods_async_and_nested_functions_are_measured(self) -> None:
        body = "        x = 1\n" * 31
        assert len(list(check_sizes.findings_in(f"class A:\n    async def m(self):\n{body}", "m.py"))) == 1
        assert len(list(check_sizes.findings_in(f"def outer():\n    def inner():\n{body}", "m.py"))) == 2

    def test_migrations_are_left_out_and_flows_are_not(self, tmp_path: Path) -> None:
        for folder in ("crm_workflows/adapters/database/migrations/versions", "flows/supplier_vetting"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "long.py").write_text("x = 1\n" * 400)
        assert [line.partition(":")[0] for line in check_sizes.findings(tmp_path)] == ["flows/supplier_vetting/long.py"]

    def test_of_tests_the_modules_are_measured_and_not_the_stories(self) -> None:
        assert list(check_sizes.findings_in(function(31), "tests/test_m.py")) == []
        assert len(list(check_sizes.findings_in("x = 1\n" * 301, "tests/test_m.py"))) == 1

    def test_a_module_that_does_not_parse_is_a_finding_and_not_a_crash(self, tmp_path: Path) -> None:
        (tmp_path / "flows").mkdir()
        (tmp_path / "flows/new.py").write_text("def told[T](x: T) -> T:\n    return x\n")
        (finding,) = check_sizes.findings(tmp_path)
        assert finding.startswith("flows/new.py:1: does not parse with the oldest Python")


class TestFlowImports:
    @pytest.mark.parametrize(
        "line",
        [
            "from crm_workflows import Case",
            "import prefect",
            "from decimal import Decimal",
            "from pydantic import Field",
            "from flows.supplier_vetting import gates",
        ],
    )
    def test_what_a_handbook_needs_is_allowed(self, line: str) -> None:
        assert list(check_flows.findings_in(line, "flows/f.py")) == []

    @pytest.mark.parametrize(
        "line",
        ["import sqlalchemy", "from crm_workflows.engine import ports", "import random", "def f():\n    import httpx"],
    )
    def test_anything_else_is_found(self, line: str) -> None:
        assert len(list(check_flows.findings_in(line, "flows/f.py"))) == 1


class TestLock:
    GOOD = "typer==0.29.2 \\\n    --hash=sha256:00\n"

    def test_a_bounded_locked_and_hashed_dependency_passes(self) -> None:
        assert list(check_lock.findings_in(["typer>=0.20,<0.30"], self.GOOD)) == []

    @pytest.mark.parametrize(
        ("dependency", "lock", "says"),
        [
            ("typer<0.30", GOOD, "no lower bound"),
            ("typer>=0.20", GOOD, "no upper bound"),
            ("typer>=0.30,<0.31", GOOD, "is not locked (0.29.2)"),
            ("rich>=14,<16", GOOD, "is not locked (absent)"),
            ("typer>=0.20,<0.30", "typer==0.29.2\n", "has no hash"),
            ("typer>=0.20,<0.30", "--index-url https://x.example\n" + GOOD, "names an address"),
        ],
    )
    def test_each_fault_is_named(self, dependency: str, lock: str, says: str) -> None:
        (finding,) = check_lock.findings_in([dependency], lock)
        assert says in finding


class TestDependencies:
    KNOWN: ClassVar = {"yaml": ["PyYAML"], "starlette": ["starlette"]}

    def test_a_declared_package_passes_under_the_name_it_is_imported_by(self) -> None:
        source = "import yaml\nimport json\nfrom crm_workflows.domain import money\n"
        assert list(check_dependencies.findings_in(source, "m.py", {"pyyaml"}, self.KNOWN)) == []

    def test_a_package_that_only_others_need_is_found(self) -> None:
        (finding,) = check_dependencies.findings_in("import starlette.routing\n", "m.py", {"fastapi"}, self.KNOWN)
        assert finding == "m.py:1: imports starlette.routing, which pyproject.toml does not declare"

    def test_a_declared_package_that_nobody_imports_is_listed_on_demand(self, tmp_path: Path) -> None:
        (tmp_path / "crm_workflows").mkdir()
        (tmp_path / "crm_workflows/m.py").write_text("import yaml\n")
        (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["pyyaml>=6", "rich>=14"]\n')
        assert list(check_dependencies.unused(tmp_path)) == ["pyproject.toml: rich is declared and never imported"]


class TestPlaces:
    @pytest.mark.parametrize("place", ["/wor" + "k/main/x", "cp a /roo" + "t/b", "https://py" + "pi.org/simple"])
    def test_a_place_of_one_machine_is_found(self, place: str) -> None:
        assert len(list(check_places.findings_in(f"fine\n{place}\n", "a.txt"))) == 1

    @pytest.mark.parametrize("text", ["docs/work/plan.md", "the root/branch", "https://crm.example/cases"])
    def test_ordinary_text_passes(self, text: str) -> None:
        assert list(check_places.findings_in(text, "a.txt")) == []


class TestGeneratedDocuments:
    def test_an_absent_and_a_stale_page_are_found_and_fixing_settles_them(self, tmp_path: Path) -> None:
        pages = {"docs/a.md": lambda: "一\n", "docs/b.md": lambda: "二\n"}
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs/b.md").write_text("old\n", "utf-8")
        assert [line.partition(":")[0] for line in generated.stale(tmp_path, pages)] == ["docs/a.md", "docs/b.md"]
        generated.write(tmp_path, pages)
        assert list(generated.stale(tmp_path, pages)) == []


class TestDocuments:
    ENGLISH = """# Trying out

[中文](a.zh.md)

## Cases

See [b](b.md#what-came-of-it).

- `CRMW_HOME` says where.

```sh
crmw cases      # all of them
```

```
no case
```
"""
    CHINESE = """# 试运行

[English](a.md)

## 案件

见 [b](b.zh.md#结果)。

- `CRMW_HOME` 写明在哪里。

```sh
crmw cases      # 全部
```

```
没有案件
```
"""
    OTHERS: ClassVar = {
        "b.md": "# B\n\n[中文](b.zh.md)\n\n## What came of it\n",
        "b.zh.md": "# B\n\n[English](b.md)\n\n## 结果\n",
    }

    def found(self, root: Path, chinese: str = CHINESE, english: str = ENGLISH) -> list[str]:
        """What the check finds with these pages beside two that are well."""
        texts = {"a.md": english, "a.zh.md": chinese, **self.OTHERS}
        for name, text in texts.items():
            (root / name).write_text(text, "utf-8")
        return list(check_documents.findings_in({name: check_documents.read(texts[name]) for name in texts}, root))

    def test_a_pair_whose_comments_and_prints_alone_are_translated_passes(self, tmp_path: Path) -> None:
        assert self.found(tmp_path) == []

    @pytest.mark.parametrize(
        ("words", "instead", "says"),
        [
            ("## 案件", "### 案件", "its headings are ['#', '###'], those of the English page ['#', '##']"),
            ("crmw cases ", "crmw case ", "block 1 of its code differs"),
            ("```\n没有案件\n```\n", "", "it has 1 blocks of code, the English page 2"),
            ("见 [b](b.zh.md#结果)。", "", "below “案件” it lacks ['b.md'] and names [] instead"),
            ("CRMW_HOME", "CRMW_CONFIG", "below “案件” it lacks ['CRMW_HOME'] and names ['CRMW_CONFIG'] instead"),
            ("- `", "`", "below “案件” it has 0 rows and items, the English page 1"),
            ("b.zh.md#结果", "b.md", "links to b.md, which is there in Chinese"),
            ("b.zh.md#结果", "c.md", "links to c.md, which is not there"),
            ("#结果", "#案件", "links to b.zh.md#案件, which has no such heading"),
            ("[English](a.md)", "", "a.zh.md: does not link to a.md"),
        ],
    )
    def test_each_way_in_which_a_chinese_page_differs_is_named(
        self, words: str, instead: str, says: str, tmp_path: Path
    ) -> None:
        assert words in self.CHINESE
        assert any(says in line for line in self.found(tmp_path, self.CHINESE.replace(words, instead)))

    def test_an_english_page_names_the_chinese_one_beside_it(self, tmp_path: Path) -> None:
        found = self.found(tmp_path, english=self.ENGLISH.replace("[中文](a.zh.md)", ""))
        assert "a.md: does not link to a.zh.md" in found

    def test_a_chinese_page_alone_is_found(self, tmp_path: Path) -> None:
        pages = {"c.zh.md": check_documents.read("# 独此一页\n")}
        assert list(check_documents.findings_in(pages, tmp_path)) == ["c.zh.md: there is no English page beside it"]

    def test_a_page_that_the_index_does_not_name_is_found(self, tmp_path: Path) -> None:
        texts = {check_documents.INDEX: "# Index\n", "docs/new.md": "# New\n", "docs/decisions/0001-so.md": "# So\n"}
        pages = {name: check_documents.read(text) for name, text in texts.items()}
        assert list(check_documents.findings_in(pages, tmp_path)) == ["docs/README.md: does not name docs/new.md"]
