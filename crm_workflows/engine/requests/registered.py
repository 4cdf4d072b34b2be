"""Whether the customer whom a subject names is in the register, and which one may be meant. It must not start cases."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.forms import Subject
from crm_workflows.domain.records import Customer
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader

COMPANY: Final = "company"
"""The field in which a subject names the company in words."""
OFFERED: Final = 3


def check_registered(engine: Engine, subject: Subject, before: Subject | None = None) -> None:
    """Raise InvalidInput, with the field, where the register does not know the customer whom the subject names.

    What stood there `before` an amendment is not asked about again: it may be of a time when nobody was.
    """
    values = dict(subject)
    name = subject.IN_REGISTER or subject.IN_REGISTER_IF_NAMED
    if before is not None and name and getattr(before, name) == values[name]:
        return
    for at, sentence in unregistered(engine, type(subject), values).items():
        raise InvalidInput(sentence, {at: sentence})


def unregistered(engine: Engine, kind: type[Subject], values: Mapping[str, Any]) -> dict[str, str]:
    """The same of what was typed for a subject: its field and what is wrong there, a label; empty where nothing is."""
    name = kind.IN_REGISTER or kind.IN_REGISTER_IF_NAMED
    code = str(values.get(name) or "") if name else ""
    if not code:
        return {}
    with engine.store.read() as reader:
        if reader.get(Customer, code) is not None:
            return {}
        near = nearest(reader, code, str(values.get(COMPANY) or ""))
    zh, en = f"客户名册中没有 {code}", f"there is no customer {code} in the register"
    if near:
        zh, en = f"{zh}，相近的有 {'、'.join(near)}", f"{en}, which is near {', '.join(near)}"
    if kind.IN_REGISTER:
        zh += "；请在“客户名册”中核对代码，新客户请先建档"
        en += "; look the code up on its page, or take the customer on first"
    else:
        zh += "；请核对代码，不在册的客户请把代码留空"
        en += "; correct the code, or leave it empty for a customer who is not in the register"
    return {name: bilingual(zh, en)}


def nearest(reader: Reader, code: str, company: str = "") -> list[str]:
    """Code and name of the few who may be meant: by a slip in the code, by their name in its place or beside it."""
    names = {str(one): str(name) for one, name in reader.columns(Customer, "code", "name")}
    folded = {one.casefold(): one for one in names}
    close = [folded[one] for one in get_close_matches(code.casefold(), folded, n=OFFERED, cutoff=0.8)]
    said = [word for word in (code, company) if len(word) > 1]
    called = [one for one, name in names.items() if any(word in name or name in word for word in said)]
    of_name = {name: one for one, name in names.items()}
    alike = [of_name[name] for word in said for name in get_close_matches(word, of_name, n=OFFERED, cutoff=0.7)]
    return [f"{one} {names[one]}" for one in list(dict.fromkeys([*close, *called, *alike]))[:OFFERED]]
