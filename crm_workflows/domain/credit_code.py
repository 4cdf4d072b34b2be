"""The unified social credit code 统一社会信用代码 (GB 32100-2015). It must not claim that a code was ever given out."""

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from crm_workflows.domain.text import bilingual

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I, O, S, V, Z, which are misread
LENGTH: Final = 18
MODULUS: Final = 31
REGION: Final = slice(2, 8)  # the six digits of the registering region
PATTERN: Final = r"^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$"
LOOKALIKES: Final = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}


def check_character(first_17: str) -> str:
    """The 18th character of a code: weights 3^i mod 31, complement to 31 (GB 32100-2015, 4.5)."""
    total = sum(ALPHABET.index(character) * pow(3, place, MODULUS) for place, character in enumerate(first_17))
    return ALPHABET[-total % MODULUS]


def normal_form(code: str) -> str:
    """The code as the register writes it: upper case, half width, without blanks and hyphens."""
    return "".join(unicodedata.normalize("NFKC", code).split()).replace("-", "").upper()


def problem_with(code: str) -> str | None:
    """One sentence in both languages on what is wrong with a code in normal form; None if nothing is."""
    if len(code) != LENGTH:
        return bilingual(
            f"统一社会信用代码应为 18 位，这里是 {len(code)} 位；请对照营业执照。",
            f"A unified social credit code has 18 characters, this one {len(code)}; compare it with the licence.",
        )
    for place, character in enumerate(code, start=1):
        problem = _problem_at(place, character)
        if problem:
            return problem
    if code[-1] != check_character(code[:-1]):
        return bilingual(
            "统一社会信用代码的校验位不符，可能有一位抄错或两位颠倒；请对照营业执照。",
            "The check character of this unified social credit code does not fit: one character is wrong or two are "
            "swapped; please compare it with the licence.",
        )
    return None


def _problem_at(place: int, character: str) -> str | None:
    if character in LOOKALIKES:
        likely = LOOKALIKES[character]
        return bilingual(
            f"统一社会信用代码第 {place} 位是 {character}，代码中不用字母 I、O、S、V、Z；是否应为 {likely}？",
            f"Character {place} of this unified social credit code is {character}; the letters I, O, S, V, Z are not "
            f"used: should it be {likely}?",
        )
    allowed = ALPHABET[:10] if place in range(REGION.start + 1, REGION.stop + 1) else ALPHABET
    if character not in allowed:
        return bilingual(
            f"统一社会信用代码第 {place} 位不能是“{character}”；请对照营业执照。",
            f'Character {place} of a unified social credit code cannot be "{character}"; compare it with the licence.',
        )
    return None


def _normal(value: object) -> object:
    return normal_form(value) if isinstance(value, str) else value


def _checked(code: str) -> str:
    problem = problem_with(code)
    if problem:
        raise PydanticCustomError("credit_code", "{sentence}", {"sentence": problem})
    return code


CreditCode = Annotated[
    str,
    BeforeValidator(_normal),
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "string",
            "title": "统一社会信用代码 / Unified social credit code",
            "pattern": PATTERN,
            "minLength": LENGTH,
            "maxLength": LENGTH,
        }
    ),
]
