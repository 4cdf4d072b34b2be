"""docs/answers.md: the words by which a mail answers, spelled out from the patterns that the grammar reads with.

It must not decide what is a word: what counts comes from `domain/mail/words.py`, and how an example is read is asked
of the grammar while the page is written.
"""

from collections.abc import Iterator
from itertools import pairwise, product

from crm_workflows.domain.mail import words
from crm_workflows.domain.mail.digest_reply import read_digest_reply
from crm_workflows.domain.mail.reply import read_reply
from crm_workflows.domain.text import in_language
from crm_workflows.domain.verbs import VERBS

HEAD = """# 邮件答复用语 / Answers by mail

由 `make fix` 根据 `crm_workflows/domain/mail/words.py` 生成。只读本人所写的第一行；引用的原文、签名不算。
下列用语以外的一律不算决定，会来信反问，绝不猜测。英文不分大小写，全角、半角标点均可。表单须打开邮件中的链接填写，
或按其邮件写明的一行答复；资料以附件回复即可，不需要答复用语。

Written from `crm_workflows/domain/mail/words.py` by `make fix`. Only the first line of the writer's own text is read;
quoted text and signatures do not count. Whatever is not listed here is no decision: it is asked back, never guessed.
Upper and lower case are the same. A form is filled in behind the link in the mail, or by the line that its mail names;
papers are sent as attachments and need no word at all.
"""
COUNTED = (
    "同意", "我同意该申请。谢谢！", "收到，批准", "Approved, thanks.", "I approve this request", "驳回 价格过高",
    "不同意，原因：资质过期", "reject too expensive", "退回 SV-4 面谈记录不全",
    "send back to SV-4 the minutes are incomplete", "转 李四", "delegate to amy@yongchang.example", "后加签 李四",
    "add before Amy He", "问 付款条件是什么", "问 @李四 交期多久", "ask @amy@yongchang.example what is the lead time",
    "抄送 李四", "改批 250,000 元 与去年持平", "change to 250000", "撤销", "催办", "撤回 单价写错了",
)  # fmt: skip
ASKED_BACK = (
    "好的", "ok", "没问题", "同意吗？", "同意，但价格要再谈", "如果价格合适就同意", "approved if the price drops",
    "驳回", "原则上同意", "同意\n请先补交营业执照", "approve\nBut not before Friday", "转", "撤销 驳回", "改批 25万",
)  # fmt: skip
OF_DIGEST = (
    "1 同意 2 不同意 价格太高 3-5 同意", "1 yes, 2 no too expensive, 3-5 approve", "1、3 同意\n2 退回 SV-4 缺照片",
    "全部同意", "approve all", "2 驳回 太贵，其余同意", "approve all except 2", "1 同意\n2 再看看",
    "1 yes\n1 no too expensive", "1 同意 2 驳回", "1 no objection", "全部同意，但先等等",
)  # fmt: skip
NAMED = {"approve": "同意 approve", "reject": "驳回 reject", "send_back": "退回 send back", "unclear": "不清楚 unclear"}
MORE_THAN_TEXT = frozenset("()[]{}*+?.^$\\")


def alternatives(pattern: str) -> list[str]:
    """The texts that a pattern of `a|b`, `(?:…)` and `?` stands for, each once, in its order."""
    found, rest = _choices(pattern)
    if rest:
        raise ValueError(f"{pattern!r} holds more than alternatives at {rest!r}")
    return list(dict.fromkeys(found))


def _choices(rest: str) -> tuple[list[str], str]:
    found, (texts, rest) = [], _sequence(rest)
    found += texts
    while rest.startswith("|"):
        texts, rest = _sequence(rest[1:])
        found += texts
    return found, rest


def _sequence(rest: str) -> tuple[list[str], str]:
    texts = [""]
    while rest and rest[0] not in "|)":
        if rest.startswith("(?:"):
            part, rest = _choices(rest[3:])
            rest = rest[1:]
        elif rest[0] in MORE_THAN_TEXT:
            break
        else:
            part, rest = [rest[0]], rest[1:]
        if rest.startswith("?"):
            part, rest = ["", *part], rest[1:]
        texts = ["".join(pair) for pair in product(texts, part)]
    return texts, rest


def _listed(*patterns: str, mark: str = "") -> str:
    """The texts of the patterns as inline code, with what must follow each of them."""
    return " · ".join(f"`{text}{mark}`" for pattern in patterns for text in alternatives(pattern))


