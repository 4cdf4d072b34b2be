"""The closed list of words by which a mail answers, in Chinese and English, and the words that make an answer doubtful.

What is not listed is not understood, on purpose: a new spelling is added here with a test, never guessed at. Patterns
expect a line after `clean_line`. It must not know what a decision does.
"""

import re
import unicodedata
from typing import Final

from crm_workflows.domain.mail.reading import ReadingKind

LONGEST_LINE: Final = 2000  # characters of the first line that are read; a longer one is no answer
STRUCK_OUT: Final = "[…]"  # stands for text that is struck out or hidden
# Heads the text of a mail whose versions answer differently, so that neither is taken for the answer.
TWO_VERSIONS: Final = "纯文本与网页两个版本的答复不同 / The plain and the HTML version of this mail answer differently"
SEPARATORS: Final = " \t,。.!、;:~-—–"

# The words themselves, in parts that docs/answers.md spells out: `a|b`, `(?:…)` and `?` and nothing else.
ZH_SELF: Final = "我|本人|我方|我们"
ZH_APPROVING: Final = "同意|批准|通过|通過"
ZH_REJECTING: Final = "驳回|駁回|拒绝|拒絕|不同意"
ZH_SENDING_BACK: Final = "退回(?:到|至|给)?"
ZH_OBJECT: Final = "(?:该|此|本|这个|这项|这份)?(?:申请|申請|请求|请示|事项|报告|认定|审批)"
ZH_LEAD: Final = "您好|你好|大家好|各位好|好的|好|收到|已收到|已阅|谢谢|辛苦了"
ZH_COURTESY: Final = (
    "谢谢(?:大家|各位|您|你|了)?|多谢|感谢|辛苦(?:大家|各位|您|你)?了?|祝好|此致|敬礼|顺祝商祺|"
    "请(?:继续|推进|办理|执行|知悉|按流程办理|尽快办理)"
)
ZH_UPHOLDING: Final = "维持(?:原(?:决定|意见))?|維持(?:原(?:決定|意見))?"
EN_APPROVING: Final = "approved?"
EN_UPHOLDING: Final = "still yes|still approved?"
EN_REJECTING: Final = "reject(?:ed)?"
EN_SENDING_BACK: Final = "(?:send|sent)(?: it| this)? back(?: to)?"
EN_OBJECT: Final = "(?:this|the|your) (?:request|application|case)|it|this|that"
EN_LEAD: Final = "hi all|hello all|dear all|hi|hello|okay|ok|yes|sure|great|thank you|thanks|noted|received"
EN_COURTESY: Final = (
    "many thanks|thanks a lot|thanks|thank you very much|thank you|thx|cheers|(?:best|kind|warm) regards|regards|"
    "best wishes|best|please (?:proceed|go ahead)|go ahead|proceed|well done|good work"
)
EMOJI: Final = "👍🙏😊🙂👌✅🎉"

_ZH_ABOUT = f"(?:{ZH_OBJECT})?"
_EN_ABOUT = f"(?: (?:{EN_OBJECT}))?"
_END = r"(?![a-z0-9_'’-])"

