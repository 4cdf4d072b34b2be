"""The lines at which somebody's own words end: attributions, delimiters, header blocks, signatures, banners.

Rules of form and closed word lists, each looking at a bounded piece of text, so that no input makes them slow. It must
not decide what is shown: `visible_text` does.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

LONGEST_MARKER: Final = 600  # characters; a longer line is prose or an attack, never a marker
_ATTRIBUTION_LINES: Final = 6
_BLOCK_LINES: Final = 8

_DATE = r"(?:\d{4}\s?[年/.-]\s?\d{1,2}|\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2,4}|\d{1,2}:\d{2}|\b\d{4}\b)"
_ADDRESS = r"[^\s<>@,;:\"]{1,80}@[^\s<>@,;:\"]{1,120}"
_VERB = (
    r"(?:wrote|writes|schrieb|a écrit|ha scritto|escribió|escribio|escreveu|schreef|geschreven|napisał(?:\(?a\)?)?|"
    r"napisal|skrev|kirjoitti|написала?(?:\(а\))?|написав|пишет|пише|写道|寫道|写到|來信|来信|escribe|のメール)"
)
_OPENER = re.compile(
    r"[-*\s]{0,6}(?:(?:on|at|am|le|el|il|in data|op|em|dnia|w dniu|den|på|в|在|于|於)\b|(?:在|于|於)\s?\d)",
    re.IGNORECASE,
)
_HAS_DATE = re.compile(_DATE)
_HAS_ADDRESS = re.compile(_ADDRESS)
_ENDS_WITH_VERB = re.compile(rf"(?:\b|(?<=[\s\d>)])){_VERB}\s?[:：]?[\s*-]{{0,8}}$", re.IGNORECASE)
_VERB_AND_COLON = re.compile(rf"\b{_VERB}\s?[:：]$|写道[:：]$", re.IGNORECASE)
_ENDS_WITH_ADDRESS = re.compile(r"@[^\s@<>]{1,120}\s?[>\])]{0,2}\s?[:：]$")
_VERB_BEFORE_NAME = re.compile(
    rf"{_DATE}.{{0,40}}\b{_VERB}\b.{{1,120}}@.{{1,120}}[:：]$|{_DATE}.{{0,80}}写道[:：]$", re.IGNORECASE
)
_YOU_WROTE = re.compile(r"^on\b.{4,60}\byou wrote:$", re.IGNORECASE)
_BARE_DATE_FIRST = re.compile(
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d{2}(?: GMT[+-]\d{2}:\d{2})? \S.{0,120}| \S.{0,100}@[^\s@]{3,80})$"
)

_DELIMITER = re.compile(
    r"^[\s*>]{0,4}(?:[-_=—–－]{2,40}|#{3,10})[\s*]{0,4}(?P<words>[^\W\d_][^-_=—–－]{2,60}?)[\s*]{0,4}[-_=—–－#]{2,40}[\s*]{0,4}$"
)
_DELIMITER_WORD = re.compile(
    r"original|原始|原邮件|原郵件|邮件原件|郵件原件|原信|forward|fwd|转发|轉寄|轉發|转寄|回复|回覆|答复|reply|message|nachricht|"
    r"besked|meddelande|mensaje|mensagem|messaggio|bericht|wiadomość|wiadomo|сообщение|письмо|邮件|郵件|メッセージ|원본",
    re.IGNORECASE,
)
_BARE_FORWARD = re.compile(
    r"^(?:begin forwarded message|开始转发的信息|开始转发的邮件|開始轉寄的郵件)\s?[:：]?$", re.IGNORECASE
)
_FORWARD_WORD = re.compile(r"forward|fwd|转发|轉寄|轉發|转寄|weitergeleitet|transféré|reenviado", re.IGNORECASE)

_LABELS: Final = {
    "from": "from|de|von|van|da|fra|från|od|от|från|发件人|發件人|寄件者|寄件人|差出人|보낸 사람|message du",
    "date": "sent|date|envoyé|envoyé le|gesendet|datum|verzonden|inviato|data|sendt|dato|skickat|wysłano|enviado|"
    "enviado el|enviada em|fecha|дата|отправлено|发送时间|发送日期|時間|时间|日期|寄件日期|傳送時間|發送時間|傳送日期|"
    "送信日時|日時",
    "to": "to|à|a|an|aan|til|till|do|para|кому|收件人|收件者|宛先|받는 사람",
    "cc": "cc|kopie|copie à|copia|kopia|копия|抄送|副本|reply-to|risposta|回复|回覆",
    "subject": "subject|objet|betreff|onderwerp|oggetto|emne|ämne|temat|asunto|assunto|sujet|тема|主题|主旨|主題|件名",
}
_LABEL_KIND: Final = {word: kind for kind, words in _LABELS.items() for word in words.split("|")}
_LABEL_LINE = re.compile(r"^[\s*|>]{0,12}(?P<label>[^\W\d_][^:：|*]{0,24}?)[\s*]{0,6}[:：|]")

_SIGNATURE_RULE = re.compile(r"^\s{0,3}(?:-- ?|—|--\xa0|__|_{5,}|[—–―]{2,}|[|\s]*\|[|\s]*)\s*$")
_DEVICE_TAIL = r"[\s\S]{0,90}$"
_CLIENT_LINE = re.compile(
    r"^[\s<(\[*_「【|]{0,6}(?:"
    r"发自(?!内心|肺腑)|發自(?!內心|肺腑)|来自我的|來自我的|从我的.{1,30}发[送出]|從我的.{1,30}[傳發]送|自我的.{1,30}傳送|"
    r"从 ?windows ?版|透過.{1,20}傳送|通过.{0,8}(?:outlook|邮箱|手机|iphone|android|移动).{0,12}发送$|"
    r"使用.{1,20}(?:邮箱|大师|郵箱)发送|"
    r"(?:获取|下载|取得|獲取|下載).{0,14}outlook|签名由.{0,12}(?:网易|邮箱)|由.{0,6}网易邮箱大师|"
    r"get \[?outlook for|download outlook|envoyé (?:depuis|de|à partir de|avec|par) |enviado (?:desde|do|de|a partir) |"
    r"inviato (?:da|dal) |verzonden (?:met|vanaf|via) |skickat från |sendt fra |wysłane? z |отправлено (?:с|из) |"
    r"von mein\w{0,3} .{1,40}gesendet|gesendet (?:von|mit) |diese nachricht wurde von|.{1,30}から送信"
    r")" + _DEVICE_TAIL,
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"^[\s<(\[*_]{0,6}sent (?:from|via|with|using) (?P<what>[^,.;!?]{1,80})(?P<rest>.{0,90})$", re.IGNORECASE
)
_APOLOGY = re.compile(
    r"^[\s,.;!]{0,4}(?:$|[>)\]*_]|(?:please|pls|excuse|sorry|pardon|apolog|抱歉|请原谅))", re.IGNORECASE
)
_LINK = re.compile(r"<?\(?https?://[^\s>)]{1,300}[>)]?")
_DISCLAIMER = re.compile(
    r"^[\s*【\[(（]{0,4}(?:disclaimer\b|confidential(?:ity)?(?: notice| note|:)|"
    r"this (?:e-?mail|message)(?: and any| \(and)|"
    r"(?:please )?(?:consider|think of) the environment|(?:please )?think before (?:you )?print|"
    r"请?(?:考虑|爱护|保护)环境.{0,20}打印|打印前请|"
    r"the information contained in this (?:e-?mail|message|communication)|保密声明|保密聲明|免责声明|免責聲明|保密提示|"
    r"(?:本|此)(?:电子)?(?:邮件|郵件)(?:及其|及|和).{0,8}(?:附件|附檔))",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"^[\s*【\[(（!⚠️]{0,6}(?:"
    r"(?:caution|warning|external|security notice|attention)\b.{0,40}?(?:[:：\]】-]|\be-?mail|\bsender)|"
    r"外部邮件|外部郵件|外部来信|(?:注意|警告|提醒|安全提示|提示)?[:：,，!！]?\s?"
    r"(?:此|该|本|这封)(?:邮件|郵件)(?:来自|來自|源自|为|是)?(?:公司)?外部|"
    r"\[?ext(?:ernal)?\]?$)",
    re.IGNORECASE,
)


def bare(line: str) -> str:
    """The line without invisible format characters and outer space: what a reader sees of it."""
    if line.isascii():
        return line.strip()
    return "".join(char for char in line if unicodedata.category(char) != "Cf").replace("\xa0", " ").strip()


def is_quote(line: str) -> bool:
    """True for a line that a mail program marked as quoted."""
    return bare(line[:40]).startswith((">", "＞", "》>"))


def attribution_end(lines: Sequence[str], start: int) -> int:
    """Where an attribution ("On … wrote:", "在 … 写道：") that begins at `start` is over; 0 when none begins there.

    Programs wrap it over several lines, some of them empty. Only a first line with a date and an opening word may go
    on, since otherwise a sentence that begins with "On" would reach down to the attribution below it.
    """
    first = bare(lines[start][:LONGEST_MARKER])
    if not first or len(lines[start]) > LONGEST_MARKER:
        return 0
    if _is_attribution(first) or (_VERB_AND_COLON.search(first) and _quote_is_next(lines, start + 1)):
        return start + 1
    if not (_HAS_DATE.search(first) and (_OPENER.match(first) or first.endswith(("<", "(", ">")) or "@" in first)):
        return 0
    joined = first
    for index in range(start + 1, min(start + _ATTRIBUTION_LINES, len(lines))):
        following = bare(lines[index][:LONGEST_MARKER])
        if len(joined) + len(following) > LONGEST_MARKER or _OPENER.match(following):
            return 0
        if following:
            joined = f"{joined} {following}"
            if _is_attribution(joined):
                return index + 1
    return 0


def _quote_is_next(lines: Sequence[str], index: int) -> bool:
    return any(is_quote(line) for line in lines[index : index + 1] if line) or (
        index + 1 < len(lines) and not bare(lines[index][:40]) and is_quote(lines[index + 1])
    )


def _is_attribution(line: str) -> bool:
    dated, addressed = bool(_HAS_DATE.search(line)), bool(_HAS_ADDRESS.search(line))
    if _ENDS_WITH_VERB.search(line):
        return dated or addressed or bool(_YOU_WROTE.match(line))
    if dated and (_ENDS_WITH_ADDRESS.search(line) or _VERB_BEFORE_NAME.search(line)):
        return True
    return bool(_BARE_DATE_FIRST.match(line))


def is_delimiter(line: str) -> bool:
    """True for "-----Original Message-----", "------------------ 原始邮件 ------------------" and their kin."""
    if len(line) > 200:
        return False
    shown = bare(line)
    found = _DELIMITER.match(shown)
    if not found:
        return bool(_BARE_FORWARD.match(shown))
    said = found["words"]
    return bool(_DELIMITER_WORD.search(said)) or attribution_end([said], 0) > 0


def is_forward(line: str) -> bool:
    """True when a delimiter announces a forwarded mail, not the one answered."""
    return len(line) <= 200 and bool(_FORWARD_WORD.search(line))


def label_kind(line: str) -> str:
    """Which header the line looks like (`from`, `date`, `to`, `cc`, `subject`), or an empty string."""
    found = _LABEL_LINE.match(bare(line[:200]))
    if not found:
        return ""
    label = re.sub(r"[\s\u3000]+", " ", found["label"]).strip().casefold()
    return _LABEL_KIND.get(label) or _LABEL_KIND.get(label.replace(" ", ""), "")


def header_block_end(lines: Sequence[str], start: int) -> int:
    """Where a block of header lines ("From: … Sent: … Subject: …") that begins at `start` is over; 0 when none does."""
    if not label_kind(lines[start]):
        return 0
    kinds: set[str] = set()
    end = start
    for index in range(start, min(start + _BLOCK_LINES, len(lines))):
        kind = label_kind(lines[index])
        if kind:
            kinds.add(kind)
            end = index + 1
        elif not bare(lines[index][:LONGEST_MARKER]) and len(kinds) > 1:
            break
    return end if len(kinds) > 2 or ("from" in kinds and len(kinds) > 1) else 0


def is_signature_rule(line: str) -> bool:
    """True for "-- ", long underscores and the empty table of a signature; what follows are not the writer's words."""
    return len(line) <= 200 and bool(_SIGNATURE_RULE.match(line))


def is_client_line(line: str) -> bool:
    """True for "Sent from my iPhone", "发自我的 小米", "获取 Outlook for iOS" and the like."""
    if len(line) > 300:
        return False
    shown = _LINK.sub("", bare(line)).strip()
    if _CLIENT_LINE.match(shown):
        return True
    found = _SENT_FROM.match(shown)
    return found is not None and len(found["what"].split()) <= 8 and bool(_APOLOGY.match(found["rest"]))


def is_disclaimer(line: str) -> bool:
    """True where a legal notice begins."""
    return bool(_DISCLAIMER.match(line[:120]))


def is_banner(line: str) -> bool:
    """True for a warning that a mail gateway put above the text ("CAUTION: external", "【外部邮件】")."""
    return bool(_BANNER.match(bare(line[:200])))
