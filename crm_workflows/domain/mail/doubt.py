"""Words below an approval that make it doubtful: conditions, negations, questions, second thoughts.

A closed list in both languages, searched anywhere on a line and rather too wide than too narrow: whoever is asked back
loses a minute, whoever is misread has approved. What cannot be read at all is doubtful too: damaged letters, another
script, a sign that says no. It must not read the answering line itself (`words` does).
"""

import re
import unicodedata
from typing import Final

from crm_workflows.domain.mail import words

# Taken off first: phrases that hold such a word and say nothing of the kind.
_HARMLESS: Final = re.compile(
    r"https?://\S+|"
    r"如果?(?:您|你|大家|各位)?还?有(?:任何|什么|其他|其它)?(?:疑问|问题|需要)"
    r",? ?请?(?:随时|及时|直接)?(?:与|和|跟|找|向)?我?"
    r"(?:联系|告知|沟通|电话|致电|反馈)我?|"
    r"(?:没有?|无|未(?:发现|见))(?:任何|什么|重大|明显|其他|其它)*(?:问题|异议|意见|疑问|缺陷|风险|不符合项|不合格项)|"
    r"(?<!差)不(?:锈|动产|错|客气|用谢|胜感激|好意思|(?:高|低|贵|差|多|少|大|小)(?!于)|久|断|仅|但)|"
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
    r"然而|可是|除(?:非|了|外)|^除(?![锈尘湿霜草垢臭夕油])|前提|[附有]条件|条件(?:是|为|:)|"
    r"如果|假如|假使|倘若|要是|若(?!干)|的话|只[要有能限同]|仅|"
    r"必[须需]|(?<![按所如无毋])[须须需](?!知|求)|(?<![人刚天奇英])才(?!华)|否则|"
    r"(?<!按)要(?:先|补|降|改|等|经|求|减|满足|符合|提供)|(?<!供)应(?:先|当|该|补|降|改)|"
    r"先(?:补|交|提供|降|改|核|确认|完成|解决|整改|等)|等等|等一?下|[等待].{0,12}(?:后|再|到|时)|"
    r"再(?:议|考虑|想|等|问|看|定|说|决定|商|研究|确认)|后(?:再|才|方|可|生效|执行|办理|签|付)|"
    r"驳回|駁回|拒绝|拒絕|否决|反对|退回|撤[回销銷]|取消|作废|收回|改主意|更正|误(?:发|点|操作|写|回)|[发写说点弄搞]错|错了|"
    r"暂|缓|保留意见|有保留|原则上|(?:部分|基本)同意|为准|为限|限于|限额|限 ?\d|上限|[最至]多|"
    r"降[到至价]|改[为成到]|减[到至]|换成|调整|[以之]内|先试|(?<![期招接优对])待(?!遇|客|人|命)|缺|过期|失效|太(?!好|棒|感谢)|"
    r"犹豫|[担忧]心|顾虑|疑虑|怀疑|存疑|拟同意|开玩笑|是否|能否|可否|为[什何]|怎么|谁|哪|[以如]上(?:是|为)|转述|"
    # limits: of money, of time, of what is granted
    r"封顶|到顶|顶多|为止|打住|[\d一二三四五六七八九十百千万亿元块吨件台个月年天日周kw%] ?(?:以下|之下|以里|以外)|"
    r"最[高大低](?:到|为|是|价|额|金额|限| ?\d)|(?:控制|限制|压|谈|砍|低|只|算)[在到]|到 ?\d|"
    r"试(?:用|单|订|行|购)|[一二两三四五六七八九十\d]年期|有效期|期限|"
    r"评级 ?(?:为|按|是|定|给|:)? ?[a-d]|按 ?[a-d] ?类|以外|即可|就(?:行|好|可以)|"
    # what must happen beside or before it, and who is to decide instead
    r"先.{1,12}[后再才]|补[充交齐办上全签正]|(?:也|还)[要得]|再谈|[重要]谈|重新|[压讲还议砍]价|下调|调低|压低|"
    r"[\d一二三四五六七八九] ?折|定夺|裁[定决]|拍板|[做作]主|点头|把关|由.{1,8}定|听.{1,8}的|"
    r"[请找让由叫].{1,8}(?:审[核批定]|复核|过目|决定|确认|签字|批准|看一下)|"
    # taken back, meant otherwise or written by another
    r"无效|手滑|手误|失误|按错|误触|算了|作罢|拉倒|忽略|无视|反话|做梦|想得美|呵呵|才怪|这是(?:个|一个)?测试|"
    r"测试邮件|示例|代.{0,6}(?:回|批|签|点|填|写)|自动(?:填|回|生成)|是.{1,6}写的|"
    # parts and later, elsewhere, unsure, unwilling, in jest
    r"(?<![优率首领])先(?!生|进|锋|前)|(?:^|[,。;!、 ])等(?!级)|(?<![一二两三四五六七八九十几\d])只|[一减各大]半|减少|"
    r"剩下|剩余|余下|其余|下次|下批|[首前]批|第[一1]批|[前内]有效|有效[至到]|另[议行]|回头|聊|讨论|商[量议]|"
    r"谈(?:谈|一下|下)|[天一二三四五六日先来]谈|^面谈[。.!]?$|见(?:附|下|批注|意见)|附件[里中内]|批注|修改|下面我的|"
    r"压一?压|再[压降砍减]|便宜[点些一]|让利|换(?:一?家|人|供应商)|建议(?:换|重|再|另|降|压|改|退|拒|更)|更[好换低便]|"
    r"异议|有(?:意见|问题|点|疑)|疑[点义问]|风险(?!管|控|可控|部|经理|较?[低小])|违[规法心背约]|瑕疵|堪忧|口碑[差一]|[较很太]差|"
    r"虚高|偏高|过高|分歧|有误|少(?:一|了)|(?<!已)核[对实查]|抄送.{0,8}审|查一?下|(?<![已经])确认(?!无误|书|函|收到)|问(?:一?下|问|过)|"
    r"转(?:给|交|发|.{1,8}(?:审|批|定))|请.{1,6}审|(?:[总会上导来板他她您你]|[你他]们)定(?!期|单|购|制)|说了算|说笑|玩笑|假的|"
    r"^测试[。.!]?$|[是为]测试|测试一下|临时|口头|个人(?:意见|看法)|参考|^撤|撤了|吧[。.!~]?$|大概|也许|(?<!尽)可能|估计|差不多|"
    r"勉强|凑合|被迫|无奈|逼"
)
_NUMBER: Final = (
    r"(?:(?:usd|rmb|cny|eur|gbp) ?)?[$€£¥]? ?(?:\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|"
    r"thirty|forty|fifty|sixty|seventy|eighty|ninety|(?:an? )?(?:hundred|thousand|million|half)|"
    r"a (?:year|quarter|month|week|day|trial)|(?:(?:the|our) )?budget)\b)"
)
_ENGLISH: Final = (
    r"\b(?:but|however|except|excluding|minus|unless|if|only|provided|providing|assuming|(?:as|so) long as|subject to|"
    r"condition\w*|contingent|depend(?:s|ing|ent)?|in case|until|till|once|after|must|ha(?:s|ve|d) to|need(?:s|ed)?|"
    r"require(?:s|d|ments?)?|should|shall|ought|not|no(?!\.? ?\d)|nor|never|none|nothing|cannot|without|although|"
    r"though|yet|instead|rather|otherwise|pending|wait|hold|pause|postpone|stop|reject\w*|declin\w*|refus\w*|disagree\w*|"
    r"disapprov\w*|object(?:s|ed|ion|ions)?|den(?:y|ied)|veto|withdraw\w*|revok\w*|retract\w*|cancel\w*|undo|correction|"
    r"mistake\w*|error|wrong|actually|scratch that|second thoughts?|i mean|changed? my mind|maybe|perhaps|doubt\w*|"
    r"concern(?:ed|s)?|reservation\w*|limits?|limited to|at most|up to|part(?:ial|ially|ly)|in principle|"
    r"max(?:imum)?|missing|lack\w*|expire[sd]|too (?:high|low|much|many|late|expensive|risky)|risky|"
    r"worr(?:y|ied)|hesitat\w*|unsure|uncertain|kidding|joking|the above is|"
    r"that is .{1,30} (?:opinion|view)|"
    # limits and changes
    r"cap(?:s|ped|ping)?|ceiling|amend\w*|modif\w*|adjust\w*|chang(?:es?|ed)|reduc\w*|lower(?:ed)?|cheaper|discount\w*|"
    r"trial|probation\w*|as (?:class|grade|category) [a-d]|(?:re)?negotiat\w*|bargain\w*|discuss\w*|let(?:'s| us) talk|"
    # against it, or taken back
    r"against|oppos\w*|dislik\w*|nope|nah|hell|bad idea|terrible|disregard\w*|ignor\w*|accident\w*|inadvertent\w*|"
    r"unintend\w*|unintentional\w*|by (?:error|oversight)|misclick\w*|clicked|oops|whoops|recall\w*|rescind\w*|"
    r"void|invalid|null|typo|sarcas\w*|ironic\w*|irony|jk|lol|a test|just test\w*|over my dead body|"
    # others who are to decide, or who wrote it
    r"(?:written|sent|typed) by|on behalf of|sign(?:s|ed)? (?:too|also|as well)|(?:legal|finance|law|audit) to \w+|"
    r"(?:up to|decision of|let|have|get|ask) (?:legal|finance|law|audit|the (?:board|boss|ceo|cfo|general manager))|"
    # parts and later, elsewhere, unsure, unwilling, in jest
    r"half|the rest|first (?:batch|lot|order|phase)|phase (?:one|two|\d|i+)|pilot|for now|temporar\w*|time being|"
    r"last (?:time|one|chance)|at least|see (?:my|below|above|attach\w*|comments?)|comments?|inline|"
    r"better (?:price|offer|deal|terms)|pricey|steep|overpriced|(?:some(?:one|body)|anyone|something) else|"
    r"another (?:supplier|offer|quote|case|one)|the other (?:one|case|thread|mail|request)|prefer\w*|reluctant\w*|"
    r"grudging\w*|protest|duress|forced|uneasy|uncomfortable|outdated|unsigned|(?:un)?verify|unverified|unclear|"
    r"(?:is|are|looks?|seems?) (?:off|different|late|odd|strange|fishy)|smells?|fishy|double[- ]?check|check|confirm|"
    r"run (?:it|this) (?:by|past)|clear (?:it|this) with|call me|come (?:and )?see|(?:speak|talk) (?:to|with)|"
    r"think(?:ing)?|sleep on|tb[dc]|to be \w+ed|awaiting|(?:board|boss|manager|you|they|he|she) decides?|your call|"
    r"whatever|do what|fakes?|ha(?:ha)+|ha ha|j/k|april fools?|yeah,? right|psych|forget|"
    r"strike (?:that|this|it)|delete|discard|too (?:early|soon)|premature\w*|meant|"
    r"(?:my|the) (?:kid|child|son|daughter|cat)|autocorrect|make (?:it|that)|drop (?:the|it|that)|leave out|"
    r"exclud\w*|net \d+|payment (?:in|after|within)|[a-z]{2}-\d{4}-\d{5})\b|"
    rf"\b(?:under|below|beneath|(?:less|fewer|lower|more) than|for|at|to) {_NUMBER}|"
    rf"\bwithin (?!\d{{1,3}} (?:working |business )?(?:hours?|days?|weeks?)\b){_NUMBER}|"
    r"n't\b|\bfirst(?=$|[.,;!])|^when\b"
)
# A line of an amount or a time alone is a limit; a telephone number or a date is not.
_AMOUNT: Final = re.compile(
    r"[$€£¥]? ?\d[\d.,]*(?: ?(?:[万千百亿]?[元块]?|k|w|m|usd|rmb|cny|eur|个?月|年|天|周|%|[吨件台套批]|"
    r"(?:day|week|month|year|piece|unit|ton)s?))[.。!]?",
    re.IGNORECASE,
)
_MONEY_OR_TIME: Final = re.compile(r"[$€£¥%]|[^\W\d]")
_ELSEWHERE: Final = (
    r"\b(?:aber|jedoch|nur|nicht|kein\w*|wenn|falls|sofern|bedingung\w*|vorbehalt\w*|"
    r"mais|pas|sauf|seulement|réserve|pero|sólo|salvo|però|purché|soltanto|não|apenas)\b"
)
"""But, only, not, if in other languages that are written with Latin letters."""
_SIGNS: Final = r"[❌👎✗✘✖🚫⛔🙅❎🛑]|^[×x][.。!]?$|另一"
_DOUBT: Final = re.compile(f"{_CHINESE}|{_ENGLISH}|{_ELSEWHERE}|{_SIGNS}", re.IGNORECASE)
_WRONG_CHARSET: Final = re.compile(r"[\u00a1-\u00ff]{4}|锟斤|斤拷")
"""No language writes so; Chinese bytes that are called ISO-8859-1 look so, and marks of lost letters called GBK."""
_READABLE: Final = ("LATIN", "CJK", "FULLWIDTH LATIN", "GREEK", "MICRO", "FEMININE", "MASCULINE", "DOUBLE-STRUCK")
"""How the names of the letters begin that we can read or that stand for units."""


