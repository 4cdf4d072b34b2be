"""Reads the policy file and finds its mistakes, also between its values. It must not know which flow reads a key."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode

from crm_workflows.adapters.configuration.config_check import BOTH_LANGUAGES, Sheet, line_of
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import DIGEST_MODES, KINDS_ZH, Policy, Value, kind_of
from crm_workflows.domain.text import LANGUAGES, SEPARATOR, in_language
from crm_workflows.shipped import shipped

KEY: Final = re.compile(r"[a-z][a-z0-9_]*")
NAMED: Final = re.compile(r"^(?:# )?([a-z][a-z0-9_]*):", re.MULTILINE)
WHOLE: Final = re.compile(r"[0-9]{1,9}")
DECIMAL: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,6}")
TIME_OF_DAY: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
MONEY: Final = re.compile(r"[0-9][0-9,.]*\s*[A-Za-z]{3}|[A-Za-z]{3}\s*-?[0-9][0-9,.]*")
CRITERIA, FLOORS = "criteria_weights", "criteria_floors"
WEIGHTS: Final = (CRITERIA, "performance_weights", "good_customer_weights", "tier_weights", "tier_attention")

LISTS: Final = ("complaint_causes",)
"""Groups of choices that forms offer, each a label in both languages."""

# Keys whose values must rise in this order, where they are given; True = strictly.
RISING: Final = (
    (
        ("papers_remind_first", "papers_remind_second", "papers_lapse"),
        True,
        "提醒应早于作废 / reminders come before the lapse",
    ),
    (("talks_remind", "talks_due"), True, "提醒应早于到期 / the reminder comes before the talks are due"),
    (("survey_remind", "survey_due"), True, "提醒应早于到期 / the reminder comes before the survey is due"),
    (("correction_remind", "correction_lapse"), True, "提醒应早于作废 / the reminder comes before the lapse"),
    (("recognition_remind", "recognition_due"), True, "提醒应早于到期 / the reminder comes before the decision is due"),
    (
        ("certificate_remind_last", "certificate_remind_second", "certificate_remind_first"),
        True,
        "提醒应越来越接近到期日 / reminders come ever closer to the day of expiry",
    ),
    (("floor", "pass_mark"), False, "单项要求不应高于总分 / a single criterion is never asked more than the whole"),
    (("pass_mark", "class_b_from_score"), False, "合格者才定级 / a class is given only to who has passed"),
    (("class_b_from_score", "class_a_from_score"), True, "级别范围会重叠 / the bands of the classes would overlap"),
    (("class_b_from_amount", "class_a_from_amount"), True, "级别范围会重叠 / the bands of the classes would overlap"),
    (("tier_b_from", "tier_a_from"), True, "等级范围会重叠 / the bands of the tiers would overlap"),
    (("credit_finance_above", "credit_general_manager_above"), True, "信用审批逐级升高 / the ladder of credit rises"),
    (("digest_limit", "reply_code_above"), False, "答复汇总邮件不用验证码 / an answer to a digest takes no code"),
    (("silence_a", "silence_b", "silence_c"), False, "等级越高回访不应越少 / a higher tier is never called less often"),
)
SCORES: Final = ("floor", "pass_mark", "class_b_from_score", "class_a_from_score", "tier_b_from", "tier_a_from")


@dataclass
class _Values:
    """What was read so far, with the line of each key."""

    sheet: Sheet
    values: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Keys that are there with a value that is none, which has been said."""


def read_policy(text: str, file: str, required: Mapping[str, str] | None = None) -> tuple[Policy | None, Sheet]:
    """The policy a text describes, None where it has errors, and the sheet with what was found.

    `required` are the keys or groups that the installed procedures read, each with the kind of `kind_of` or "".
    """
    sheet = Sheet(file)
    root = sheet.root(text, "policy")
    if root is None:
        return None, sheet
    read = _Values(sheet)
    for key, node in _flat(sheet, root):
        value = _value(sheet, key, node)
        if value is None:
            read.refused.add(key)
        else:
            read.values[key], read.lines[key] = value, line_of(node)
    _check_required(read, required or {})
    _check_names(read, required or {})
    _check_currency(read, required or {})
    for group in WEIGHTS:
        _check_weights(read, group)
    _check_scores(read)
    _check_floors(read)
    _check_lists(read)
    _check_digest(read)
    _check_retention(read)
    _check_amount(read, "reply_code_above", "500000.00 CNY")
    for keys, strictly, reason in RISING:
        for low, high in pairwise(key for key in keys if key in read.values):
            _check_rising(read, low, high, strictly, reason)
    return None if sheet.has_errors else Policy(read.values), sheet


def _flat(sheet: Sheet, root: Node) -> list[tuple[str, Node]]:
    """Keys with their nodes; those of a group are dotted. Groups do not nest."""
    found: list[tuple[str, Node]] = []
    for key, node in sheet.fields(root, "政策文件 / the policy file").items():
        members = sheet.fields(node, f'组“{key}” / the group "{key}"') if isinstance(node, MappingNode) else {"": node}
        if not members:
            en = f'the group "{key}" is empty; give its values or remove it'
            sheet.error(node, f"组“{key}”是空的，请填写或删除", en)
        for member, value in members.items():
            if all(KEY.fullmatch(part) for part in (key, member or key)):
                found.append((f"{key}.{member}" if member else key, value))
            else:
                en = f'"{member or key}" is no policy key; use small letters, digits and underscores'
                sheet.error(node, f"“{member or key}”不能作政策参数名，请用小写字母、数字和下划线", en)
    return found


