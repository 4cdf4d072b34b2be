"""What one line of a reply says of a callback: the result, the grade and a summary (CB-4).

It takes a line only where all of it is understood. What belongs into a field of its own is for the form, but for
promises, which stand behind all else.
"""

import re
import unicodedata
from typing import Any, Final

from crm_workflows import bilingual, complaint_words
from flows.periodic_callbacks import promises

HOW: Final = (
    "可直接用一行答复：“已联系上”、满意度（1–5）和摘要，或“未联系上”，或“本次不回访”和原因，例如“已联系上 5 运行平稳”；"
    "承诺写在其后，如“；承诺 6月3日 寄样品”；有投诉、需求、资料变更、约定日期的，请填写表单 / "
    "You can answer in one line: “reached”, the satisfaction (1–5) and a summary, or “not reached”, or “skip” and why, "
    "such as “reached 5 runs smoothly”; promises behind it, as “; promise 2026-06-03 send a sample”; complaints, "
    "needs, changed data and dates go into the form"
)
RESULTS: Final = {
    "not_reached": r"未联系上|没有?联系上|联系不上|not reached",
    "skip": r"本次不回访|skip",
    "reached": r"已?联系上了?|reached",
}
ANY_RESULT: Final = re.compile("|".join(RESULTS.values()), re.IGNORECASE)
APART: Final = r"[\s,;:，；：。.、]+"
GRADE: Final = re.compile(
    r"(?:满意度|satisfaction)?[\s:：]*([1-5])(?:\s*分)?(?![\d.]*\d)(?=[\s,;:，；：。、]|\.\s)", re.IGNORECASE
)
SEVERAL: Final = re.compile(
    r"[\s,，;；、]*(?:[-~–—/到至或和]|(?:or|to|and|of|out of)\b)?\s*(?:\d|[一二三四五]分|半)", re.IGNORECASE
)
"""Behind a grade: another number, so that nobody knows which one is meant."""
ELSEWHERE: Final = re.compile(
    r"投诉|抱怨|索赔|退货|退款|需求|(?<!不)需要|想要|想订|询价|承诺|答应|保证|下次|改天|约定|约了|变更|换了|更换|搬|停业|新的?(?:电话|手机|邮箱|地址|联系人)"
    r"|满意度|不满|\b(?:complain\w*|claims?|refund\w*|returns?|needs?|wants?|quot\w+|promis\w+|agreed|next|changed?|moved"
    r"|new|satisfaction|unhappy|dissatisfied)\b",
    re.IGNORECASE,
)
"""What has a field of its own: a complaint in a summary would open no case (CB-6)."""
GRIEVANCE: Final = re.compile(
    r"投诉|抱怨|索赔|退货|退款|不满|\b(?:complain\w*|claims?|refund\w*|returns?|unhappy|dissatisfied)\b", re.IGNORECASE
)
"""What no promise may hide: it is a complaint."""
PROMISED: Final = re.compile(r"\s*[,;。]\s*(?:承诺|promised?)[\s:]*(?=\d)", re.IGNORECASE)
"""Begins a promise behind all else; its day follows."""
CLAUSE: Final = re.compile(r"[,;。](?!\d)|\.\s")
"""Behind it a promise may go on, or something else begin."""
TAKEN_BACK: Final = re.compile(
    r"[?？]|吗|等等|等一下|先别|先不|暂不|不要记|别记|撤[回销]|作废|写错|发错|算了|可能|大概|好像|也许|不确定|没把握|待确认"
    r"|\b(?:wait|cancel|ignore|mistake|maybe|perhaps|probably|possibly|unsure|not sure|i think)\b",
    re.IGNORECASE,
)
LONGEST: Final = 2000


def read(words: str) -> dict[str, Any] | None:
    """The fields of the form; None where the line, or there being more than one, leaves any doubt."""
    line = unicodedata.normalize("NFKC", words).strip()
    if "\n" in line or len(line) > LONGEST or TAKEN_BACK.search(line):
        return None
    said, *promised = PROMISED.split(line)
    if any(complaint_words.concerns(line).values()) or not all(map(_is_promise, promised)):
        return None
    fields = _fields(said)
    if not promised or fields is None:
        return fields
    return fields | {"promises": "\n".join(promised)} if fields["result"] == "reached" else None


