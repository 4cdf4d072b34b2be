"""In which ways people write one address, name or number: read as it is kept, and patterns that find each (G-7).

It must not know whose they are, nor what is done where one is found. All patterns are meant for `re.IGNORECASE`.
"""

import re
import unicodedata
from typing import Final

INVISIBLE: Final = "\u00ad\u180e\u200b-\u200f\u2060\ufeff"
"""Soft hyphens, joiners and marks that programs put into words, and that nobody sees."""
OTHER_ADDRESS: Final = r"(?<![0-9A-Za-z._+-])[0-9A-Za-z._+-]{1,64}@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+"
_CODE: Final = re.compile(r"(?:[A-Z]{2,}-[0-9]{4}-[0-9]{5,}(?:-[A-Z]+[0-9]*)?|R-[0-9]{4,})")
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－ー"), "-")
_UNSEEN: Final = f"[{INVISIBLE}]{{0,3}}"
_BLANK: Final = rf"[\s{INVISIBLE}]"
_LATIN: Final = "[0-9A-Za-z_]"
"""Letters between which Latin words and addresses end; Chinese ones stand beside them without a blank."""
_AT: Final = rf"(?:{_BLANK}?[@＠]{_BLANK}?|%40|&#64;|\s?[(\[（【]\s?at\s?[)\]）】]\s?|\s+at\s+)"
_DOT: Final = r"(?:[.．。]|\s?[(\[（【]\s?dot\s?[)\]）】]\s?|\s+dot\s+)"
_LONGER_DOMAIN: Final = r"(?-i:\.[a-z]{2,3}(?![a-z]))"
"""`chen@firm.com.cn` is somebody else than `chen@firm.com`; behind the point of a sentence stands a longer word."""
_CHINESE_NAME: Final = re.compile(r"[\u4e00-\u9fff·]{2,4}")
_BETWEEN_DIGITS: Final = rf"[\s().\-－–—·（）{INVISIBLE}]{{0,3}}"
_FULL_WIDTH: Final = 0xFEE0
"""From a sign of ASCII to the one as wide as a Chinese one."""
_NO_DIGIT_OF_A_NUMBER: Final = ("<super>", "<sub>", "<circle>", "<fraction>")


def half_width(text: str) -> str:
    """８６ as 86, without blanks around; what is raised, lowered, circled or a fraction stays: 10² is no 102."""
    return "".join(
        sign
        if unicodedata.decomposition(sign).startswith(_NO_DIGIT_OF_A_NUMBER)
        else unicodedata.normalize("NFKC", sign)
        for sign in text
    ).strip()


def code_as_kept(written: str) -> str:
    """The code of a case or round, or the id of what a case asks, as it is kept; any other text as it was written.

    People type it in small letters, and Chinese keyboards write it full width or with dashes of their own.
    """
    seen = re.sub(f"[{INVISIBLE}]", "", half_width(written))
    plain = seen.translate(_DASHES).strip().upper()
    return plain if _CODE.fullmatch(plain) else written


def as_address(address: str) -> str:
    """Also with `(at)`, `%40`, full-width signs, blanks around the @ and what nobody sees between its signs."""
    local, _, domain = address.partition("@")
    written = f"{_UNSEEN}{_AT}".join(_UNSEEN.join(map(_sign_of_address, part)) for part in (local, domain))
    before = rf"(?<![0-9A-Za-z._+-])(?<![0-9A-Za-z._+-][{INVISIBLE}])"
    return rf"{before}{written}(?![0-9A-Za-z_-])(?!{_LONGER_DOMAIN})"


def plain_address(written: str) -> str:
    """The address that `as_address` found, in lower case as it is kept."""
    text = re.sub(f"[{INVISIBLE}]", "", unicodedata.normalize("NFKC", written)).lower()
    at = re.sub(r"%40|&#64;|\s*[(\[【]\s?at\s?[)\]】]\s*|\s+at\s+", "@", text)
    return "".join(re.sub(r"\s*[(\[【]\s?dot\s?[)\]】]\s*|\s+dot\s+|。", ".", at).split())


def as_name(name: str) -> str:
    """Chinese ones also with blanks between; Latin ones only as whole words, and two in either order."""
    if _CHINESE_NAME.fullmatch(name):
        return (_BLANK + "{0,2}").join(map(re.escape, name))
    words = [_UNSEEN.join(map(_sign, word)) for word in name.split()]
    blanks = f"{_BLANK}{{1,9}}"
    if not name.isascii():
        return blanks.join(words)
    orders = {blanks.join(words)}
    if len(words) == 2:
        orders = {f"[,，]?{blanks}".join(order) for order in (words, words[::-1])}
    return rf"(?<!{_LATIN})(?:{'|'.join(sorted(orders))})(?!{_LATIN})"


def as_phone(national: str) -> str:
    """By the digits as they are dialled at home, however they are grouped, with or without the prefix of a country."""
    digits = _BETWEEN_DIGITS.join(map(_sign, national))
    return rf"(?<!\d)(?<![A-Za-z]-)(?:(?:[+＋]|00)?[8８][6６]{_BETWEEN_DIGITS})?[(（]?(?:[0０]{_UNSEEN})?{digits}(?!\d)"


def _sign(sign: str) -> str:
    return f"[{re.escape(sign)}{chr(ord(sign) + _FULL_WIDTH)}]" if "!" <= sign <= "~" else re.escape(sign)


def _sign_of_address(sign: str) -> str:
    return _DOT if sign == "." else _sign(sign)