def _value(sheet: Sheet, key: str, node: Node) -> Value | None:
    what = f'政策参数“{key}” / policy "{key}"'
    written = sheet.text(node, what)
    if written is None and sheet.is_null(node):
        sheet.wrong(node, what, "没有值，请填写或删除此行", " has no value; give one or remove the line")
    if written is None or (isinstance(node, ScalarNode) and node.style):
        return written
    if written.startswith("-") and written[1:2].isdigit():
        sheet.wrong(
            node, what, f"是负数（{written}），请写 0 或以上", f" is negative ({written}); give a value from 0 up"
        )
        return None
    if MONEY.fullmatch(written):
        return sheet.money(node, what)
    if written in ("true", "false"):
        return written == "true"
    if WHOLE.fullmatch(written):
        return int(written)
    return Decimal(written) if DECIMAL.fullmatch(written) else _text(sheet, key, node, written)


def _text(sheet: Sheet, key: str, node: Node, written: str) -> str | None:
    """An unquoted text; what begins like a number is a slip, not a text."""
    if re.match(r"[-+.]?[0-9]", written) or written.lower() in ("yes", "no", "on", "off"):
        zh = f"政策参数“{key}”的值“{written}”不明确，请写成 3、2.5、1000000.00 CNY 或 true，文字请加引号"
        remedy = "write 3, 2.5, 1000000.00 CNY or true, or put a text in quotes"
        sheet.error(node, zh, f'policy "{key}" has the unclear value "{written}"; {remedy}')
        return None
    return written


def _check_required(read: _Values, required: Mapping[str, str]) -> None:
    there = {*read.values, *read.refused}
    written = there | {key.partition(".")[0] for key in there}
    for key, kind in sorted(required.items()):
        if key not in written:
            close = get_close_matches(key, written - set(required), n=1, cutoff=0.8)
            zh, en = (f"是否指“{close[0]}”？", f'did you mean it by "{close[0]}"?') if close else ("请补上", "add it")
            line = read.lines.get(close[0], 1) if close else 1
            read.sheet.error(line, f"流程要用“{key}”，{zh}", f'a procedure reads "{key}"; {en}')
        elif kind and key in read.values and kind_of(read.values[key]) != kind:
            value = read.values[key]
            en = f'"{key}" must be of the kind {kind}, not the {kind_of(value)} "{value}"'
            read.sheet.error(
                read.lines[key], f"“{key}”须为{KINDS_ZH[kind]}，不能是{KINDS_ZH[kind_of(value)]}“{value}”", en
            )


def _check_names(read: _Values, required: Mapping[str, str]) -> None:
    """A key that nobody requires may be the company's own, or a slip for one whose usual value would then hold."""
    usual, written = _usual_names(), {key.partition(".")[0] for key in (*read.values, *read.refused)}
    for key in sorted(read.values.keys() & written - required.keys() - usual):
        if close := get_close_matches(key, usual - written - required.keys(), n=1, cutoff=0.9):
            zh = f"“{key}”不是我们的政策参数，是否指“{close[0]}”？没有写的参数按通常值"
            en = f'"{key}" is no key of ours; did you mean "{close[0]}"? What is not given has its usual value'
            read.sheet.warn(read.lines[key], zh, en)


@cache
def _usual_names() -> frozenset[str]:
    """The keys of the shipped file, those that it only mentions included."""
    return frozenset(NAMED.findall((shipped("config") / "policy.yaml").read_text(encoding="utf-8")))


def _check_weights(read: _Values, group: str) -> None:
    weights = {key: value for key, value in read.values.items() if key.startswith(f"{group}.")}
    uneven = [key for key, value in weights.items() if type(value) is not int]
    for key in uneven:
        en = f'weight "{key}" must be a whole number of per cent, not {weights[key]}'
        read.sheet.error(read.lines[key], f"权重“{key}”须为整数百分比，不能是 {weights[key]}", en)
    uneven += [key for key in read.refused if key.startswith(f"{group}.")]
    total = sum(value for value in weights.values() if isinstance(value, int))
    if weights and not uneven and total != 100:
        line = min(read.lines[key] for key in weights)
        en = f"the {group} sum to {total}, not 100; change them until they do"
        read.sheet.error(line, f"{group} 合计为 {total}，应为 100，请调整", en)


def _check_scores(read: _Values) -> None:
    for key in SCORES:
        value = read.values.get(key, 0)
        if type(value) is not int or value > 100:
            _not_of_100(read, key)


def _not_of_100(read: _Values, key: str) -> None:
    value = read.values[key]
    en = f'"{key}" must be a whole number from 0 to 100, not {value}'
    read.sheet.error(read.lines[key], f"“{key}”须为 0 到 100 的整数，不能是 {value}", en)