def is_doubtful(line: str) -> bool:
    """True when a line below an approval could take it back, limit it, make it depend on something or ask."""
    if not is_readable(line[: words.LONGEST_LINE]):
        return True
    told = _HARMLESS.sub(" ", words.clean_line(line[: words.LONGEST_LINE]))
    if words.is_question(told) or words.ASKING.match(told) or _DOUBT.search(told) or _is_amount(told.strip()):
        return True
    answer = words.without_lead(told)
    return len(line) > words.LONGEST_LINE or any(pattern.match(answer) for _, pattern in words.COMMANDS[:2])


def is_blank(line: str) -> bool:
    """Nothing stands on it, and nothing that stood there was lost."""
    begins = line[: words.LONGEST_LINE]
    return not words.clean_line(begins) and is_readable(begins.strip())


def is_readable(line: str) -> bool:
    """False where letters were lost or are of a script that nobody here reads, so that a doubt could stand there."""
    return not _WRONG_CHARSET.search(line) and all(map(_is_readable, line))


def _is_readable(letter: str) -> bool:
    if letter < "\x7f":
        return letter >= " " or letter == "\t"
    kind = unicodedata.category(letter)
    if kind in ("Lu", "Ll", "Lt", "Lo"):
        return unicodedata.name(letter, "").startswith(_READABLE)
    return letter != "\ufffd" and kind not in ("Cc", "Cn", "Co")


def _is_amount(line: str) -> bool:
    return bool(_AMOUNT.fullmatch(line) and _MONEY_OR_TIME.search(line))
