"""Where a reply's own words end and its signing off begins: courtesies, a name, a title, telephone numbers.

It cuts only what has the form of a signature down to the last line, and nothing that could take an approval back, so
that no reservation hides below "谢谢". It must not cut quotes or notices (`visible_text` does).
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

from crm_workflows.domain.mail import words
from crm_workflows.domain.mail.doubt import is_doubtful

_MOST_LINES: Final = 12
_LONGEST_LINE: Final = 100
_DASHES: Final = " \t-—–―,.。:;!~·"
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤張劉陳楊黃趙吳孫馬鄭許韓馮鄧"
)
_CHINESE_NAME = re.compile(
    rf"[{_SURNAMES}] ?[\u4e00-\u9fff] ?[\u4e00-\u9fff]?|(?:欧阳|司马|上官|诸葛|司徒|夏侯|皇甫)[\u4e00-\u9fff]{{1,2}}"
)
_ENGLISH_NAME = re.compile(r"[A-Z][A-Za-z'’.-]*(?: [A-Z][A-Za-z'’.-]*){0,3}")
_CONTACT = re.compile(
    r"(?:电话|手机|座机|传真|邮箱|邮编|微信|地址|网址|电邮|办公室|t|p|m|tel|phone|mobile|cell|fax|e-?mail|web|address|qq)"
    r"\.? ?[:/ ].*|[^|]{1,60}\|.*|[+(]?\d[\d ()+/.-]{5,30}|[^\s@]+@[^\s@]+|(?:https?://|www\.)\S+",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r".*(?:部|处|科|室|中心|经理|总监|主任|主管|总裁|董事长?|厂长|工程师|公司|集团|股份)$|"
    r".*\b(?:head of|manager|director|officer|president|engineer|chief|department|dept|division|ltd|inc|gmbh|llc|"
    r"company|corporation|c[etf]o)\b.*",
    re.IGNORECASE,
)


def without_signature(lines: Sequence[str], names: Collection[str] = ()) -> list[str]:
    """`lines` (below the answer, empty ones kept) up to the signature; `names` are those by which the writer signs."""
    known = {words.clean_line(name).casefold() for name in names if len(name.strip()) > 1}
    tail = max(0, len(lines) - 3 * _MOST_LINES)
    cleaned = [words.clean_line(line[: words.LONGEST_LINE]) for line in lines[tail:]]
    for index, line in enumerate(cleaned):
        apart = index == 0 or not cleaned[index - 1]
        following = [text for text in cleaned[index + 1 :] if text]
        if line and _fits([line, *following]) and _begins(line, following, known, apart=apart):
            return list(lines[: tail + index])
    return list(lines)


def _begins(line: str, following: Sequence[str], known: Collection[str], *, apart: bool) -> bool:
    """True where signing off begins at `line`: what follows it is known to have the size and tone of a signature."""
    left = words.without_courtesies(line)
    if left != line.lstrip(words.SEPARATORS):
        if left:
            return _is_name(left, known)
        return not following or _begins(following[0], following[1:], known, apart=True) or _is_name(following[0], known)
    if _is_known(line, known) or _CONTACT.fullmatch(line):
        return True
    name, _, title = line.partition(" ")
    is_titled = bool(_CHINESE_NAME.fullmatch(name) and _TITLE.fullmatch(title))
    return apart and (is_titled or _is_name(line, known)) and bool(following) and _is_card(following[0])


def _fits(block: Sequence[str]) -> bool:
    return len(block) <= _MOST_LINES and not any(len(line) > _LONGEST_LINE or is_doubtful(line) for line in block)


def _is_card(line: str) -> bool:
    return bool(_CONTACT.fullmatch(line) or _TITLE.fullmatch(line))


def _is_name(line: str, known: Collection[str]) -> bool:
    bare = line.strip(_DASHES)
    return _is_known(line, known) or bool(_CHINESE_NAME.fullmatch(bare) or _ENGLISH_NAME.fullmatch(bare))


def _is_known(line: str, known: Collection[str]) -> bool:
    """The writer's name, alone or with what stands behind it on a card ("王芳 | 市场部", "王芳 市场部经理")."""
    bare = line.strip(_DASHES).casefold()
    if bare in known:
        return True
    name = next((name for name in known if bare.startswith(name)), "")
    more = bare[len(name) :].strip(_DASHES + "|/(")
    return bool(name) and not bare[len(name)].isalnum() and _is_card(more)