def _check_floors(read: _Values) -> None:
    """A floor of its own belongs to a criterion that is weighed."""
    for key, value in read.values.items():
        group, _, name = key.partition(".")
        if group != FLOORS:
            continue
        if f"{CRITERIA}.{name}" not in read.values:
            en = f'there is no criterion "{name}" in {CRITERIA}; correct its name'
            read.sheet.error(read.lines[key], f"{CRITERIA} 中没有评价项“{name}”，请更正名称", en)
        elif type(value) is not int or value > 100:
            _not_of_100(read, key)


def _check_lists(read: _Values) -> None:
    """What people choose from is told in both languages."""
    for key, value in read.values.items():
        if key.partition(".")[0] in LISTS and not (isinstance(value, str) and all(map(str.strip, _halves(value)))):
            en = f'"{key}" must be a label in both languages, such as 来料 / Supplied part'
            read.sheet.error(read.lines[key], f"“{key}”须有中英文两种写法：{BOTH_LANGUAGES}", en)


def _halves(label: str) -> tuple[str, str]:
    zh, _, en = label.partition(SEPARATOR)
    return zh, en


def _check_digest(read: _Values) -> None:
    """The keys of the morning digest, which may all be left out (G-10)."""
    mode, at = read.values.get("digest"), read.values.get("digest_at")
    if mode is not None and mode not in DIGEST_MODES:
        en = f'"digest" must be one of {", ".join(DIGEST_MODES)}, not "{mode}"'
        read.sheet.error(read.lines["digest"], f"“digest”须为 {'、'.join(DIGEST_MODES)} 之一，不能是“{mode}”", en)
    if at is not None and not (isinstance(at, str) and TIME_OF_DAY.fullmatch(at)):
        en = f'"digest_at" must be a time of day such as "08:30", not "{at}"'
        read.sheet.error(read.lines["digest_at"], f'“digest_at”须为 "08:30" 这样的时刻，不能是“{at}”', en)
    if mode in DIGEST_MODES[1:] and at is None:
        en = 'digests need the time at which they go; add digest_at: "08:30"'
        read.sheet.error(read.lines["digest"], '汇总邮件需要发送时刻，请加上 digest_at: "08:30"', en)
    _check_amount(read, "digest_limit", "100000.00 CNY")


def _check_amount(read: _Values, key: str, example: str) -> None:
    value = read.values.get(key)
    if value is not None and not isinstance(value, Money):
        en = f'"{key}" must be an amount, not "{value}"; write it such as {example}'
        read.sheet.error(read.lines[key], f"“{key}”须为金额，不能是“{value}”，请写成 {example} 这样", en)


def _check_retention(read: _Values) -> None:
    """The days after which mails are erased, which may be left out (G-7)."""
    days = read.values.get("received_mail_days")
    if days is not None and (type(days) is not int or days < 1):
        zh = f"“received_mail_days”不能是 {days}，请写整数天数；永久保存则删去此行"
        remedy = "write a whole number of days, or leave it out to keep them for ever"
        line = read.lines["received_mail_days"]
        read.sheet.error(line, zh, f'"received_mail_days" cannot be {days}; {remedy}')


def _check_currency(read: _Values, required: Mapping[str, str]) -> None:
    """Amounts that procedures read are in one currency: a case that compares two would stop, as nothing converts."""
    amounts = {key: value for key, value in read.values.items() if key in required and isinstance(value, Money)}
    used = Counter(amount.currency for amount in amounts.values())
    for key, amount in amounts.items():
        usual = max(used, key=lambda one: used[one])
        if amount.currency != usual:
            zh = f"“{key}”用 {amount.currency}，其他金额用 {usual}；系统不换算币种，请改用 {usual}"
            remedy = f"nothing converts them; give it in {usual}"
            en = f'"{key}" is in {amount.currency}, the other amounts in {usual}; {remedy}'
            read.sheet.error(read.lines[key], zh, en)


def _check_rising(read: _Values, low: str, high: str, strictly: bool, reason: str) -> None:
    smaller, larger = read.values[low], read.values[high]
    line = read.lines[high]
    if isinstance(smaller, Money) and isinstance(larger, Money) and smaller.currency == larger.currency:
        difference = larger.amount - smaller.amount
    elif type(smaller) is int and type(larger) is int:
        difference = Decimal(larger - smaller)
    else:
        zh = f"“{high}”（{larger}）与“{low}”（{smaller}）无法比较，请都写成整数或同一币种"
        remedy = "give both as whole numbers or in one currency"
        read.sheet.error(line, zh, f'"{high}" ({larger}) and "{low}" ({smaller}) cannot be compared; {remedy}')
        return
    if difference < 0 or (strictly and difference == 0):
        zh, en = ("须大于", "above") if strictly else ("不得小于", "at least")
        because = {language: in_language(reason, language) for language in LANGUAGES}
        zh = f"“{high}”（{larger}）{zh}“{low}”（{smaller}）：{because['zh']}"
        read.sheet.error(line, zh, f'"{high}" ({larger}) must be {en} "{low}" ({smaller}): {because["en"]}')
