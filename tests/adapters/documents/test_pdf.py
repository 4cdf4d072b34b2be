"""Reports as PDF: what they say, that they are the same each time, and what happens where none can be made."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from crm_workflows.adapters.documents import pdf
from crm_workflows.adapters.documents.pdf import TypstPrinter
from crm_workflows.domain.records import Blob
from crm_workflows.domain.report import Report, Section
from crm_workflows.domain.shown import Fact
from crm_workflows.testing import MemoryStore
from tests.office import Office

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
FACTS = (
    Fact("供应商 / Supplier", "苏州澄岚精密轴承有限公司"),
    Fact("金额 / Amount", "¥480,000.00", "CNY 480,000.00"),
    Fact("说明 / Remark", '#panic("x") $1/0$ *b* _i_ @a <b> \\ `r`\n第二行'),
)
REPORT = Report("报告 / Report", "澄岚", "SV-2026-00001", (Section("一、申请 / 1. Application", FACTS),))

pytestmark = pytest.mark.needs_cjk_font


def printed(report: Report = REPORT) -> bytes:
    made = TypstPrinter().pdf(report, AT)
    assert made is not None, "typst comes with the extra dev"
    return made


def words(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def test_it_says_everything_in_both_languages_and_takes_nothing_typed_for_markup() -> None:
    said = words(printed())
    for word in ("报告", "Report", "苏州澄岚精密轴承有限公司", "Supplier", "CNY 480,000.00", "第二行", "SV-2026-00001"):
        assert word in said
    assert '#panic("x") $1/0$ *b* _i_ @a <b> \\ `r`' in said


def test_the_same_report_is_the_same_bytes_and_carries_its_fonts() -> None:
    first = printed()
    assert first == printed()
    assert first != printed(replace(REPORT, subject="别的"))
    resources: Any = pypdf.PdfReader(io.BytesIO(first)).pages[0]["/Resources"]
    fonts = [font.get_object() for font in resources["/Font"].values()]
    assert fonts
    assert all("/DescendantFonts" in font for font in fonts)


def test_it_is_made_at_any_instant_of_a_real_clock() -> None:
    assert TypstPrinter().pdf(REPORT, AT.replace(microsecond=123_456)) == printed()


@pytest.mark.parametrize("missing", ["typst", "fonts"])
def test_where_no_pdf_can_be_made_there_is_none(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    if missing == "typst":
        monkeypatch.setattr(pdf, "find_spec", lambda name: None)
    else:
        monkeypatch.setattr(pdf, "CHINESE_FONTS", ("No Such Font",))
    assert TypstPrinter().pdf(REPORT, AT) is None


def test_the_application_for_recognition_is_attached_as_a_pdf() -> None:
    office = Office(MemoryStore())
    office.engine = replace(office.engine, printer=TypstPrinter())
    code = office.until_gate()
    (file,) = office.asking(code).attachments
    assert (Path(file["filename"]).suffix, file["media_type"]) == (".pdf", "application/pdf")
    with office.engine.store.read() as reader:
        blob = reader.get(Blob, file["sha256"])
    assert blob is not None
    said = words(blob.content)
    for word in ("产能利用率约八成", "个别料架标识不清", "On-site survey", "设备和技术", "83.1", code):
        assert word in said.replace("Overall judgement and survey on site", "On-site survey"), word
