"""The grammar of one answer: a cleaned line and the lines below it become a reading.

Strict in both languages: what it does not know is *unclear*, with the cause in words for the mail that asks back. It
must not read whole mails (`reply` does) and not know who may decide what.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Final

from crm_workflows.domain.mail import words
from crm_workflows.domain.mail.doubt import is_doubtful, is_readable
from crm_workflows.domain.mail.reading import Reading, ReadingKind
from crm_workflows.domain.text import bilingual

NAMES: Final[dict[ReadingKind, tuple[str, str]]] = {
    "approve": ("同意", "approve"),
    "uphold": ("维持", "still yes"),
    "change": ("改批", "change"),
    "reject": ("驳回", "reject"),
    "send_back": ("退回", "send back"),
    "delegate": ("转", "delegate to"),
    "add_approver": ("加签", "add"),
    "ask": ("问", "ask"),
    "undo": ("撤销", "undo"),
    "remind": ("催办", "remind"),
    "recall": ("撤回", "recall"),
    "copy": ("抄送", "copy"),
}
NEEDS_REASON: Final = "没有写明原因；请在同一行写出原因 / There is no reason; please write one on the same line"
_NEEDS_NAME: Final = "没有写明是哪一位；请写一个姓名或邮箱 / It does not say who; please write one name or address"
_NEEDS_VALUE: Final = (
    "没有写明改为多少；请写完整的数字，例如“改批 250000” / It does not say to what; write the whole number"
)
_NOT_REFUSED: Final = "看不出是否真的驳回 / It is not clear whether this is a rejection"
STRUCK_OUT: Final = "第一行有划掉或看不见的文字 / Something on the first line is struck out or cannot be seen"
LOST: Final = (
    "第一行表示同意，但下面有一行的文字已丢失或无法辨认；如果没有附加条件，请只回复“同意” / The first line approves,"
    " but letters of a line below it were lost or cannot be read; if you approve as it is, reply with “approve” alone"
)
_MORE_BEHIND: Final = (
    "第一行在“同意”后面还有别的话，不能确定是否附有条件；请第一行只写“同意”，意见从第二行写起 / "
    "More than “approve” stands on the first line, which may be a condition; write “approve” alone there, and comments "
    "from the second line on"
)
_TWO_ANSWERS: Final = "里面有两种不同的答复 / It holds two different answers"


def read_line(line: str, rest: Sequence[str]) -> Reading:
    """The answer on a cleaned `line`, with the visible lines below it as `rest`."""
    if words.clean_line(words.STRUCK_OUT) in line:
        return unclear(line, rest, STRUCK_OUT)
    if line == words.TWO_VERSIONS:
        return unclear(line, rest, words.TWO_VERSIONS)
    answer = words.without_lead(line)
    agrees: ReadingKind | None = "approve" if approves(answer) else "uphold" if upholds(answer) else None
    if agrees is not None:
        doubtful = next((following for following in rest if is_doubtful(following)), None)
        if doubtful is not None:
            return unclear(line, rest, why_doubtful(doubtful))
        return _understood(agrees, None, "\n".join(rest))
    for kind, pattern in words.COMMANDS:
        found = pattern.match(answer)
        if found:
            reading = _read_command(kind, answer, answer[found.end() :], rest)
            return replace(reading, place=words.place_in(found.group()))
    return unclear(line, rest, _why_beside_approval(answer) or words.why_unclear(line))


def approves(answer: str) -> bool:
    """True when a cleaned line is an approving word and nothing but listed courtesies."""
    found = words.APPROVE.match(answer)
    if not found or ".." in answer or "。。" in answer:
        return False
    left = words.without_courtesies(answer[found.end() :])
    while left.startswith("/") or words.APPROVE.match(left):
        again = words.APPROVE.match(left.lstrip("/ "))
        if not again:
            return False
        left = words.without_courtesies(left.lstrip("/ ")[again.end() :])
    return not left


def _why_beside_approval(answer: str) -> str:
    """Why an approving word with more behind it on its line is no answer; empty where something else is the matter."""
    found = words.APPROVE.match(answer)
    said = words.without_courtesies(answer[found.end() :]) if found else ""
    if not said or words.is_question(answer) or words.approves_value(answer):
        return ""
    if is_readable(said) and is_doubtful(said):
        return why_doubtful(said, "后面", "behind it")
    return _MORE_BEHIND


def upholds(answer: str) -> bool:
    """True when a cleaned line says that an earlier approval stands, and nothing but listed courtesies."""
    return _is_all(answer, words.UPHOLD)


def says_only(line: str, known: re.Pattern[str]) -> bool:
    """True when a line, as it was written, is one of the `known` words and nothing but listed courtesies around it."""
    return _is_all(words.without_lead(words.clean_line(line)), known)


def reason_behind(line: str, known: re.Pattern[str]) -> str:
    """The reason that a line gives behind one of the `known` words, read as a rejection's; empty where in doubt."""
    answer = words.without_lead(words.clean_line(line))
    found = known.match(answer)
    reading = _read_command("reject", answer, answer[found.end() :], ()) if found else None
    return words.as_written(line, reading.comment) if reading and reading.decides else ""


