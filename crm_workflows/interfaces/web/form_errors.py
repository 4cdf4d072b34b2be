"""Says in both languages what is wrong with a filled-in form, field by field. It must not show what was typed.

The sentences are for people who know nothing of schemas; those of the rules' authors (a conflict of interest, a check
digit) are passed on as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from crm_workflows.domain.text import SEPARATOR, bilingual
from crm_workflows.interfaces.web.form_values import field_at
from crm_workflows.interfaces.web.forms import MISSING, Field

Sentence = Callable[[Mapping[str, Any]], str]

SENTENCES: Final[dict[str, Sentence]] = {
    "missing": lambda _: MISSING,
    "string_too_short": lambda c: (
        MISSING
        if c["min_length"] == 1
        else bilingual(f"至少 {c['min_length']} 个字符", f"at least {c['min_length']} characters")
    ),
    "string_too_long": lambda c: bilingual(f"最多 {c['max_length']} 个字符", f"at most {c['max_length']} characters"),
    "int_parsing": lambda _: bilingual("请填写整数", "please give a whole number"),
    "int_from_float": lambda _: bilingual("请填写整数", "please give a whole number"),
    "int_parsing_size": lambda _: bilingual("数字太大", "the number is too large"),
    "decimal_parsing": lambda _: bilingual("请填写数字", "please give a number"),
    "float_parsing": lambda _: bilingual("请填写数字", "please give a number"),
    "greater_than_equal": lambda c: bilingual(f"不能小于 {c['ge']}", f"must be at least {c['ge']}"),
    "greater_than": lambda c: bilingual(f"必须大于 {c['gt']}", f"must be above {c['gt']}"),
    "less_than_equal": lambda c: bilingual(f"不能大于 {c['le']}", f"must be at most {c['le']}"),
    "less_than": lambda c: bilingual(f"必须小于 {c['lt']}", f"must be below {c['lt']}"),
    "literal_error": lambda _: bilingual("请从列出的选项中选择", "please choose one of the options listed"),
    "string_pattern_mismatch": lambda _: bilingual("格式不正确", "this is not in the right format"),
}
DATE: Final = bilingual("日期请写成 2026-03-31", "write the date as 2026-03-31")
ADDRESS: Final = bilingual("不是有效的邮箱地址", "this is not a valid mail address")
OTHER: Final = bilingual("填写有误，请检查", "this does not fit; please check it")


def errors_in(model: type[BaseModel], fields: tuple[Field, ...], values: Mapping[str, Any]) -> dict[str, str]:
    """Field path -> bilingual sentence; empty when the values validate. Errors of the whole form stand under ""."""
    try:
        model.model_validate(values)
    except ValidationError as error:
        found: dict[str, str] = {}
        for detail in error.errors():
            field = field_at(fields, _location(detail["loc"]))
            found.setdefault(field.path if field else "", _sentence(detail, field))
        return found
    return {}


def _location(location: Sequence[int | str]) -> list[int | str]:
    return [part for part in location if isinstance(part, str)]


def _sentence(detail: Mapping[str, Any], field: Field | None) -> str:
    kind = str(detail["type"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    if SEPARATOR in message:
        return message
    if kind.startswith("date"):
        return DATE
    if field is not None and field.widget == "mail" and kind == "value_error":
        return ADDRESS
    make = SENTENCES.get(kind)
    return make(detail.get("ctx", {})) if make else OTHER
