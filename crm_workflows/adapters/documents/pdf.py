"""Prints reports as PDF with typst; the extra `pdf` brings it. Without it, or without a Chinese font, it prints none.

It must not decide what a report says. The bytes depend on nothing but report, instant, typst and fonts: the template
reads the report as data, so that nothing typed by people is ever taken for markup.
"""

import json
import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from typing import Any, Final

from crm_workflows.domain.report import Report

log = logging.getLogger(__name__)
CHINESE_FONTS: Final = (
    "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC",
)  # fmt: skip
TEMPLATE: Final = """
#let data = json(bytes(sys.inputs.report))
#set document(title: data.subject, author: ())
#set page(paper: "a4", margin: 18mm, footer: context {
  set text(8pt, fill: luma(110))
  grid(columns: (1fr, auto), data.code, counter(page).display("1 / 1", both: true))
})
#set text(font: json(bytes(sys.inputs.fonts)), size: 10pt, lang: "zh", region: "cn", fill: rgb("#1d2733"))
#set par(leading: 0.75em)
#let small(it) = text(8.5pt, fill: luma(95), it)
#small(data.code)
#v(-4pt)
#text(18pt, weight: "bold", data.title.at(0)) \\
#small(data.title.at(1))
#v(2pt)
#text(13pt, weight: "bold", fill: rgb("#1f5d4f"), data.subject)
#for section in data.sections {
  v(14pt)
  block(sticky: true, below: 4pt, width: 100%, stroke: (bottom: 1pt + rgb("#1f5d4f")), inset: (bottom: 4pt),
    text(12pt, weight: "bold", section.heading.at(0)) + h(6pt) + small(section.heading.at(1)))
  for fact in section.facts {
    block(breakable: true, width: 100%, above: 0pt, below: 0pt, inset: (y: 5pt), stroke: (bottom: 0.5pt + luma(225)),
      grid(columns: (34%, 1fr), column-gutter: 8pt,
        strong(fact.label.at(0)) + linebreak() + small(fact.label.at(1)),
        fact.value.join(linebreak()) + if fact.also != "" { linebreak() + small(fact.also) }))
  }
  if section.drawings.len() > 0 {
    v(8pt)
    grid(columns: (1fr, 1fr), gutter: 10pt,
      ..section.drawings.map(one => image(bytes(one), format: "svg", width: 100%)))
  }
}
"""
PICTURE: Final = """
#let data = json(bytes(sys.inputs.drawings))
#set page(width: 520pt, height: auto, margin: 8pt, fill: white)
#grid(columns: if data.len() > 1 { (1fr, 1fr) } else { (1fr,) }, gutter: 14pt,
  ..data.map(one => image(bytes(one), format: "svg", width: 100%)))
"""
DOTS_PER_INCH: Final = 150


class TypstPrinter:
    """Prints with the fonts of the machine; safe between threads, one document at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def pdf(self, report: Report, at: datetime) -> bytes | None:
        """See the port: deterministic, None where typst or a Chinese font is missing."""
        if not self._fonts:
            return None
        inputs = {"report": json.dumps(report.plain(), ensure_ascii=False), "fonts": json.dumps(self._fonts)}
        made_at = at.replace(microsecond=0)  # typst refuses parts of a second
        with self._lock:
            made: bytes = self._compiler.compile(TEMPLATE.encode(), sys_inputs=inputs, format="pdf", timestamp=made_at)
        return made

    def picture(self, drawings: Sequence[str]) -> bytes | None:
        """See the port: two drawings beside each other, on white."""
        if not self._fonts:
            return None
        inputs = {"drawings": json.dumps(list(drawings), ensure_ascii=False)}
        with self._lock:
            made: bytes = self._compiler.compile(PICTURE.encode(), sys_inputs=inputs, format="png", ppi=DOTS_PER_INCH)
        return made

    @cached_property
    def _compiler(self) -> Any:
        import typst

        return typst.Compiler()

    @cached_property
    def _fonts(self) -> list[str]:
        """The Chinese fonts that are here, best first; empty where no PDF can be made, which is said once."""
        if find_spec("typst") is None:
            log.info("reports stay HTML: the extra pdf is not installed")
            return []
        import typst

        known = set(typst.Fonts().families())
        found: list[str] = [name for name in CHINESE_FONTS if name in known]
        if not found:
            log.warning("reports stay HTML: no Chinese font is installed")
        return found