LEAD: Final = re.compile(rf"(?:{ZH_LEAD}|(?:{EN_LEAD}){_END})[\s,。.!、;:~]*", re.IGNORECASE)
APPROVE: Final = re.compile(
    rf"(?:(?:{ZH_SELF})?(?:{ZH_APPROVING}){_ZH_ABOUT}|(?:(?:i|we) )?(?:hereby )?{EN_APPROVING}{_EN_ABOUT}{_END})",
    re.IGNORECASE,
)
UPHOLD: Final = re.compile(
    rf"(?:(?:{ZH_SELF})?(?:{ZH_UPHOLDING})|(?:(?:i|we) )?(?:{EN_UPHOLDING}){_END})", re.IGNORECASE
)
"""For whoever has approved what was amended since: that they still do (G-6)."""
COURTESY: Final = re.compile(
    rf"(?:{ZH_COURTESY}|(?:{EN_COURTESY}){_END}|[{EMOJI}])[\U0001f3fb-\U0001f3ff]?", re.IGNORECASE
)
COMMANDS: Final[tuple[tuple[ReadingKind, re.Pattern[str]], ...]] = (
    (
        "reject",
        re.compile(
            rf"(?:(?:{ZH_SELF})?(?:{ZH_REJECTING}){_ZH_ABOUT}(?=$|[\s,。.!、;:~—–-]|(?:原因|理由)(?:$|[\s是为為如:,])|因为|因為|由于)"
            rf"|{EN_REJECTING}{_EN_ABOUT}(?=$|[\s,.!;:~—–])"
            rf"|(?:i|we) {EN_REJECTING}{_EN_ABOUT}(?=$|[,.!;:~—–]| (?:because|as|since|due to|-){_END}| [-—–]))",
            re.IGNORECASE,
        ),
    ),
    (
        "send_back",
        re.compile(
            rf"(?:{ZH_SENDING_BACK}(?=$|[\s,。.!、;:~—–-]|[a-z]{{1,3}}-?\d)|"
            rf"{EN_SENDING_BACK}(?=$|[\s,.!;:~—–-])|"
            r"send_back(?=$|[\s,.!;:]))",
            re.IGNORECASE,
        ),
    ),
    (
        "delegate",
        re.compile(
            r"(?:[转轉](?:[给給]|交[给給]?)|[转轉](?=$|[\s:,@])|"
            r"delegated?(?: (?:it|this))?(?: to)?(?=$|[\s:,@]))",
            re.IGNORECASE,
        ),
    ),
    (
        "add_approver",
        re.compile(
            r"(?:[前后後并並]?加[签簽](?:[给給])?|add_approver(?=[\s:])|"
            r"add(?: approver)?(?: before| after| beside)?(?=$|[\s:]))",
            re.IGNORECASE,
        ),
    ),
    ("ask", re.compile(r"(?:[问問](?=$|[\s:,])|ask(?=$|[\s:,]))", re.IGNORECASE)),
    ("change", re.compile(r"(?:改批(?:为|為)?|change(?: (?:it|this))?(?: to)?)(?=[\s:¥\d])", re.IGNORECASE)),
    ("copy", re.compile(r"(?:抄送(?:[给給])?|copy(?: (?:it|this))?(?: to)?(?=$|[\s:,@]))", re.IGNORECASE)),
    ("remind", re.compile(r"(?:催办|催辦|remind)(?=$|[\s,。.!:;~])", re.IGNORECASE)),
    ("recall", re.compile(r"(?:撤回|recall)(?=$|[\s,。.!:;~])", re.IGNORECASE)),
    ("undo", re.compile(r"(?:撤销|撤銷|undo)(?=$|[\s,。.!;~])", re.IGNORECASE)),
)
RULE: Final = re.compile(
    r"(?P<part>[a-z]{1,3})-(?P<number>\d{1,2})(?!\d)|(?P<part2>[a-z]{2}) ?(?P<number2>\d{1,2})(?!\d)", re.IGNORECASE
)
VALUE: Final = re.compile(
    r"(?:[a-z_]+ ?= ?)?¥? ?\d[\d,]*(?:\.\d+)?(?: ?元| [a-z]{3}(?![a-z]))?(?=$|[\s,.。;:!])", re.IGNORECASE
)
BECAUSE: Final = re.compile(
    rf"(?:原因|理由)(?:是|[: ]|$)|(?:because(?: of)?|reason){_END}:?|(?=因为|因為|由于|as{_END}|since{_END})",
    re.IGNORECASE,
)
PLEASE: Final = re.compile(r" (?:please|pls|thanks|thank you)$", re.IGNORECASE)