def _is_all(answer: str, known: re.Pattern[str]) -> bool:
    found = known.match(answer)
    return found is not None and ".." not in answer and not words.without_courtesies(answer[found.end() :])


def why_doubtful(line: str, zh_where: str = "下面", en_where: str = "below it") -> str:
    """Quotes what makes the approval above or before it doubtful, without what would split a label."""
    if not is_readable(line):
        return LOST
    said = line.strip().replace(" / ", "/")[:60]
    zh = f"第一行表示同意，但{zh_where}的“{said}”像是条件、否定或疑问；如果没有附加条件，请只回复“同意”"
    en = f"The first line approves, but “{said}” {en_where} reads like a condition, a refusal or a question; "
    return bilingual(zh, en + "if you approve as it is, reply with “approve” alone")


def _read_command(kind: ReadingKind, line: str, said: str, rest: Sequence[str]) -> Reading:
    if kind == "change":
        return _read_value(line, said, rest)
    if kind in ("remind", "recall"):
        return _understood(kind, None, "\n".join(part for part in (said.lstrip(words.SEPARATORS), *rest) if part))
    if kind == "undo":
        left = words.without_courtesies(said)
        return unclear(line, rest, words.why_unclear(line)) if left else _understood(kind, None, "\n".join(rest))
    if kind == "ask":
        whom, said = _asked_by_name(said.lstrip(words.SEPARATORS))
        if words.is_placeholder(_joined(said, _above_a_rule(rest))):
            return unclear(line, rest, "没有写出问题 / The question itself is missing")
        return _understood(kind, whom, _joined(said, rest))
    if words.is_question(line) or words.CONDITION.search(line):
        return unclear(line, rest, words.why_unclear(line))
    if kind in ("delegate", "add_approver", "copy"):
        return _read_person(kind, line, said, rest)
    return read_refusal(kind, line, said, rest)


def read_refusal(kind: ReadingKind, line: str, said: str, rest: Sequence[str]) -> Reading:
    """A rejection or a send-back with its reason in `said` or `rest`; unclear without one (G-2)."""
    said = said.lstrip(words.SEPARATORS)
    target = words.RULE.match(said) if kind == "send_back" else None
    rule = None
    if target:
        rule = f"{target['part'] or target['part2']}-{int(target['number'] or target['number2'])}".upper()
        said = said[target.end() :].lstrip(words.SEPARATORS)
    because = words.BECAUSE.match(said)
    reason = said[because.end() :].lstrip(words.SEPARATORS) if because else said
    if not because and (words.CONTRAST.match(said) or words.ASKING.match(said)):
        return unclear(line, rest, words.why_unclear(line))
    if words.denies_refusing(line, reason):
        return unclear(line, rest, _NOT_REFUSED)
    if words.approves_within(reason) or approves(reason) or any(_approves_below(below) for below in rest):
        return unclear(line, rest, _TWO_ANSWERS)
    if not words.without_courtesies(reason):
        reason = ""
    if words.is_no_reason(reason or (words.clean_line(rest[0]) if rest else "")):
        return unclear(line, rest, _NOT_REFUSED)
    stated = _joined(reason, _above_a_rule(rest))
    doubtful = not reason and bool(rest) and _is_turn(words.clean_line(rest[0]))
    if doubtful or words.is_placeholder(stated):
        return unclear(line, rest, _TWO_ANSWERS if doubtful else NEEDS_REASON)
    return _understood(kind, rule, _joined(reason, rest))


