"""A report as a document of its own (SV-6): what it says, and how it looks as HTML. Pure; it stores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from crm_workflows.domain.shown import Fact
from crm_workflows.domain.text import LANGUAGES, in_language


@dataclass(frozen=True)
class Section:
    """A bilingual heading, the facts below it, and drawings (SVG of our own making)."""

    heading: str
    facts: tuple[Fact, ...]
    drawings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """Both languages in one document: a bilingual `title`, whom it is about, the code of the case, and its sections."""

    title: str
    subject: str
    code: str
    sections: tuple[Section, ...]

    def plain(self) -> dict[str, object]:
        """The same as plain data for a typesetter: every label as [Chinese, English], every value as lines."""
        sections = [
            {
                "heading": both(section.heading),
                "facts": [_plain(fact) for fact in section.facts],
                "drawings": list(section.drawings),
            }
            for section in self.sections
        ]
        return {"title": both(self.title), "subject": self.subject, "code": self.code, "sections": sections}


def both(label: str) -> list[str]:
    """A label's two languages, apart."""
    return [in_language(label, language) for language in LANGUAGES]


def _plain(fact: Fact) -> dict[str, object]:
    return {"label": both(fact.label), "value": fact.value.splitlines() or [""], "also": fact.value_en}


def as_html(report: Report) -> str:
    """Prints on A4, nothing remote."""
    chinese, english = both(report.title)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.subject)}</title><style>{STYLE}</style></head><body><main>"
        f"<p class=code>{escape(report.code)}</p><h1>{escape(chinese)}<small>{escape(english)}</small></h1>"
        f"<h2>{escape(report.subject)}</h2>{''.join(map(_section, report.sections))}</main></body></html>"
    )


def _section(section: Section) -> str:
    chinese, english = both(section.heading)
    return (
        f"<section><h3>{escape(chinese)} <small>{escape(english)}</small></h3>"
        f"<table>{_rows(section.facts)}</table><div class=drawings>{''.join(section.drawings)}</div></section>"
    )


def _rows(facts: Sequence[Fact]) -> str:
    return "".join(_row(fact) for fact in facts)


def _row(fact: Fact) -> str:
    chinese, english = both(fact.label)
    value = escape(fact.value).replace("\n", "<br>")
    also = f"<small>{escape(fact.value_en)}</small>" if fact.value_en else ""
    return f"<tr><th>{escape(chinese)}<small>{escape(english)}</small></th><td>{value}{also}</td></tr>"


STYLE: Final = (
    "@page{size:A4;margin:18mm}body{font:15px/1.6 'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;"
    "color:#1d2733;background:#fff;margin:0}main{max-width:800px;margin:0 auto;padding:24px}"
    "h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:0 0 20px;color:#1f5d4f}h3{font-size:16px;"
    "border-bottom:2px solid #1f5d4f;padding-bottom:4px;margin:24px 0 8px}small{font-weight:400;color:#5d6b78;"
    "font-size:12px;margin-left:6px}h1 small,th small{display:block;margin:0}.code{color:#5d6b78;margin:0}"
    "table{width:100%;border-collapse:collapse}th{text-align:left;width:34%;font-weight:600;vertical-align:top}"
    "th,td{padding:7px 8px;border-bottom:1px solid #e3e8ec}"
    ".drawings{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:12px;margin-top:12px}"
    ".drawings svg{width:100%}"
)
