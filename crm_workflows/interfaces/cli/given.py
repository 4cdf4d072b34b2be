"""What every command asks of its words: that they are there, and text. It must not know what they mean."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import typer

NOT_TEXT = "不是 UTF-8 文字，请重新输入 / it is no text in UTF-8; type it again"
EMPTY = "没有内容 / it is empty"


def must_be_words(parameters: Iterable[Any], given: Mapping[str, Any]) -> None:
    """Raises BadParameter for an argument that is empty, as "$CODE" of a script is that was never set, and for bytes
    that are no text. Names of files may be any bytes."""
    for parameter in parameters:
        for word in _words(given.get(parameter.name)):
            hint = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar or parameter.name
            if any("\ud800" <= letter <= "\udfff" for letter in word):
                raise typer.BadParameter(NOT_TEXT, param_hint=hint)
            if not word.strip() and parameter.param_type_name == "argument":
                raise typer.BadParameter(EMPTY, param_hint=hint)


def must_be_one_of(word: str | None, known: Iterable[str], hint: str) -> None:
    """Raises BadParameter for a word, where one is given, that is none of those known."""
    known = tuple(known)
    if word is not None and word not in known:
        raise typer.BadParameter(f"{word!r} is none of {', '.join(known)}", param_hint=hint)


def _words(value: Any) -> Iterator[str]:
    for word in value if isinstance(value, list | tuple) else [value]:
        if isinstance(word, str):
            yield word
