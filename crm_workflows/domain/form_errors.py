"""Says in both languages what is wrong with one field of a form, for people who know nothing of schemas.

It must not show what was typed. Sentences of a rule's author (a conflict of interest, a check digit) pass as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from crm_workflows.domain.text import SEPARATOR, bilingual

Sentence = Callable[[Mapping[str, Any]], str]

MISSING: Final = bilingual("请填写", "please fill this in")
WHOLE: Final = bilingual("请填写整数", "please give a whole number")
NUMBER: Final = bilingual("请填写数字", "please give a number")
YES_OR_NO: Final = bilingual("请填是或否（true 或 false）", "please answer yes or no (true or false)")
TEXT: Final = bilingual("应为文字", "this must be a text")
FIELDS: Final = bilingual(
    '应为由各字段组成的一份内容，如 {"字段": "内容"}', 'this must be a set of fields, such as {"field": "value"}'
)
LIST: Final = bilingual("应为列表", "this must be a list")
UNKNOWN: Final = bilingual("没有这个字段，请核对拼写", "there is no such field; check its spelling")
DATE: Final = bilingual("日期请写成 2026-03-31", "write the date as 2026-03-31")
ADDRESS: Final = bilingual("不是有效的邮箱地址", "this is not a valid mail address")
CHOICE: Final = bilingual("请从列出的选项中选择", "please choose one of the options listed")
OTHER: Final = bilingual("填写有误，请检查", "this does not fit; please check it")

SENTENCES: Final[dict[str, Sentence]] = {
    "missing": lambda _: MISSING,
    "string_too_short": lambda c: (
        MISSING
        if c["min_length"] == 1
        else bilingual(f"至少 {c['min_length']} 个字符", f"at least {c['min_length']} characters")
    ),
    "string_too_long": lambda c: bilingual(f"最多 {c['max_length']} 个字符", f"at most {c['max_length']} characters"),
    "string_type": lambda _: TEXT,
    "int_type": lambda _: WHOLE,
    "int_parsing": lambda _: WHOLE,
    "int_from_float": lambda _: WHOLE,
    "int_parsing_size": lambda _: bilingual("数字太大", "the number is too large"),
    "decimal_type": lambda _: NUMBER,
    "decimal_parsing": lambda _: NUMBER,
    "float_type": lambda _: NUMBER,
    "float_parsing": lambda _: NUMBER,
    "bool_type": lambda _: YES_OR_NO,
    "bool_parsing": lambda _: YES_OR_NO,
    "model_type": lambda _: FIELDS,
    "model_attributes_type": lambda _: FIELDS,
    "dict_type": lambda _: FIELDS,
    "list_type": lambda _: LIST,
    "extra_forbidden": lambda _: UNKNOWN,
    "greater_than_equal": lambda c: bilingual(f"不能小于 {c['ge']}", f"must be at least {c['ge']}"),
    "greater_than": lambda c: bilingual(f"必须大于 {c['gt']}", f"must be above {c['gt']}"),
    "less_than_equal": lambda c: bilingual(f"不能大于 {c['le']}", f"must be at most {c['le']}"),
    "less_than": lambda c: bilingual(f"必须小于 {c['lt']}", f"must be below {c['lt']}"),
    "literal_error": lambda _: CHOICE,
    "string_pattern_mismatch": lambda _: bilingual("格式不正确", "this is not in the right format"),
}


def sentence_of(detail: Mapping[str, Any], *, names_values: bool = False) -> str:
    """The bilingual sentence for one entry of pydantic's `ValidationError.errors()`.

    `names_values` lists the values of a choice as a file spells them, for whoever writes files.
    """
    kind = str(detail["type"])
    message = str(detail["msg"]).removeprefix("Value error, ")
    if SEPARATOR in message:
        return message
    if kind.startswith("date"):
        return DATE
    if kind == "literal_error" and names_values:
        values = str(detail["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        return bilingual(f"应为其中之一：{values}", f"this must be one of {values}")
    if kind == "value_error" and message.startswith("value is not a valid email address"):
        return ADDRESS
    make = SENTENCES.get(kind)
    return make(detail.get("ctx", {})) if make else OTHER