_QUESTION = re.compile(r"[?¿؟⁇❓❔]|[吗嗎呢么麼](?=$|[\s,。.!、;:~])")
ASKING: Final = re.compile(
    r"(?:为什么|为何|怎么|什么|是否|能否|可否|是不是|要不要|谁|哪|"
    rf"(?:why|what|how|who|which|should|shall|can|could|would|may|is it|do you|does){_END})",
    re.IGNORECASE,
)
CONDITION: Final = re.compile(
    r"如果|除非|假如|假使|倘若|要是|若是|若能|只要|前提|的话|等到|视.{1,10}而定|"
    r"\b(?:if|unless|until|once|provided|assuming|as long as|subject to|on condition|in case|depend(?:s|ing)?)\b",
    re.IGNORECASE,
)
CONTRAST: Final = re.compile(
    r"(?:但|不过|然而|可是|除了|之后|以后|等|或|还是|否则|"
    rf"(?:but|however|except|after|before|when|while|or|and|only|not|by|then|maybe|perhaps|although|though){_END})",
    re.IGNORECASE,
)
TURN: Final = re.compile(
    r"(?:但|不过|然而|可是|除非|前提|条件是|不同意|不批准|驳回|拒绝|等等|更正|"
    r"等一?下|请?(?:先|暂)(?:不|别|勿)|请?(?:不要|别|勿)(?:办理|执行|继续)|我(?:不同意|改主意)|不[,。]|"
    r"(?:but|however|except|unless|only if|provided|subject to|not approved|do not|don't|wait|correction|"
    rf"no,|not|never mind|scratch that|hold on|i mean|cancel that|on second thoughts?|pending|actually){_END})",
    re.IGNORECASE,
)
OWN_APPROVAL: Final = re.compile(
    rf"我(?:本人|个人|还是|仍|仍然|其实)?(?:同意|批准)|\b(?:i|we) (?:do |still |actually )?approve{_END}", re.IGNORECASE
)
_DENIES_REFUSING = re.compile(
    rf"(?:不成立|不充分|不够|不足|不合理|不正确|站不住|无效|没有?必要)|"
    rf"(?:is|was|are|were|be|been|would|will|isn't|wasn't|nothing|none|nobody|no one|anything|neither|nor|never){_END}",
    re.IGNORECASE,
)
_NEGATED_APPROVAL = re.compile(
    r"(?:不|未|没|沒|没有|沒有|暂不|别|勿|非|\bnot |n't |never |\bnot yet |\bcannot )$", re.IGNORECASE
)
_APPROVING = re.compile(rf"同意|批准|\bapproved?{_END}", re.IGNORECASE)
_NEGATION = re.compile(r"不(?!错)|未|没|别|勿|\b(?:not|no|never|cannot|dis\w+|un\w+)\b|n't", re.IGNORECASE)
_ACKNOWLEDGEMENT = re.compile(
    r"(?:(?:ok|okay|yes|yep|sure|fine|great|done|agree|agreed|noted|received|good|lgtm|thanks|thank you|\+1|"
    r"好|好的|收到|可以|行|是|是的|嗯|对|已阅|知道了|谢谢|没问题|[👍👌✅🙏🙂😊🎉])[\U0001f3fb-\U0001f3ff]?[\s,。.!、;~]*)+",
    re.IGNORECASE,
)
_NO_REASON = re.compile(
    r"(?:(?:没有?|沒有?|无|無)(?:理由|原因)?|不(?:是|要|用|必|需要|了|行|对)?|否|非|别|none|nothing|not|nope|never|n/?a|nil|"
    r"(?:no|without)(?: (?:a )?reason)?)[\s,。.!、;:~-]*",
    re.IGNORECASE,
)
_RULED = re.compile(r"[-—–_=*~·]{2,}")
_PLACEHOLDERS: Final = frozenset(
    {"原因", "理由", "姓名", "问题", "步骤", "reason", "name", "question", "step", "because", "..."}
)


def clean_line(line: str) -> str:
    """After NFKC, without format characters and variation selectors, with single spaces and without bold markers."""
    cleaned = re.sub(r"\s+", " ", _shown(line)).strip()
    while len(cleaned) > 1 and cleaned[0] == cleaned[-1] and cleaned[0] in "*_":
        # Only both together are bold; a star behind a word alone points to a footnote.
        cleaned = cleaned[1:-1].strip()
    return cleaned


def is_ruled(line: str) -> bool:
    """Nothing but a line drawn with characters, which sets apart what stands below it."""
    return bool(_RULED.fullmatch(_shown(line).strip()))


def _shown(line: str) -> str:
    return "".join(filter(_is_seen, unicodedata.normalize("NFKC", line)))


def _is_seen(char: str) -> bool:
    if char == "\t":
        return True
    return unicodedata.category(char) not in ("Cf", "Cc") and not "\ufe00" <= char <= "\ufe0f"


def as_written(line: str, suffix: str) -> str:
    """The end of `line` that cleaning made into `suffix`, with the writer's own punctuation; else `suffix` itself."""
    low, high = 0, len(line) if suffix else 0
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if len(clean_line(line[middle:])) > len(suffix) else (low, middle)
    return line[low:].strip() if suffix and clean_line(line[low:]) == suffix else suffix


