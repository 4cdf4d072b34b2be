"""Writes the papers of one company as true files: DOCX, PDF, XLSX and JPEG, the same bytes for the same content.

It must not know which sample gets which paper. Chinese glyphs come from the open font WenQuanYi Micro Hei (Debian's
package `fonts-wqy-microhei`), embedded as a subset, so that the PDFs read the same on a machine without Chinese fonts.
"""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import docx
from openpyxl import Workbook
from openpyxl.styles import Font
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.lib.fonts import addMapping
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from samples.companies import Company, Year

STAMP = "2026-03-02T01:00:00Z"
ZIP_STAMP = (2026, 3, 2, 9, 0, 0)
BODY = ParagraphStyle("body", fontName="Chinese", fontSize=10.5, leading=18, wordWrap="CJK", spaceAfter=6)
HEADING = ParagraphStyle("heading", parent=BODY, fontSize=18, leading=26, spaceAfter=12)
SMALL_HEADING = ParagraphStyle("small", parent=BODY, fontSize=12.5, leading=20, spaceBefore=8)


@cache
def font_file() -> Path:
    """Where the font is; raises FileNotFoundError with the name of the package that brings it."""
    if shutil.which("fc-list"):
        listing = subprocess.run(["fc-list", ":", "file"], capture_output=True, text=True, check=True).stdout
        for line in listing.splitlines():
            if "wqy-microhei" in line:
                return Path(line.rstrip(": "))
    raise FileNotFoundError(
        "the samples are drawn with WenQuanYi Micro Hei: install 'fonts-wqy-microhei' and fontconfig"
    )


def frozen(archive: bytes) -> bytes:
    """An Office file without the hour of its making: fixed dates of entries and of the document's properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb">\d{4}-\d\d-\d\dT[\d:]+Z<", f">{STAMP}<".encode(), content)
            new.writestr(zipfile.ZipInfo(name, ZIP_STAMP), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def history(company: Company) -> bytes:
    """企业沿革, a Word document."""
    document = docx.Document()
    document.core_properties.author = company.name
    document.core_properties.title = "企业沿革"
    document.add_heading(f"{company.name}　企业沿革", level=1)
    document.add_paragraph(
        f"成立日期：{company.founded}　注册资本：{company.capital}　法定代表人：{company.legal_person}"
    )
    table = document.add_table(rows=1, cols=2, style="Table Grid")
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "年份", "大事"
    for year, event in company.history:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = year, event
    out = io.BytesIO()
    document.save(out)
    return frozen(out.getvalue())


def accounts(company: Company) -> bytes:
    """年度决算表, a workbook with an income statement and a balance sheet, in thousands of CNY."""

    def sheet(title: str, rows: list[tuple[str, str]]) -> None:
        page = book.create_sheet(title)
        page.append([company.name])
        page.append(["项目（千元）", *(f"{year.year}年" for year in company.years)])
        for label, field in rows:
            page.append([label, *(getattr(year, field) for year in company.years)])
        page["A1"].font = page["A2"].font = Font(bold=True)
        page.column_dimensions["A"].width = 28

    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator, book.properties.title = company.name, "年度决算表"
    sheet("利润表", INCOME)
    sheet("资产负债表", BALANCE)
    out = io.BytesIO()
    book.save(out)
    return frozen(out.getvalue())


INCOME = [
    ("营业收入", "revenue"),
    ("营业成本", "cost"),
    ("期间费用", "expenses"),
    ("所得税", "tax"),
    ("净利润", "profit"),
]
BALANCE = [
    ("流动资产", "current_assets"),
    ("固定资产", "fixed_assets"),
    ("资产合计", "assets"),
    ("负债合计", "liabilities"),
    ("所有者权益", "equity"),
]


def pdf(company: Company, title: str, story: list[Flowable]) -> bytes:
    """One PDF of A4 pages with a heading, `story` below it, and the company's name in its properties."""
    out = io.BytesIO()
    document = SimpleDocTemplate(out, pagesize=A4, title=title, author=company.name, invariant=1)
    document.build([words(title, HEADING), words(f"{company.name}<br/>{company.english}"), *story])
    return out.getvalue()


def profile(company: Company) -> bytes:
    """企业概况."""
    latest: Year = company.years[-1]
    facts = [
        ("法定代表人", company.legal_person),
        ("注册资本", company.capital),
        ("地址", company.address),
        ("员工", f"{company.staff} 人"),
        (f"{latest.year}年营业收入", f"{latest.revenue:,} 千元"),
    ]
    return pdf(company, "企业概况", [grid(facts), Spacer(1, 12), *(words(text) for text in company.profile)])


def guide(company: Company) -> bytes:
    """产品指南."""
    story: list[Flowable] = []
    for heading, text in company.guide:
        story += [words(heading, SMALL_HEADING), words(text)]
    return pdf(company, "产品指南", story)


