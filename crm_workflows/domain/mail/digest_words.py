"""The closed list of forms in which a digest is answered, as patterns over cleaned lines (`words.clean_line`).

They must not decide: `digest` puts together what they find. A decision word counts only beside a number, or beside a
word for all or for the rest.
"""

import re
from typing import Final

from crm_workflows.domain.mail import words

_END: Final = r"(?![a-z0-9_'’-])"
YES: Final = rf"(?:{words.ZH_APPROVING}|(?:{words.EN_APPROVING}|yes){_END})"
NO: Final = rf"(?:{words.ZH_REJECTING}|(?:{words.EN_REJECTING}|no){_END})"
BACK: Final = rf"(?:{words.ZH_SENDING_BACK}|{words.EN_SENDING_BACK}{_END})"
WORD: Final = rf"(?P<word>{NO}|{YES}|{BACK})"

RANGE: Final = r"\d{1,3}(?: ?(?:[-~–—至到]|to) ?\d{1,3})?"
_AND: Final = r"(?: ?[,、&+] ?| ?(?:和|与|及|and) ?| )"
LIST: Final = rf"{RANGE}(?:{_AND}{RANGE}){{0,60}}"
NUMBERS: Final = (
    rf"(?:(?:第|编号|#|no\. ?|nos\. ?|items? |numbers? ) ?)?[(\[【]?(?P<numbers>{LIST})[)\]】]? ?(?:号|项|条)?"
)

ITEM: Final = re.compile(rf"{NUMBERS} ?[.:)、,-]? ?(?:我)?{WORD}", re.IGNORECASE)
"""`1-3、5 同意`, `2. reject too expensive`, `#4: yes`."""
WITHIN: Final = re.compile(rf"(?:^|(?<=[\s,;。.、!]))(?<!\d[.,]){ITEM.pattern}", re.IGNORECASE)
"""The same within a line, after a blank or a mark; never the decimals of a number."""
APPROVED_LIST: Final = re.compile(
    rf"(?:我)?(?:{words.ZH_APPROVING}|approve(?: (?:items?|numbers?|nos\.))?) ?:? ?(?:第|#)?(?P<numbers>{LIST})"
    r" ?(?:号|项|条)?[。.!]?",
    re.IGNORECASE,
)
"""A line that is nothing but `同意 1、3` or `approve 1-3`."""

_ZH_ALL: Final = (
    r"(?:我|本人)?(?:以上|上述)?(?:全部|全都|所有的?|全|都|均|一律)(?:事项|项目|申请|请求)?(?:全部|都|均|一律)?"
)
_ZH_REST: Final = r"(?:其余|其他|其它|剩下|剩余|余下)(?:的|各项|事项|项目)?(?:全部|全都|都|均|一律)?"
_EN_ITEMS: Final = r"(?: (?:items?|requests?|of (?:them|these|the above|the items)))?"
_EN_REST: Final = r"(?:(?:all )?(?:the )?(?:rest|others|other items|remaining(?: items)?))"
ALL: Final = re.compile(
    rf"(?:{_ZH_ALL}(?P<word>{NO}|{YES})"
    rf"|(?P<word2>{words.ZH_APPROVING})(?:全部|所有)(?:事项|项目|申请|请求)?"
    rf"|(?:i )?(?P<word3>approve|reject) (?:them )?(?:all|everything){_EN_ITEMS}{_END}"
    rf"|all{_EN_ITEMS}:? (?P<word4>approved?|yes|rejected?){_END}"
    rf"|(?P<word5>yes|no) to (?:all|everything){_EN_ITEMS}{_END})",
    re.IGNORECASE,
)
REST: Final = re.compile(
    rf"(?:{_ZH_REST}(?P<word>{NO}|{YES})"
    rf"|(?P<word3>approve|reject) {_EN_REST}{_END}"
    rf"|{_EN_REST}:? (?P<word4>approve|yes|reject){_END})",
    re.IGNORECASE,
)
REST_WITHIN: Final = re.compile(rf"(?<=[,;。.!]) ?(?:{REST.pattern})", re.IGNORECASE)
EXCEPT: Final = re.compile(
    rf"[ ,;]*(?:除了?|除去|except(?: for)?|but not) ?(?:第|#)?(?:items? |no\. ?)?(?P<numbers>{LIST}) ?(?:号|项|条)?"
    r"(?:以外|之外|外)?",
    re.IGNORECASE,
)
EXCEPT_FIRST: Final = re.compile(
    rf"除了? ?第?(?P<numbers>{LIST}) ?(?:号|项|条)?(?:以外|之外|外)?,? ?(?=(?:{_ZH_ALL}|{_ZH_REST})(?:{YES}))",
    re.IGNORECASE,
)

BULLET: Final = re.compile(r"[-*•·] +")
STARTS_WITH_NUMBER: Final = re.compile(rf"{NUMBERS}(?![\d%])", re.IGNORECASE)
MENTIONED: Final = re.compile(r"(?<![\d.:/\\-])\d{1,3}(?![\d:/\\-]|\.\d)")
COUNTS_SOMETHING: Final = re.compile(
    r" ?(?:[天日周月年万千百亿元块吨台套批份次%‰]|个|点|小时|分钟|工作日|折|"
    r"(?:more|other|further|additional|new|of)\b|[a-z]+s\b)",
    re.IGNORECASE,
)
"""After a number: it counts days, money or things and names no item."""
LEADS_ON: Final = re.compile(
    r"(?:[与和跟比像如按在对为是非给及或第要需有共只仅差缺少达满等才]|(?<!合)同|编号|按照|参照|依照|依据|根据|等于|"
    r"\b(?:as|than|like|of|with|and|or|no|not|item|items|number|for|on|in|to|by|from|since|after|before|until|because|if|"
    r"when|is|was|were|that|per|see|versus|vs|need|needs|want|wants|have|has|had|get|got|only|another|least|all|these|"
    r"those|the|a|other|offers?))$",
    re.IGNORECASE,
)
"""Ends a reason that goes on with the number behind it, so that the number begins no item."""
NO_WITH_REASON: Final = re.compile(
    r" ?[,:;–—-] ?\S|\s(?:because|as|since|due to|too|the|it|its|this|that|these|those|we|they|their|our|he|she|i|is|"
    r"not|very|way too|over|much too|far too|price|prices|cost|costs|quality|terms|budget)\b",
    re.IGNORECASE,
)
"""What must follow `no`, which else begins "no objection" as often as a rejection."""
NO_OBJECTION: Final = re.compile(
    r"[\s,:;–—-]*(?:(?:any|further|more|other) )?(?:objections?|problems?|issues?|concerns?|comments?|questions?|"
    r"doubts?|reservations?|worries|hurry|need|idea|opinion|answer|longer|one|way)\b",
    re.IGNORECASE,
)
STOP: Final = re.compile(r"(?:退订|停发|取消订阅|unsubscribe)[。.!]?", re.IGNORECASE)
