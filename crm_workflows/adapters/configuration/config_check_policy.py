"""Reads the policy file and finds its mistakes, also between its values. It must not know which flow reads a key."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode

from crm_workflows.adapters.configuration.config_check import Sheet, line_of
from crm_workflows.domain.money import Money
from crm_workflows.domain.policy import DIGEST_MODES, Policy, Value, kind_of
from crm_workflows.domain.text import SEPARATOR

KEY: Final = re.compile(r"[a-z][a-z0-9_]*")
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
    (("papers_remind_first", "papers_remind_second", "papers_lapse"), True, "reminders come before the lapse"),
    (("talks_remind", "talks_due"), True, "the reminder comes before the talks are due"),
    (("survey_remind", "survey_due"), True, "the reminder comes before the survey is due"),
    (("correction_remind", "correction_lapse"), True, "the reminder comes before the lapse"),
    (("recognition_remind", "recognition_due"), True, "the reminder comes before the decision is due"),
    (
        ("certificate_remind_last", "certificate_remind_second", "certificate_remind_first"),
        True,
        "reminders come ever closer to the day of expiry",
    ),
    (("floor", "pass_mark"), False, "a single criterion is never asked more than the whole"),
    (("pass_mark", "class_b_from_score"), False, "a class is given only to who has passed"),
    (("class_b_from_score", "class_a_from_score"), True, "the bands of the classes would overlap"),
    (("class_b_from_amount", "class_a_from_amount"), True, "the bands of the classes would overlap"),
    (("tier_b_from", "tier_a_from"), True, "the bands of the tiers would overlap"),
    (("credit_finance_above", "credit_general_manager_above"), True, "the ladder of credit rises"),
    (("digest_limit", "reply_code_above"), False, "an answer to a digest takes no code"),
    (("silence_a", "silence_b", "silence_c"), False, "a higher tier is never called less often"),
)
SCORES: Final = ("floor", "pass_mark", "class_b_from_score", "class_a_from_score", "tier_b_from", "tier_a_from")


@dataclass
class _Values:
    """What was read so far, with the line of each key."""

    sheet: Sheet
    values: dict[str, Value] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def read_policy(text: str, file: str, required: Mapping[str, str] | None = None) -> tuple[Policy | None, Sheet]:
    """The policy a text describes, None where it has errors, and the sheet with what was found.

    `required` are the keys or groups that the installed procedures read, each with the kind of `kind_of` or "".
    """
    sheet = Sheet(file)
    root = sheet.root(text)
    if root is None:
        return None, sheet
    read = _Values(sheet)
    for key, node in _flat(sheet, root):
        value = _value(sheet, key, node)
        if value is not None:
            read.values[key], read.lines[key] = value, line_of(node)
    _check_required(read, required or {})
    _check_currency(read, required or {})
    for group in WEIGHTS:
        _check_weights(read, group)
    _check_scores(read)
    _check_floors(read)
    _check_lists(read)
    _check_digest(read)
    _check_retention(read)
    _check_code(read)
    for keys, strictly, reason in RISING:
        for low, high in pairwise(key for key in keys if key in read.values):
            _check_rising(read, low, high, strictly, reason)
    return None if sheet.has_errors else Policy(read.values), sheet


def _flat(sheet: Sheet, root: Node) -> list[tuple[str, Node]]:
    """Keys with their nodes; those of a group are dotted. Groups do not nest."""
    found: list[tuple[str, Node]] = []
    for key, node in sheet.fields(root, "the policy file").items():
        members = sheet.fields(node, f'the group "{key}"') if isinstance(node, MappingNode) else {"": node}
        if not members:
            sheet.error(node, f'the group "{key}" is empty; give its values or remove it')
        for member, value in members.items():
            if all(KEY.fullmatch(part) for part in (key, member or key)):
                found.append((f"{key}.{member}" if member else key, value))
            else:
                sheet.error(node, f'"{member or key}" is no policy key; use small letters, digits and underscores')
    return found


def _value(sheet: Sheet, key: str, node: Node) -> Value | None:
    what = f'policy "{key}"'
    written = sheet.text(node, what)
    if written is None and sheet.is_null(node):
        sheet.error(node, f"{what} has no value; give one or remove the line")
    if written is None or (isinstance(node, ScalarNode) and node.style):
        return written
    if written.startswith("-") and written[1:2].isdigit():
        sheet.error(node, f"{what} is negative ({written}); give a value from 0 up")
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
        remedy = "write 3, 2.5, 1000000.00 CNY or true, or put a text in quotes"
        sheet.error(node, f'policy "{key}" has the unclear value "{written}"; {remedy}')
        return None
    return written


def _check_required(read: _Values, required: Mapping[str, str]) -> None:
    groups = {key.partition(".")[0] for key in read.values if "." in key}
    written = {*read.values, *groups}
    for key, kind in sorted(required.items()):
        if key not in written:
            close = get_close_matches(key, written - set(required), n=1, cutoff=0.8)
            remedy = f'did you mean it by "{close[0]}"?' if close else "add it"
            read.sheet.error(read.lines.get(close[0], 1) if close else 1, f'a procedure reads "{key}"; {remedy}')
        elif kind and key in read.values and kind_of(read.values[key]) != kind:
            value = read.values[key]
            read.sheet.error(read.lines[key], f'"{key}" must be of the kind {kind}, not the {kind_of(value)} "{value}"')


def _check_weights(read: _Values, group: str) -> None:
    weights = {key: value for key, value in read.values.items() if key.startswith(f"{group}.")}
    uneven = [key for key, value in weights.items() if type(value) is not int]
    for key in uneven:
        read.sheet.error(read.lines[key], f'weight "{key}" must be a whole number of per cent, not {weights[key]}')
    total = sum(value for value in weights.values() if isinstance(value, int))
    if weights and not uneven and total != 100:
        line = min(read.lines[key] for key in weights)
        read.sheet.error(line, f"the {group} sum to {total}, not 100; change them until they do")


def _check_scores(read: _Values) -> None:
    for key in SCORES:
        value = read.values.get(key, 0)
        if type(value) is not int or value > 100:
            read.sheet.error(read.lines[key], f'"{key}" must be a whole number from 0 to 100, not {value}')


def _check_floors(read: _Values) -> None:
    """A floor of its own belongs to a criterion that is weighed."""
    for key, value in read.values.items():
        group, _, name = key.partition(".")
        if group != FLOORS:
            continue
        if f"{CRITERIA}.{name}" not in read.values:
            read.sheet.error(read.lines[key], f'there is no criterion "{name}" in {CRITERIA}; correct its name')
        elif type(value) is not int or value > 100:
            read.sheet.error(read.lines[key], f'"{key}" must be a whole number from 0 to 100, not {value}')


def _check_lists(read: _Values) -> None:
    """What people choose from is told in both languages."""
    for key, value in read.values.items():
        if key.partition(".")[0] in LISTS and not (isinstance(value, str) and all(map(str.strip, _halves(value)))):
            read.sheet.error(
                read.lines[key], f'"{key}" must be a label in both languages, such as 来料 / Supplied part'
            )


def _halves(label: str) -> tuple[str, str]:
    zh, _, en = label.partition(SEPARATOR)
    return zh, en


def _check_digest(read: _Values) -> None:
    """The keys of the morning digest, which may all be left out (G-10)."""
    mode, at = read.values.get("digest"), read.values.get("digest_at")
    if mode is not None and mode not in DIGEST_MODES:
        read.sheet.error(read.lines["digest"], f'"digest" must be one of {", ".join(DIGEST_MODES)}, not "{mode}"')
    if at is not None and not (isinstance(at, str) and TIME_OF_DAY.fullmatch(at)):
        read.sheet.error(read.lines["digest_at"], f'"digest_at" must be a time of day such as "08:30", not "{at}"')
    if mode in DIGEST_MODES[1:] and at is None:
        read.sheet.error(read.lines["digest"], 'digests need the time at which they go; add digest_at: "08:30"')
    limit = read.values.get("digest_limit")
    if limit is not None and not isinstance(limit, Money):
        remedy = "write it such as 100000.00 CNY"
        read.sheet.error(read.lines["digest_limit"], f'"digest_limit" must be an amount, not "{limit}"; {remedy}')


def _check_retention(read: _Values) -> None:
    """The days after which mails are erased, which may be left out (G-7)."""
    days = read.values.get("received_mail_days")
    if days is not None and (type(days) is not int or days < 1):
        remedy = "write a whole number of days, or leave it out to keep them for ever"
        read.sheet.error(read.lines["received_mail_days"], f'"received_mail_days" cannot be {days}; {remedy}')


def _check_code(read: _Values) -> None:
    """The amount above which an answer by mail needs a code, which may be left out."""
    limit = read.values.get("reply_code_above")
    if limit is not None and not isinstance(limit, Money):
        remedy = "write it such as 500000.00 CNY"
        read.sheet.error(
            read.lines["reply_code_above"], f'"reply_code_above" must be an amount, not "{limit}"; {remedy}'
        )


def _check_currency(read: _Values, required: Mapping[str, str]) -> None:
    """Amounts that procedures read are in one currency: a case that compares two would stop, as nothing converts."""
    amounts = {key: value for key, value in read.values.items() if key in required and isinstance(value, Money)}
    used = Counter(amount.currency for amount in amounts.values())
    for key, amount in amounts.items():
        usual = max(used, key=lambda one: used[one])
        if amount.currency != usual:
            remedy = f"nothing converts them; give it in {usual}"
            read.sheet.error(
                read.lines[key], f'"{key}" is in {amount.currency}, the other amounts in {usual}; {remedy}'
            )


def _check_rising(read: _Values, low: str, high: str, strictly: bool, reason: str) -> None:
    smaller, larger = read.values[low], read.values[high]
    line, shown = read.lines[high], f'"{high}" ({larger}) and "{low}" ({smaller})'
    if isinstance(smaller, Money) and isinstance(larger, Money) and smaller.currency == larger.currency:
        difference = larger.amount - smaller.amount
    elif type(smaller) is int and type(larger) is int:
        difference = Decimal(larger - smaller)
    else:
        read.sheet.error(line, f"{shown} cannot be compared; give both as whole numbers or in one currency")
        return
    if difference < 0 or (strictly and difference == 0):
        word = "above" if strictly else "at least"
        read.sheet.error(line, f'"{high}" ({larger}) must be {word} "{low}" ({smaller}): {reason}')
