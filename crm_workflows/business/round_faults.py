"""What is wrong with a round of callbacks before it is kept (CB-2), every field at once. It must not keep one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from crm_workflows.business import tags
from crm_workflows.business.customers import LETTERS
from crm_workflows.business.tiering import TIERS
from crm_workflows.domain.cron import zone_of
from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.records import Customer, Round
from crm_workflows.domain.recurrence import read_daily
from crm_workflows.domain.text import LANGUAGES, bilingual, in_language
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader

TAG: Final = "tag"
SILENT: Final = "silent_days"
LONGEST_SILENCE: Final = 3660
"""Days; beyond what a calendar holds, one round would stop all."""
NAMED_AT_MOST: Final = 20
NO_TITLE: Final = "请填写名称 / please give it a name"
NO_NUMBER: Final = "未联系天数须为整数 / the days without contact are a whole number"
TOO_LONG: Final = bilingual(
    f"未联系天数最多 {LONGEST_SILENCE} 天", f"the days without contact are {LONGEST_SILENCE} at most"
)
ENDS_FIRST: Final = "有效期的起始日晚于截止日 / the round ends before it begins"
Fault = tuple[str, str]
"""The field of the form and what is wrong with it, a label."""


def check(engine: Engine, made: Round) -> None:
    """Raises InvalidInput that tells each field that is wrong."""
    with engine.store.read() as reader:
        refuse(dict([*_of_title(made), *_of_times(made), *_of_people(engine, made), *_of_customers(reader, made)]))


def check_times(made: Round) -> None:
    """The same of rule, zone and days alone: what is edited in Prefect."""
    refuse(dict(_of_times(made)))


def refuse(wrong: Mapping[str, str]) -> None:
    """Raises InvalidInput of all the fields, unless there are none."""
    if wrong:
        zh, en = ([in_language(sentence, language) for sentence in wrong.values()] for language in LANGUAGES)
        raise InvalidInput(bilingual("；".join(zh), "; ".join(en)), dict(wrong))


def _of_title(made: Round) -> Iterator[Fault]:
    if not made.title.strip():
        yield "title", NO_TITLE


def _of_times(made: Round) -> Iterator[Fault]:
    yield from _read("cron", read_daily, made.cron)
    yield from _read("zone", zone_of, made.zone)
    days = {"valid_from": made.valid_from, "valid_to": made.valid_to}
    wrong = {name: day for name, day in days.items() if day and not _is_day(day)}
    for name, day in wrong.items():
        yield name, bilingual(f"“{day}”不是日期，请写成 2026-03-02 这样", f"{day!r} is no date; write it as 2026-03-02")
    if not wrong and made.valid_from and made.valid_to and made.valid_from > made.valid_to:
        yield "valid_to", ENDS_FIRST


def _is_day(day: str) -> bool:
    """Written in one way only: days are compared as text."""
    try:
        return date.fromisoformat(day).isoformat() == day and "2000" <= day < "3000"
    except ValueError:
        return False


def _of_people(engine: Engine, made: Round) -> Iterator[Fault]:
    for name, address in (("does", made.does), ("owner", (made.chooses or {}).get("owner"))):
        if address and engine.staff.directory().person(address) is None:
            zh = f"{address} 不在人员名册中，请核对地址"
            yield name, bilingual(zh, f"{address} is not among the staff; check the address")


def _of_customers(reader: Reader, made: Round) -> Iterator[Fault]:
    """What a round chooses by must exist: a slip of the pen would call nobody, and nobody would notice."""
    given = made.chooses or {}
    days, region, tag = given.get(SILENT) or 0, given.get("region"), given.get(TAG)
    if not isinstance(days, int):
        yield SILENT, NO_NUMBER
    elif days > LONGEST_SILENCE:
        yield SILENT, TOO_LONG
    yield from _among("tier", "等级", given.get("tier"), TIERS)
    yield from _among("industry", "行业", given.get("industry"), LETTERS)
    if region and not reader.find(Customer, region=region, limit=1):
        yield from _among("region", "地区", region, reader.distinct(Customer, "region"))
    if tag:
        yield from _read(TAG, tags.one, tag) or _of_tag(reader, tag)


def _of_tag(reader: Reader, tag: str) -> Iterator[Fault]:
    if not reader.containing(Customer, f"|{tag}|", "tags", order="code", limit=1):
        yield from _among(TAG, "标签", tag, tags_known(reader))


def tags_known(reader: Reader) -> list[str]:
    """Every tag that a customer has, to choose from."""
    return tags.among(reader.distinct(Customer, "tags"))


def _among(name: str, chinese: str, value: str | None, known: Iterable[str]) -> Iterator[Fault]:
    if value is not None and value not in known:
        named = ", ".join(filter(None, list(known)[:NAMED_AT_MOST])) or "—"
        yield (
            name,
            bilingual(f"没有{chinese}“{value}”，可用：{named}", f"there is no {name} {value!r}; there are {named}"),
        )


def _read(name: str, check: Callable[[str], object], value: str) -> list[Fault]:
    try:
        check(value)
    except (InvalidInput, ValueError) as error:
        return [(name, error.message if isinstance(error, InvalidInput) else str(error))]
    return []