def place_in(said: str) -> str:
    """Where 加签 puts the other person: `前加签` before the writer, `后加签` after them, else beside."""
    if said.startswith("前") or said.lower().endswith(" before"):
        return "before"
    return "after" if said.startswith(("后", "後")) or said.lower().endswith(" after") else "beside"


def without_courtesies(text: str) -> str:
    """What is left of `text` when separators and listed courtesies are taken off its front, one after the other."""
    while True:
        text = text.lstrip(SEPARATORS)
        found = COURTESY.match(text)
        if not found:
            return text
        text = text[found.end() :]


def without_lead(line: str) -> str:
    """The line without a listed greeting or acknowledgement before its answer; a line of nothing else stays whole."""
    for _ in range(3):
        found = LEAD.match(line)
        if not found or found.end() == len(line):
            return line
        line = line[found.end() :]
    return line


def is_question(line: str) -> bool:
    """True when a cleaned line asks rather than tells."""
    return bool(_QUESTION.search(line))


def is_placeholder(text: str) -> bool:
    """True for an answering word's placeholder that was sent back as it stands ("驳回 原因")."""
    return text.strip("<>()[]{}《》【】 " + SEPARATORS).casefold() in _PLACEHOLDERS or not any(map(str.isalnum, text))


def is_no_reason(text: str) -> bool:
    """True when what stands for a reason only denies or acknowledges ("驳回 没有", "退回 SV-3 不", "驳回 已阅")."""
    return bool(_NO_REASON.fullmatch(text) or _ACKNOWLEDGEMENT.fullmatch(text))


def approves_within(text: str) -> bool:
    """True when free text holds an approving word that is not negated, so that a refusal beside it is doubtful."""
    return any(
        not _NEGATED_APPROVAL.search(text[max(0, found.start() - 10) : found.start()])
        for found in _APPROVING.finditer(text)
    )


def denies_refusing(line: str, reason: str) -> bool:
    """True when what follows a rejecting word speaks of rejecting instead of giving a reason ("驳回理由 不成立")."""
    if line.startswith(("不同意", "我不同意")) and re.match(r"(?:驳回|駁回|拒绝|拒絕|否决|退回)", reason):
        return True
    return bool(_DENIES_REFUSING.match(reason)) and not re.search(r"(?:原因|理由)(?:是|为|:)", line)


_APPROVES_VALUE: Final = re.compile(
    r"(?:同意|批准|approved?)(?:为|為|for|to|[\s:,])*[¥$]? ?\d[\d,.]*(?: ?[万萬]?元| ?[万萬]| [a-z]{3})?[.!。]?",
    re.IGNORECASE,
)
_LOWER: Final = (
    "同意后面带有数字；如要批准较低的数值（须是此事项允许的），请写“改批 250000”这样的一行，否则只写“同意” / "
    "A number follows the approval; to approve less, where that is possible, write a line such as “change 250000”, "
    "otherwise “approve” alone"
)


def approves_value(answer: str) -> bool:
    """True for an approving word with nothing but a number behind it ("同意 250000")."""
    return bool(_APPROVES_VALUE.fullmatch(answer))


def why_unclear(line: str) -> str:
    """Why a cleaned first line is not an answer ("中文 / English"), in words for the mail that asks back."""
    if is_question(line):
        return "第一行是一个问题，没有当作决定 / The first line is a question, so it was not taken as a decision"
    if approves_value(without_lead(line)):
        return _LOWER
    if _ACKNOWLEDGEMENT.fullmatch(line):
        return "第一行只是表示收到，没有说明决定 / The first line only acknowledges and does not say what is decided"
    if CONDITION.search(line) or CONTRAST.search(line):
        return "第一行带有条件或保留，没有当作决定 / The first line has a condition or reservation; that is no decision"
    if _NEGATION.search(line):
        return "第一行带有否定，不能确定是否为驳回 / The first line has a negation; it may or may not be a rejection"
    if _mixes_alphabets(line):
        return "第一行混有形似的外文字母 / The first line mixes letters of different alphabets"
    return "第一行不是约定的答复用语 / The first line is not one of the agreed answers"


def _mixes_alphabets(line: str) -> bool:
    scripts = {unicodedata.name(char, "").split(" ", 1)[0] for char in line if char.isalpha()}
    return len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1
