"""Writes the workbook that goes out with a digest, as xlsx: texts only, never formulas. It judges nothing."""

import io
from collections.abc import Sequence
from typing import Any, Final

from xlsxwriter import Workbook

from crm_workflows.domain.sheets import Sheet
from crm_workflows.domain.text import in_language

_LONGEST_CELL: Final = 32_767
_LONGEST_LIST: Final = 250
"""Characters of a list of choices that Excel takes; a longer one goes without."""
_NOT_IN_NAMES: Final = str.maketrans("", "", "[]:*?/\\'")


def written(sheets: Sequence[Sheet], language: str) -> bytes:
    """The bytes; what looks like a formula stays a text."""
    target = io.BytesIO()
    plain = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
    with Workbook(target, {"in_memory": True, **dict.fromkeys(plain, False)}) as book:
        looks = _Looks(book)
        for number, sheet in enumerate(sheets, start=1):
            name = in_language(sheet.title, language).translate(_NOT_IN_NAMES)[:28] or f"{number}"
            _write(book.add_worksheet(name), looks, sheet, language)
    return target.getvalue()


class _Looks:
    """The formats of a workbook."""

    def __init__(self, book: Any) -> None:
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.asked = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#FFE8A3"}
        )
        self.shown = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#475569"})
        self.answer = book.add_format(
            {"text_wrap": True, "valign": "top", "bg_color": "#FFF8E1", "border": 1, "border_color": "#D9C58A"}
        )


def _write(sheet: Any, looks: _Looks, what: Sheet, language: str) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for at, column in enumerate(what.columns):
        sheet.set_column(at, at, column.width)
        heading = in_language(column.heading, language)
        sheet.write_string(0, at, heading, looks.asked if column.is_answer else looks.head)
        choices = [in_language(choice, language) for choice in column.choices]
        if choices and what.rows and len(",".join(choices)) <= _LONGEST_LIST:
            # Offered, not forced: a reason may stand behind the word, and what does not fit is answered by us.
            sheet.data_validation(
                1, at, len(what.rows), at, {"validate": "list", "source": choices, "show_error": False}
            )
    for number, row in enumerate(what.rows, start=1):
        for at, column in enumerate(what.columns):
            look = looks.answer if column.is_answer else looks.shown
            sheet.write_string(number, at, row[at][:_LONGEST_CELL], look) if row[at] else sheet.write_blank(
                number, at, None, look
            )