def why_not(words: str) -> str:
    """What of the line was not understood, a label of one sentence; how it is written where nothing can be named."""
    line = unicodedata.normalize("NFKC", words).strip()
    if "\n" in line:
        return bilingual("请只写一行，回复中有多行", "write one line; there are several")
    doubt, (said, *promised) = TAKEN_BACK.search(line), PROMISED.split(line)
    if doubt:
        return _because(doubt[0], "使人不能确定是否作数，请写明结果", "leaves open whether it counts; say what holds")
    if any(complaint_words.concerns(line).values()):
        return bilingual(
            "涉及安全、媒体或法律的内容，请填写表单中的“投诉”",
            "safety, press and law go into the form, under complaint",
        )
    for one in promised:
        if not _is_promise(one):
            return _why_no_promise(one)
    elsewhere = ELSEWHERE.search(_without_name(said))
    if elsewhere:
        return _because(
            elsewhere[0], "在表单中另有一栏，一行答复记不下，请填写表单", "has a field of its own; fill in the form"
        )
    return _why_no_result(said) or HOW


def _why_no_promise(words: str) -> str:
    day = promises.DAY.match(words)
    if day and promises.one(f"{day[0]} x", promises.LEAP) is None:
        return bilingual(
            f"承诺的日期“{day[0]}”不存在，请核对", f"the day “{day[0]}” of the promise does not exist; check it"
        )
    others = (GRIEVANCE, ANY_RESULT, promises.DAY)
    said = words[day.end() :] if day else ""
    other = next(filter(None, (*(one.search(said) for one in others), _beside(said.strip(" ,;:、。")))), None)
    if other:
        return _because(other[0], "不能写在承诺中，请分开写或填写表单", "cannot stand in a promise; fill in the form")
    zh, en = promises.HOW
    return bilingual(f"承诺请写日期和事项，如“{zh}”", f"a promise is a day and what, such as “{en}”")


def _why_no_result(said: str) -> str:
    """Of a line without promises; empty where nothing can be named."""
    begun = re.match(rf"(?:{ANY_RESULT.pattern})(?:{APART}|$)", said, re.IGNORECASE)
    if begun is None:
        return ""
    more = said[begun.end() :].strip()
    another = ANY_RESULT.search(more)
    if another:
        return _because(another[0], "是第二个结果，请只写一个", "is a second result; give one")
    if re.match(rf"(?:{RESULTS['reached']})(?:{APART}|$)", said, re.IGNORECASE) and not GRADE.match(f"{more} "):
        return bilingual(
            "没有满意度（1–5），请写在结果之后", "the satisfaction (1–5) is lacking; give it behind the result"
        )
    return ""


def _because(word: str, zh: str, en: str) -> str:
    """Names the word at which the line was put down."""
    return bilingual(f"“{word.strip()}”{zh}", f"“{word.strip()}” {en}")


def _is_promise(words: str) -> bool:
    """With a day, and nothing in it that is something else."""
    found = promises.one(words, promises.LEAP)
    others = (GRIEVANCE, ANY_RESULT, promises.DAY)
    return found is not None and not any(other.search(found.what) for other in others) and not _beside(found.what)


def _beside(promised: str) -> re.Match[str] | None:
    """What has a field of its own, such as a need, in a clause behind what was promised."""
    _, *more = CLAUSE.split(promised, maxsplit=1)
    return ELSEWHERE.search(more[0]) if more else None


def _fields(line: str) -> dict[str, Any] | None:
    if ELSEWHERE.search(_without_name(line)):
        return None
    for result, known in RESULTS.items():
        begun = re.match(rf"(?:{known})(?:{APART}|$)", line, re.IGNORECASE)
        if begun:
            more = line[begun.end() :].strip()
            return None if ANY_RESULT.search(more) else _filled(result, more)
    return None


def _without_name(line: str) -> str:
    """Without the word that only names the grade."""
    return re.sub(r"(?:满意度|satisfaction)(?=[\s:：]*[1-5](?!\d))", "", line, count=1, flags=re.IGNORECASE)


def _filled(result: str, more: str) -> dict[str, Any] | None:
    if result == "skip":
        return {"result": result, "reason": more} if _is_text(more) else None
    grade = GRADE.match(f"{more} ")
    if result == "not_reached":
        return None if grade else {"result": result, "summary": more}
    if grade is None or SEVERAL.match(more[grade.end() :]):
        return None
    summary = re.sub(rf"^{APART}", "", more[grade.end() :])
    return {"result": result, "satisfaction": int(grade[1]), "summary": summary} if _is_text(summary) else None


def _is_text(words: str) -> bool:
    return any(letter.isalpha() for letter in words)
