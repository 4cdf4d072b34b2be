"""Labels in two languages, written as one string "中文 / English". It must not touch what users typed."""

from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
SEPARATOR: Final = " / "


def in_language(label: str, language: str) -> str:
    """The part of an authored label for `language`; a label without both parts is returned whole."""
    chinese, separator, english = label.partition(SEPARATOR)
    if not separator:
        return label
    return chinese if language == "zh" else english


def bilingual(chinese: str, english: str) -> str:
    """Join two sentences into one label; the inverse of `in_language`."""
    return f"{chinese}{SEPARATOR}{english}"