def _words() -> Iterator[str]:
    yield "## 算作决定的用语 / What decides"
    yield f"- 同意 / approve: {_listed(words.ZH_APPROVING, words.EN_APPROVING)}"
    upholding = _listed(words.ZH_UPHOLDING, words.EN_UPHOLDING)
    yield f"- 内容更改后，此前已同意的人仍同意 / still yes, from whoever had approved what was amended: {upholding}"
    yield (
        f"- 驳回，须写原因 / reject, with a reason: {_listed(words.ZH_REJECTING, mark=' 原因')}"
        f" · {_listed(words.EN_REJECTING, mark=' reason')}"
    )
    yield (
        "- 退回，须写步骤和原因 / send back, with a step and a reason: "
        f"{_listed(words.ZH_SENDING_BACK, mark=' SV-4 原因')}"
        f" · {_listed(words.EN_SENDING_BACK, mark=' SV-4 reason')}"
    )
    yield from _other_verbs()
    yield "## 可以加在前后的词语 / What may stand around them"
    yield f"- 前面 / before: {_listed(words.ZH_SELF)} · `I` · `we` · `hereby`"
    yield f"- 后面 / after: {_listed(words.ZH_OBJECT, words.EN_OBJECT)}"
    yield f"- 开头的招呼 / a greeting before it: {_listed(words.ZH_LEAD, words.EN_LEAD)}"
    courtesies = _listed(words.ZH_COURTESY, words.EN_COURTESY)
    yield f"- 后面的客套 / a courtesy after it: {courtesies} · {' '.join(words.EMOJI)}"


def _other_verbs() -> Iterator[str]:
    passing = "`转 姓名` · `转给 姓名` · `转交 姓名` · `delegate to name`"
    adding = "`加签 姓名` · `前加签 姓名` · `后加签 姓名` · `add name` · `add before name` · `add after name`"
    yield f"- 转交，须写姓名或邮箱 / delegate, with a name or an address: {passing}"
    yield f"- 加签，须写姓名或邮箱 / add an approver beside, before or after oneself: {adding}"
    asking = "`问 问题` · `问 @姓名 问题` · `ask question` · `ask @name question`"
    yield f"- 询问申请人或一位同事，答复前暂停计时 / ask the requester or a colleague; the clock stands: {asking}"
    requesting = "`催办` · `撤回 原因` · `remind` · `recall reason`"
    yield f"- 申请人回复立案邮件时 / the requester, in answer to the mail of the new case: {requesting}"
    lowering = "`改批 250000` · `change 250000`"
    yield f"- 以更低的数值同意，只在审批允许时 / approve a lower value where that is allowed: {lowering}"
    yield "- 抄送，结果告知一位同事 / have a colleague hear how it is decided: `抄送 姓名` · `copy name`"
    yield "- 几分钟内撤销自己的决定 / undo one's own decision, within minutes: `撤销` · `undo`"


def _examples(title: str, examples: tuple[str, ...], *, decide: bool) -> Iterator[str]:
    yield f"## {title}"
    yield "| 回复 / reply | 怎样理解 / how it is read |\n|---|---|"
    for example in examples:
        reading = read_reply(example)
        if (reading.kind in VERBS) != decide:
            raise ValueError(f"{example!r} is read as {reading.kind}")
        shown = example.replace("\n", "` ⏎ `")
        why = reading.why
        yield f"| `{shown}` | {in_language(why, 'zh')} / {in_language(why, 'en')} |"


def _digest() -> Iterator[str]:
    """The answers to a digest of six items, as they are read."""
    yield "## 每日待办的答复 / Answers to the morning digest"
    yield (
        "按编号答复，可分行也可写在一行；没有读懂的只影响该编号（[digest.zh.md](digest.zh.md)）。 / By numbers, on "
        "several lines or one; what is not understood leaves only its own number open ([digest.md](digest.md))."
    )
    yield "| 回复 / reply | 各编号怎样理解 / how each number is read |\n|---|---|"
    for example in OF_DIGEST:
        read = read_digest_reply(example, 6)
        if not read.by_number:
            raise ValueError(f"{example!r} is not read: {read.why}")
        said = " · ".join(f"{n} {NAMED[one.kind]}" for n, one in read.by_number.items())
        yield f"| `{example.replace(chr(10), '` ⏎ `')}` | {said} |"


def answers() -> str:
    """The whole page."""
    counted = _examples("例子：算作决定 / Examples that decide", COUNTED, decide=True)
    asked_back = _examples("例子：会来信反问 / Examples that are asked back", ASKED_BACK, decide=False)
    blocks = [HEAD.rstrip(), *_words(), *counted, *asked_back, *_digest()]
    return _joined(blocks)


def _joined(blocks: list[str]) -> str:
    """Blank lines between blocks, none within a list or a table."""
    text = blocks[0]
    for before, block in pairwise(blocks):
        together = block[0] == before[0] and block[0] in "-|"
        text += ("\n" if together else "\n\n") + block
    return text + "\n"