def catalogue(company: Company) -> bytes:
    """产品目录."""
    return pdf(company, "产品目录", [grid([("型号", "名称与规格", "精度", "参考价"), *company.products])])


def certificate(company: Company, code: str) -> bytes:
    """质量管理体系证书, with the date on which it expires."""
    facts = [
        ("证书编号", f"QMS-{code[8:14]}-2024"),
        ("获证组织", company.name),
        ("统一社会信用代码", code),
        ("认证范围", company.scope),
        ("发证日期", "2024年11月20日"),
        ("有效期至", "2027年11月19日"),
    ]
    return pdf(company, company.certificate, [grid(facts)])


BUYER = "永昌精密制造有限公司"
SUPPLY_CLAUSES = (
    ("商品", "乙方按甲方订单供应其产品目录所列商品，规格以双方确认的图纸和订单为准。"),
    ("价格与付款", "价格以双方确认的报价单为准；付款方式和期限由甲方财务部门确定并书面通知乙方。"),
    ("交货", "乙方按订单约定的日期交货；不能按期交货的，应提前五个工作日书面通知甲方。"),
    ("保密", "双方对在合作中知悉的商业和技术秘密负有保密义务，合同终止后仍然有效。"),
)
QUALITY_CLAUSES = (
    ("质量要求", "乙方商品应符合双方确认的图纸、标准和检验规范，并随货提供检验记录。"),
    ("不合格品", "发现不合格品时，乙方应在二十四小时内答复，并在五个工作日内提交原因分析和对策。"),
    ("变更", "材料、工艺、设备或生产地点变更前，乙方须取得甲方书面同意。"),
    ("追溯", "乙方保存批次和检验记录不少于五年，并应甲方要求提供。"),
)


def supply_contract(company: Company) -> bytes:
    """商品供应合同, as both sides signed it."""
    return _contract(company, "商品供应合同", SUPPLY_CLAUSES)


def quality_contract(company: Company) -> bytes:
    """质量保证合同, signed with the supply contract by the same signers."""
    return _contract(company, "质量保证合同", QUALITY_CLAUSES)


def _contract(company: Company, title: str, clauses: tuple[tuple[str, str], ...]) -> bytes:
    signed = [
        ("甲方", f"{BUYER}　资材部长　李卫民（签字）"),
        ("乙方", f"{company.name}　法定代表人　{company.legal_person}（签字，盖公章）"),
        ("签署日期", "2026年3月20日"),
        ("说明", "样本，仅供演示　SAMPLE ONLY"),
    ]
    story: list[Flowable] = [words(f"甲方：{BUYER}　乙方：{company.name}")]
    for number, (heading, text) in enumerate(clauses, start=1):
        story += [words(f"第{'一二三四'[number - 1]}条　{heading}", SMALL_HEADING), words(text)]
    return pdf(company, title, [*story, Spacer(1, 12), grid(signed)])


def words(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    """A paragraph in the Chinese font, which reportlab must know before it sees the style."""
    if "Chinese" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Chinese", str(font_file())))
        addMapping("Chinese", 0, 0, "Chinese")
    return Paragraph(text, style)


def grid(rows: Sequence[tuple[str, ...]]) -> Table:
    """A ruled table; the last-but-one column takes the width that is left."""
    cells = [[words(text) for text in row] for row in rows]
    widths = [120, 330] if len(rows[0]) == 2 else [80, 200, 95, 85]
    table = Table(cells, colWidths=widths, hAlign="LEFT")
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]))
    return table


def licence(company: Company, code: str) -> bytes:
    """营业执照 as a photograph would show it; plainly marked as a sample, so that nobody takes it for a real one."""
    picture = Image.new("RGB", (1000, 700), (250, 246, 232))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 24, 976, 676), outline=(170, 120, 40), width=6)
    draw.text((500, 90), "营业执照", font=face(56), fill=(60, 30, 10), anchor="mm")
    draw.text((500, 145), "样本，仅供演示　SAMPLE ONLY", font=face(20), fill=(190, 30, 30), anchor="mm")
    lines = [
        f"统一社会信用代码　{code}",
        f"名　　称　{company.name}",
        "类　　型　有限责任公司",
        f"法定代表人　{company.legal_person}",
        f"注册资本　{company.capital}",
        f"成立日期　{company.founded}",
        f"住　　所　{company.address}",
        f"经营范围　{company.scope}",
    ]
    for number, line in enumerate(lines):
        draw.text((80, 205 + number * 52), line, font=face(22), fill=(40, 40, 40))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60, optimize=True)
    return out.getvalue()


def face(size: int) -> ImageFont.FreeTypeFont:
    """The font at `size` pixels."""
    return ImageFont.truetype(str(font_file()), size)