def _above_a_rule(rest: Sequence[str]) -> Sequence[str]:
    """The lines down to a ruled one: what stands below that may be a signature, which is no reason."""
    return list(takewhile(lambda line: not words.is_ruled(line), rest))


def _joined(said: str, rest: Sequence[str]) -> str:
    return "\n".join(part for part in (said, *rest) if part)


def _approves_below(line: str) -> bool:
    cleaned = words.clean_line(line[: words.LONGEST_LINE])
    clauses = (cleaned, *re.split(r"[,.。;:!]", cleaned))
    return any(approves(words.without_lead(one.strip())) for one in clauses) or bool(words.OWN_APPROVAL.search(cleaned))


def _is_turn(line: str) -> bool:
    return bool(words.TURN.match(line) or words.CONDITION.match(line))


def _read_person(kind: ReadingKind, line: str, said: str, rest: Sequence[str]) -> Reading:
    said = said.lstrip(words.SEPARATORS + "@")
    name, separator, more = _split_at_first(said, ",。;:!")
    if any(word in name.lower() for word in ("、", "和", "与", " and ", " or ", "或", "/")):
        return unclear(line, rest, "一次只能写一位 / Only one person at a time")
    token, _, after = name.partition(" ")
    if not token.isascii() or ("@" in token and not token.startswith("<")):
        name, more = token, f"{after} {separator if after else ''}{more}"
    more = words.without_courtesies(more)
    name = words.PLEASE.sub("", " ".join(name.split())).strip(words.SEPARATORS)
    if words.is_placeholder(name) or len(name) > 80 or len(name.split()) > 5:
        return unclear(line, rest, _NEEDS_NAME)
    return _understood(kind, name, "\n".join(part for part in (more, *rest) if part))


def _asked_by_name(said: str) -> tuple[str | None, str]:
    """Whom a question goes to, where it names somebody by `@`, and the question."""
    if not said.startswith("@"):
        return None, said
    name, _, question = said[1:].partition(" ")
    return name.strip(words.SEPARATORS) or None, question.lstrip(words.SEPARATORS)


def _read_value(line: str, said: str, rest: Sequence[str]) -> Reading:
    """The new value, as it was written, and what else was said."""
    found = words.VALUE.match(said.lstrip(words.SEPARATORS))
    if found is None or words.is_question(line) or words.CONDITION.search(line):
        return unclear(line, rest, _NEEDS_VALUE)
    more = said.lstrip(words.SEPARATORS)[found.end() :].lstrip(words.SEPARATORS)
    more = words.without_courtesies(more)
    if any(is_doubtful(below) for below in (more, *rest) if below):
        return unclear(line, rest, why_doubtful(more or rest[0]))
    return _understood("change", found.group().strip(), "\n".join(part for part in (more, *rest) if part))


def _split_at_first(text: str, marks: str) -> tuple[str, str, str]:
    at = next((index for index, char in enumerate(text) if char in marks), len(text))
    return text[:at], text[at : at + 1], text[at + 1 :]


def _understood(kind: ReadingKind, target: str | None, comment: str) -> Reading:
    chinese, english = NAMES[kind]
    return Reading(kind, target, comment.strip(), f"第一行读作“{chinese}” / The first line reads “{english}”")


def unclear(line: str, rest: Sequence[str], why: str) -> Reading:
    return Reading("unclear", None, "\n".join([line, *rest]).strip(), why)
