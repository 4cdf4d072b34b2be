"""The sample cases are real input: every file opens with a real parser, and every code has its true check digits."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdf
import pytest
from PIL import Image

from samples.companies import CHENGLAN, QINGHE, YUANDUO, Company
from samples.make_samples import CUSTOMER_SAMPLES, SAMPLES, credit_check, credit_code, organisation_check, write
from tests.parts import require

FOLDER = Path(__file__).resolve().parents[2] / "samples"
COMPANIES = {"good": CHENGLAN, "missing-papers": QINGHE, "over-limit": YUANDUO}
KINDS = (
    "企业沿革",
    "企业概况",
    "决算表",
    "产品指南",
    "产品目录",
    "营业执照",
    "质量管理体系证书",
    "商品供应合同",
    "质量保证合同",
)


def application(sample: str) -> dict[str, Any]:
    """The sample's application, as `crmw start` would read it."""
    content = json.loads((FOLDER / sample / "application.json").read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def text_of(path: Path) -> str:
    """All words of one file, by the parser that its bytes ask for; raises when they are not what they claim."""
    head = path.read_bytes()[:4]
    if head == b"%PDF":
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(path, strict=True).pages)
    if path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, data_only=True)
    return "\n".join(str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row)


def documents(sample: str, *suffixes: str) -> list[Path]:
    """The sample's files with one of the endings, sorted by name."""
    return sorted(path for path in (FOLDER / sample / "documents").iterdir() if path.suffix in suffixes)


@pytest.mark.parametrize("sample", SAMPLES)
def test_an_application_has_the_fields_of_the_process_and_no_others(sample: str) -> None:
    content = application(sample)
    assert list(content) == [
        "company",
        "credit_code",
        "contact",
        "goods",
        "category",
        "yearly_amount",
        "reason",
        "no_conflict_of_interest",
        "owner",
    ]
    assert list(content["contact"]) == ["name", "email", "phone", "language"]
    assert content["contact"]["email"].endswith(".example")
    assert content["owner"].endswith("@yongchang.example")
    assert content["category"] in {"raw_material", "component", "packaging", "service", "equipment"}


def test_the_amounts_stand_on_the_sides_of_the_limit_that_the_names_promise() -> None:
    amounts = {sample: Decimal(application(sample)["yearly_amount"]["amount"]) for sample in SAMPLES}
    assert amounts == {"good": 480_000, "missing-papers": 260_000, "over-limit": 3_200_000}


def test_the_check_digits_agree_with_the_examples_of_the_standards() -> None:
    assert credit_check("91350100M000100Y4") == "3"  # the example of GB 32100-2015
    assert organisation_check("D2143569") == "X"  # the example of GB 11714-1997


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_credit_code_has_both_its_check_digits(sample: str) -> None:
    code = application(sample)["credit_code"]
    assert len(code) == 18
    assert code[16] == organisation_check(code[8:16])
    assert code[17] == credit_check(code[:17])


@pytest.mark.parametrize("sample", ["good", "over-limit"])
def test_a_complete_sample_has_every_kind_of_paper_once(sample: str) -> None:
    names = [path.name for path in (FOLDER / sample / "documents").iterdir()]
    assert {kind: sum(kind in name for name in names) for kind in KINDS} == dict.fromkeys(KINDS, 1)


@pytest.mark.parametrize("sample", ["good", "over-limit"])
def test_every_paper_opens_and_names_its_company(sample: str) -> None:
    paths = documents(sample, ".pdf", ".docx", ".xlsx")
    assert len(paths) == 8
    for path in paths:
        assert application(sample)["company"] in text_of(path), path.name


@pytest.mark.parametrize("sample", ["good", "over-limit"])
def test_a_pdf_carries_its_chinese_font_with_it(sample: str) -> None:
    for path in documents(sample, ".pdf"):
        resources: Any = pypdf.PdfReader(path).pages[0]["/Resources"]
        fonts = resources["/Font"].values()
        files = [font.get_object().get("/FontDescriptor", {}).get("/FontFile2") for font in fonts]
        assert any(files), path.name


@pytest.mark.parametrize("sample", ["good", "over-limit"])
def test_a_licence_is_a_picture_that_can_be_decoded_whole(sample: str) -> None:
    (path,) = documents(sample, ".jpg")
    with Image.open(path) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("JPEG", (1000, 700))


@pytest.mark.parametrize("company", COMPANIES.values(), ids=COMPANIES)
def test_the_accounts_add_up(company: Company) -> None:
    for year in company.years:
        assert year.profit > 0
        assert year.equity + year.liabilities == year.current_assets + year.fixed_assets
        assert year.equity > 0


def test_the_accounts_workbook_holds_numbers_and_not_words() -> None:
    with (FOLDER / "good/documents/2025年度决算表.xlsx").open("rb") as file:
        sheet = openpyxl.load_workbook(file)["利润表"]
    assert [row[2].value for row in sheet.iter_rows(min_row=3)] == [68_300, 51_400, 8_860, 2_010, 6_030]


def test_the_poor_sample_lacks_one_paper_has_two_swapped_and_one_empty() -> None:
    folder = FOLDER / "missing-papers/documents"
    assert not [path for path in folder.iterdir() if "产品目录" in path.name]
    assert (folder / "产品指南.pdf").stat().st_size == 0
    assert (folder / "2025年度决算表.xlsx").read_bytes().startswith(b"%PDF")
    assert "利润表" in openpyxl.load_workbook(folder.joinpath("企业概况.pdf").open("rb")).sheetnames
    assert QINGHE.name in text_of(folder / "企业沿革.docx")


@pytest.mark.parametrize("sample", ["good", "over-limit"])
def test_a_second_reader_finds_the_same_words(sample: str) -> None:
    for path in documents(sample, ".pdf"):
        read = subprocess.run([require("pdftotext"), path, "-"], capture_output=True, text=True, check=True)
        assert read.stderr == ""
        assert COMPANIES[sample].name in read.stdout


def test_the_script_makes_what_is_committed(tmp_path: Path) -> None:
    require("sample-font")
    write(tmp_path)
    for sample in SAMPLES | CUSTOMER_SAMPLES:
        made = sorted(path.relative_to(tmp_path) for path in (tmp_path / sample).rglob("*") if path.is_file())
        assert made == sorted(path.relative_to(FOLDER) for path in (FOLDER / sample).rglob("*") if path.is_file())
        assert (tmp_path / sample / "application.json").read_bytes() == (
            FOLDER / sample / "application.json"
        ).read_bytes()
        for path in documents(sample, ".pdf", ".docx", ".xlsx"):
            if path.stat().st_size:
                assert text_of(tmp_path / path.relative_to(FOLDER)) == text_of(path), path.name


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_code_in_the_application_is_the_companys(sample: str) -> None:
    assert application(sample)["credit_code"] == credit_code(COMPANIES[sample])
