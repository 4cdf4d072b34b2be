"""Shows people, policy and calendar in force and all their versions: since when, by whom. It must change nothing."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from crm_workflows.domain.errors import ConfigurationError, InvalidInput
from crm_workflows.domain.text import bilingual, counted, in_language
from crm_workflows.interfaces.cli.language import terminal_language, told
from crm_workflows.interfaces.cli.output import local, name_zone, print_json, print_table
from crm_workflows.interfaces.cli.session import AsJson, Session, company_zone

if TYPE_CHECKING:
    from crm_workflows.bootstrap import Office
    from crm_workflows.domain.records import ConfigVersion

FIRST: Final = {"first start": "首次启动 / first start", "first version": "首个版本 / first version"}
"""What the record says of the version of a first start, whoever reads it."""
OWN: Final = "people"
"""Differs from what came with the program in every company."""


def show(kind: str, session: Session, as_json: AsJson = False) -> None:
    """What is in force, as the file that would be applied, or as a document; beside it, since when and by whom."""
    import yaml

    with session.office() as office:
        held, zone = in_force(office, kind), company_zone(office)
    if as_json:
        # Dates and amounts as the text that stands in the file.
        print_json(_version(held) | {"content": yaml.load(held.content, Loader=yaml.BaseLoader)})  # noqa: S506
        return
    sys.stdout.write(held.content if held.content.endswith("\n") else held.content + "\n")
    sys.stdout.flush()
    for line in _about(held, zone):
        sys.stderr.write(f"# {line}\n")


def _about(held: "ConfigVersion", zone: ZoneInfo) -> list[str]:
    """On standard error, so that the file alone is redirected into a file."""
    from crm_workflows.shipped import shipped

    at = held.applied_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    by_zh, by_en = (in_language(FIRST.get(held.applied_by, held.applied_by), language) for language in ("zh", "en"))
    said = told(
        bilingual(
            f"第 {held.version} 版，{at} 生效，由谁：{by_zh}",
            f"version {held.version}, in force since {at}, by {by_en}",
        )
    )
    if held.kind == OWN:
        return [said]
    came = (shipped("config") / f"{held.kind}.yaml").read_text(encoding="utf-8")
    found = _differs(came, held)
    if not found:
        return [said, told("与随程序附带的相同 / as it came with the program")]
    en = f"differs from what came with the program in {counted(len(found), 'place', 'places')}:"
    return [said, told(bilingual(f"与随程序附带的有 {len(found)} 处不同：", en)), *(f"  {one}" for one in found)]


def history(kind: str, session: Session, as_json: AsJson = False) -> None:
    """All versions, latest first, with what each changed and by whom."""
    from crm_workflows.domain.records import ConfigVersion

    with session.office() as office, office.store.read() as reader:
        versions = reader.find(ConfigVersion, kind=kind, order="version", descending=True)
        zone = company_zone(office)
    if as_json:
        print_json([_version(v) for v in versions])
        return
    before = [*(v.content for v in versions[1:]), ""]
    rows = [
        (v.version, local(v.applied_at, zone), told(FIRST.get(v.applied_by, v.applied_by)), "\n".join(_changes(old, v)))
        for old, v in zip(before, versions, strict=True)
    ]
    print_table(("版本 / Version", "时间 / At", "由谁 / By", "更改 / Changes"), rows)
    name_zone(zone)


def _changes(before: str, after: "ConfigVersion") -> Sequence[str]:
    """In the language of the terminal; on record they are in English."""
    if not before or terminal_language() == "en":
        return [told(FIRST.get(change, change)) for change in after.changes]
    return _differs(before, after) or after.changes


def _differs(before: str, after: "ConfigVersion") -> list[str]:
    """What `after` changes, in the language of the terminal; nothing where this release cannot read one of them."""
    from crm_workflows.adapters.configuration.config_files import difference

    try:
        return difference(before, after.content, after.kind, terminal_language())  # type: ignore[arg-type]
    except ConfigurationError:
        return []


def in_force(office: "Office", kind: str) -> "ConfigVersion":
    """The version that holds now; raises InvalidInput where there is none."""
    from crm_workflows.adapters.configuration.staff import version_in_force

    with office.store.read() as reader:
        held = version_in_force(reader, kind)
    if held is None:
        raise InvalidInput(bilingual(f"尚无生效的 {kind}", f"no {kind} is in force yet; apply a file"))
    return held


def _version(held: "ConfigVersion") -> dict[str, Any]:
    return {
        "kind": held.kind,
        "version": held.version,
        "applied_at": held.applied_at.isoformat(),
        "applied_by": held.applied_by,
        "changes": held.changes,
    }
