"""Every kind of mail as a reader's screen shows it: what to open, what is looked for in it, and the sheet of pictures.

It must not judge wording: what the two parts say is compared in `test_templates.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Page

from crm_workflows.adapters.mail.template_examples import EXAMPLES, example_message
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.messages import ANSWERABLE, SIGN_IN, SURVEY, Mail
from crm_workflows.engine.mail_out.outbox_ports import Rendered
from crm_workflows.shipped import shipped

COMPANY: Final = "永昌精密制造 / Yongchang Precision Manufacturing"
PUBLIC: Final = "https://crm.yongchang.example"
TOKEN: Final = "Zk3vQ8rT1yLx0aWc7uJmNp5sBd2fGhKe9iRo4tYqXw1"
CODE: Final = "40718263"
RENDERER: Final = Renderer(shipped("templates") / "emails", PUBLIC, lambda _: "Asia/Shanghai", lambda: COMPANY)
Scheme = Literal["light", "dark"]
WIDTHS: Final = (360, 800)
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
CONTRAST: Final = 4.5
"""Least ratio of a text to its ground (WCAG 2.2, 1.4.3)."""
SMALLEST: Final = 12
"""Pixels of the smallest letters."""
FIGURES: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1088' height='480'%3E"
    "%3Crect width='1088' height='480' fill='%23f8fafc'/%3E"
    "%3Cpath d='M40 400 L400 240 L700 300 L1040 90' stroke='%231d4ed8' stroke-width='6' fill='none'/%3E%3C/svg%3E"
)
"""In the place of the picture that comes with the report, as a browser opens no part of a mail."""

FAULTS: Final = """
([most, smallest]) => {
  const colour = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const found = colour(getComputedStyle(e).backgroundColor);
      if (found[3] > 0) return found;
    }
    return [255, 255, 255, 1];
  };
  const faults = [], window_ = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > window_)
    faults.push(`is ${document.documentElement.scrollWidth - window_} px wider than its window`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode, said = node.data.trim().slice(0, 40);
    const range = document.createRange();
    range.selectNodeContents(node);
    const place = range.getBoundingClientRect();
    if (!said || !place.width) continue;
    seen += 1;
    const style = getComputedStyle(node.parentElement);
    const [a, b] = [light(colour(style.color)), light(ground(node.parentElement))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < most) faults.push(`"${said}" stands out by ${ratio.toFixed(2)} only`);
    if (parseFloat(style.fontSize) < smallest) faults.push(`"${said}" is ${style.fontSize} high`);
    if (place.right > window_ || place.left < 0) faults.push(`"${said}" is cut off`);
  }
  if (!seen) faults.push("shows nothing");
  const buttons = [...document.querySelectorAll(".press a")];
  if (buttons.length > 1) faults.push(`has ${buttons.length} buttons`);
  for (const button of buttons)
    if (button.getBoundingClientRect().height < 44) faults.push("has a button that is hard to hit with a finger");
  for (const picture of document.images) {
    if (!picture.complete || !picture.naturalWidth) faults.push("has a picture that does not show");
    if (picture.getBoundingClientRect().right > window_) faults.push("has a picture that is cut off");
  }
  return faults;
}
"""
"""What is wrong with the mail that is open, one sentence each."""


@dataclass(frozen=True)
class Shown:
    """One example in one language, with links or without."""

    kind: str
    n: int
    language: str
    links: bool
    rendered: Rendered

    @property
    def name(self) -> str:
        """Name of its pictures, without size and colours."""
        return f"{self.kind}-{self.n}-{self.language}" + ("" if self.links else "-no-links")

    @property
    def html(self) -> str:
        """The HTML part with the pictures that travel beside it."""
        return self.rendered.html.replace("cid:figures.png", FIGURES)


def render(kind: str, model: Mail, language: str, *, links: bool) -> Rendered:
    """As the outbox does it, with an invented secret where the kind has one."""
    secret = CODE if kind == SIGN_IN else TOKEN if kind in {*ANSWERABLE, SURVEY} else None
    return RENDERER.render(example_message(kind, model, language), token=secret, links=links)


def each() -> Iterator[Shown]:
    """All examples once, in Chinese and in English in turn."""
    for kind, models in EXAMPLES.items():
        for n, model in enumerate(models):
            language = ("zh", "en")[(len(kind) + n) % 2]
            yield Shown(kind, n, language, True, render(kind, model, language, links=True))


def every() -> Iterator[Shown]:
    """All examples in both languages; without links only where that changes something."""
    for kind, models in EXAMPLES.items():
        for n, model in enumerate(models):
            for language in ("zh", "en"):
                full = render(kind, model, language, links=True)
                bare = render(kind, model, language, links=False)
                yield Shown(kind, n, language, True, full)
                if bare.html != full.html:
                    yield Shown(kind, n, language, False, bare)


def look(page: Page, shown: Shown, folder: Path | None = None) -> list[str]:
    """What is wrong at each width and in each colour scheme, and in a program that drops blocks of style.

    Leaves a picture of each width and scheme in the folder.
    """
    page.set_content(shown.html)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            faults: Any = page.evaluate(FAULTS, [CONTRAST, SMALLEST])
            found += [f"{shown.name} at {width} px, {scheme}: {fault}" for fault in faults]
            if folder is not None:
                page.screenshot(path=folder / f"{shown.name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.evaluate("document.querySelectorAll('style').forEach(style => style.remove())")
    faults = page.evaluate(FAULTS, [CONTRAST, SMALLEST])
    return [*found, *(f"{shown.name} without style blocks: {fault}" for fault in faults)]


def sheet(folder: Path, names: list[str]) -> None:
    """A page with all pictures beside each other."""
    rows = (
        f"<h2>{escape(name)}</h2><p>"
        + "".join(
            f'<img loading="lazy" src="{escape(name)}-{w}-{s}.png" width="{w // 2}">' for w in WIDTHS for s in SCHEMES
        )
        for name in names
    )
    (folder / "index.html").write_text("<!DOCTYPE html><meta charset=utf-8>" + "\n".join(rows), encoding="utf-8")
