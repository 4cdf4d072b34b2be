"""Draws figures over months as SVG: bars side by side, narrow enough for a phone (RP-1). No words but numbers.

Colours stand in the drawing for print and mail; a page's stylesheet overrules them by class, for dark mode too. Nothing
typed by people enters a drawing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Final

WIDTH, HEIGHT = 340, 170
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 16, 22
CAPTION: Final = 20
TICKS: Final = 4
GAP: Final = Decimal("0.28")
"""Of the width of a month, left free between months."""
MANY: Final = 10
"""From here on a number above its bar is told without decimals."""
LARGEST_FOR_NUMBERS: Final = 3
"""Digits of a number that fits above its bar."""
COLOURS: Final = ("#1d4ed8", "#93b4f5")
INK, LINE, AIM = "#566577", "#dbe2ea", "#b3221e"
STEPS: Final = (1, 2, 5, 10)


@dataclass(frozen=True)
class Series:
    """One bar a month; None where there is nothing to tell. `name` is only read out."""

    name: str
    values: tuple[Decimal | None, ...]


def bars(
    title: str, labels: Sequence[str], series: Sequence[Series], target: int | None = None, top: Decimal | None = None
) -> str:
    """A drawing of all series, month by month, with a line at the target; the scale ends at `top`, else by itself."""
    largest = max([one for each in series for one in each.values if one is not None] + [Decimal(target or 0)])
    top = top or _round_up(largest)
    inside = [_scale(top), *_bars(labels, series, top), *_labels(labels)]
    if target is not None:
        y = _y(Decimal(target), top)
        inside.append(f'<path class="plot-aim" d="M{LEFT} {y} H{WIDTH - RIGHT}" stroke="{AIM}" '
                      'stroke-dasharray="4 3" fill="none"/>')  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(_read_out(title, labels, series))}" font-size="10" '
        f"font-family=\"'Noto Sans CJK SC', sans-serif\">{''.join(inside)}</svg>"
    )


def captioned(svg: str, title: str, legend: Sequence[str] = ()) -> str:
    """The same drawing with its heading and the names of its series above it, where nothing around it says them."""
    swatches = "".join(
        f'<rect x="{WIDTH - 130 + 65 * n}" y="-14" width="8" height="8" fill="{COLOURS[n]}"/>'
        f'<text x="{WIDTH - 118 + 65 * n}" y="-6" fill="{INK}" font-size="8">{escape(name)}</text>'
        for n, name in enumerate(legend)
    )
    words = f'<text x="0" y="-6" font-size="11" font-weight="bold" fill="{INK}">{escape(title)}</text>{swatches}'
    above = f'viewBox="0 -{CAPTION} {WIDTH} {HEIGHT + CAPTION}"'
    return svg.replace(f'viewBox="0 0 {WIDTH} {HEIGHT}"', above, 1).replace("</svg>", f"{words}</svg>")


def _read_out(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """The newest month in words, for who does not see the drawing."""
    newest = "; ".join(f"{one.name} {'—' if one.values[-1] is None else _short(one.values[-1])}" for one in series)
    return f"{title}, {labels[-1]}: {newest}"


def _round_up(largest: Decimal) -> Decimal:
    """The end of the scale: the least of 1, 2, 5, 10, 20 … times the ticks that is not below."""
    step = Decimal(1)
    while True:
        for one in STEPS:
            if one * step * TICKS >= largest:
                return one * step * TICKS
        step *= STEPS[-1]


def _y(value: Decimal, top: Decimal) -> str:
    height = HEIGHT - TOP - BOTTOM
    return _short(Decimal(HEIGHT - BOTTOM) - value * height / top)


def _scale(top: Decimal) -> str:
    lines = []
    for tick in range(TICKS + 1):
        value = top * tick / TICKS
        y = _y(value, top)
        lines.append(
            f'<path class="plot-line" d="M{LEFT} {y} H{WIDTH - RIGHT}" stroke="{LINE}" fill="none"/>'
            f'<text class="plot-ink" x="{LEFT - 5}" y="{y}" dy="3.5" text-anchor="end" '
            f'fill="{INK}">{_short(value)}</text>'
        )
    return "".join(lines)


def _bars(labels: Sequence[str], series: Sequence[Series], top: Decimal) -> list[str]:
    month = Decimal(WIDTH - LEFT - RIGHT) / len(labels)
    width = month * (1 - GAP) / len(series)
    drawn = []
    for place in range(len(labels)):
        for n, one in enumerate(series):
            value = one.values[place]
            if value is None:
                continue
            x = LEFT + month * place + month * GAP / 2 + width * n
            y = _y(value, top)
            drawn.append(
                f'<path class="plot-{n}" d="M{_short(x)} {HEIGHT - BOTTOM} V{y} h{_short(width)} V{HEIGHT - BOTTOM} Z" '
                f'fill="{COLOURS[n]}"/>'
            )
            said = _short(value if value < MANY else value.to_integral_value())
            if len(series) == 1 and said != "0" and len(said) <= LARGEST_FOR_NUMBERS:
                drawn.append(
                    f'<text class="plot-ink" x="{_short(x + width / 2)}" y="{y}" dy="-3" text-anchor="middle" '
                    f'fill="{INK}">{said}</text>'
                )
    return drawn


def _labels(labels: Sequence[str]) -> list[str]:
    month = Decimal(WIDTH - LEFT - RIGHT) / len(labels)
    return [
        f'<text class="plot-ink" x="{_short(LEFT + month * place + month / 2)}" y="{HEIGHT - 7}" '
        f'text-anchor="middle" fill="{INK}">{escape(label)}</text>'
        for place, label in enumerate(labels)
    ]


def _short(value: Decimal) -> str:
    rounded = value.quantize(Decimal("0.1"))
    whole = rounded.to_integral_value()
    return str(whole if rounded == whole else rounded)
