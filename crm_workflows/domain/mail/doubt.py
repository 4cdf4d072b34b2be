"""Words below an approval that make it doubtful: conditions, negations, questions, second thoughts.

A closed list in both languages, searched anywhere on a line and rather too wide than too narrow: whoever is asked back
loses a minute, whoever is misread has approved. It must not read the answering line itself (`words` does).
"""

import re
from typing import Final

from crm_workflows.domain.mail import words

# Taken off first: phrases that hold such a word and say nothing of the kind.
_HARMLESS: Final = re.compile(
    r"https?://\S+|"
    r"如果?(?:您|你|大家|各位)?还?有(?:任何|什么|其他|其它)?(?:疑问|问题|需要)"
    r",? ?请?(?:随时|及时|直接)?(?:与|和|跟|找|向)?我?"
    r"(?:联系|告知|沟通|电话|致电|反馈)我?|"
    r"(?:没有?|无|未(?:发现|见))(?:任何|什么|重大|明显|其他|其它)*(?:问题|异议|意见|疑问|缺陷|风险|不符合项|不合格项)|"
    r"不(?:锈|动产|错|客气|用谢|胜感激|好意思|(?:高|低|贵|差|多|少|大|小)(?!于)|久|断|仅|但)|"
    r"(?:无需|不必|无须|不用)(?:再)?(?:回复|答复)|"
    r"\bif (?:you have|there (?:are|is)|you need) (?:(?:any|further|more|other) )*"
    r"(?:questions?|problems?|issues?|concerns?|help|information)"
    r",? ?(?:please |just |feel free to |do not hesitate to )*"
    r"(?:call|contact|ask|let (?:me|us) know|tell|write to|e?-?mail|phone)(?: (?:me|us))?\b|"
    r"\b(?:let (?:me|us) know|call me|contact me|tell me) if (?:you have|there (?:are|is)|you need) "
    r"(?:(?:any|further|more|other) )*(?:questions?|problems?|issues?|concerns?|help|information)\b|"
    r"\bno (?:(?:further|other|more) )?"
    r"(?:objections?|comments?|questions?|problems?|issues?|concerns?|reservations?|doubts?|"
    r"hurry|need to (?:reply|answer))\b|"
    r"\b(?:nothing (?:else|further|more|to add)|without (?:delay|reservations?)|not bad|once (?:again|more)|at once|"
    r"up to date|first of all)\b",
    re.IGNORECASE,
)
_CHINESE: Final = (
    r"但|不|未(?!来)|没|勿|(?<![级分特类区个差性识告])别(?!的|人|处|名)|非(?!常|标|金|洲)|莫|"
    r"然而|可是|除(?:非|了|外)|前提|[附有]条件|条件(?:是|为|:)|"
    r"如果|假如|假使|倘若|要是|若(?!干)|的话|只[要有能限同]|仅|"
    r"必[须需]|(?<![按所如无毋])[须须需](?!知|求)|(?<![人刚天奇英])才(?!华)|否则|"
    r"(?<!按)要(?:先|补|降|改|等|经|求|减|满足|符合|提供)|(?<!供)应(?:先|当|该|补|降|改)|"
    r"先(?:补|交|提供|降|改|核|确认|完成|解决|整改|等)|等等|等一?下|[等待].{0,12}(?:后|再|到|时)|"
    r"再(?:议|考虑|看|定|说|决定|商|研究|确认)|后(?:再|才|方|可|生效|执行|办理|签|付)|"
    r"驳回|駁回|拒绝|拒絕|否决|反对|退回|撤[回销銷]|取消|作废|收回|改主意|更正|误(?:发|点|操作|写|回)|[发写说点弄搞]错|错了|"
    r"暂|缓|保留意见|有保留|原则上|(?:部分|基本)同意|为准|为限|限于|限额|限 ?\d|上限|[最至]多|"
    r"降[到至价]|改[为成到]|减[到至]|换成|调整|[以之]内|先试|(?<![期招接优对])待(?!遇|客|人|命)|缺|过期|失效|太(?!好|棒|感谢)|"
    r"犹豫|[担忧]心|顾虑|疑虑|怀疑|存疑|拟同意|开玩笑|是否|能否|可否|为[什何]|怎么|谁|哪|[以如]上(?:是|为)|转述"
)
_ENGLISH: Final = (
    r"\b(?:but|however|except|excluding|unless|if|only|provided|providing|assuming|(?:as|so) long as|subject to|"
    r"condition\w*|contingent|depend(?:s|ing|ent)?|in case|until|till|once|after|must|ha(?:s|ve|d) to|need(?:s|ed)?|"
    r"require(?:s|d|ments?)?|should|shall|ought|not|no(?!\.? ?\d)|nor|never|none|nothing|cannot|without|although|"
    r"though|yet|instead|rather|otherwise|pending|wait|hold|pause|postpone|stop|reject\w*|declin\w*|refus\w*|disagree\w*|"
    r"disapprov\w*|object(?:s|ed|ion|ions)?|den(?:y|ied)|veto|withdraw\w*|revok\w*|retract\w*|cancel\w*|undo|correction|"
    r"mistake\w*|error|wrong|actually|scratch that|second thoughts?|i mean|changed? my mind|maybe|perhaps|doubt\w*|"
    r"concern(?:ed|s)?|reservation\w*|limits?|limited to|at most|up to|part(?:ial|ially|ly)|in principle|"
    r"max(?:imum)?|missing|lack\w*|expire[sd]|too (?:high|low|much|many|late|expensive|risky)|risky|"
    r"worr(?:y|ied)|hesitat\w*|unsure|uncertain|kidding|joking|the above is|"
    r"that is .{1,30} (?:opinion|view))\b|n't\b|\bfirst(?=$|[.,;!])"
)
_DOUBT: Final = re.compile(f"{_CHINESE}|{_ENGLISH}", re.IGNORECASE)


def is_doubtful(line: str) -> bool:
    """True when a line below an approval could take it back, limit it, make it depend on something or ask."""
    told = _HARMLESS.sub(" ", words.clean_line(line[: words.LONGEST_LINE]))
    if words.is_question(told) or words.ASKING.match(told) or _DOUBT.search(told):
        return True
    answer = words.without_lead(told)
    return len(line) > words.LONGEST_LINE or any(pattern.match(answer) for _, pattern in words.COMMANDS[:2])
