"""Shows figures to people. It must not measure."""

from collections.abc import Iterable

from benchmarks.figures import Figure

HEAD = ("bench", "database", "ours", "ceiling", "ratio", "unit")
WIDTHS = (26, 12, 10, 10, 7, 8)


def lines(figures: Iterable[Figure]) -> list[str]:
    """A head, a line for each figure, and its detail below."""
    shown = [_line(HEAD)]
    for f in figures:
        shown.append(_line((f.bench, f.database, _number(f.ours), _number(f.ceiling), _number(f.ratio), f.unit)))
        shown += [f"    {name}: {_detail(value)}" for name, value in f.detail.items()]
    return shown


def _line(cells: tuple[str, ...]) -> str:
    left, right = cells[:2], cells[2:]
    padded = [f"{cell:<{width}}" for cell, width in zip(left, WIDTHS[:2], strict=True)]
    padded += [f"{cell:>{width}}" for cell, width in zip(right, WIDTHS[2:], strict=True)]
    return " ".join(padded).rstrip()


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _detail(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_detail(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " ".join(_detail(one) for one in value)
    return _number(value) if isinstance(value, int | float) else str(value)
