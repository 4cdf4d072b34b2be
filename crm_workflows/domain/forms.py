"""Forms and subjects: what people fill in and what a case is about. They must not know pages, mails or Prefect.

A field's title is bilingual, `Field(title="经营方针 / Business policy", examples=[...])`; the first example of each
field makes the form's example.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from crm_workflows.domain.errors import InvalidInput
from crm_workflows.domain.form_errors import sentence_of
from crm_workflows.domain.form_places import form_in, kinds, label_at, unknown_field
from crm_workflows.domain.shown import Fact, Shown
from crm_workflows.domain.text import HIDDEN, LANGUAGES, bilingual, in_language, part_of

ONE_LINE: Final = bilingual(
    "请写成一行，不要含换行或看不见的字符",
    "write this on one line, without line breaks or characters that cannot be seen",
)


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text or HIDDEN.search(text):
        raise ValueError(ONE_LINE)
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""A text of one line, such as a name: it stands in subjects of mails, lists and file names, where a second line or a
character that turns the reading direction would pass for words of ours."""

CONFIDENTIAL: Final[JsonDict] = {"confidential": True}
INSTANT: Final[JsonDict] = {"format": "date-time"}
"""For a text that holds an instant with its zone (ISO 8601): whoever reads it sees the time on their own clock."""
"""For `Field(json_schema_extra=…)`: outside its form the value is shown by its last four characters only."""


def masked(text: str) -> str:
    """The last four characters of something confidential."""
    return f"•••• {text[-4:]}" if len(text) > 4 else "••••"


class Form(BaseModel):
    """Base of all forms: immutable, no unknown fields, surrounding blanks removed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True)
    BY_REPLY: ClassVar[str] = ""
    """How the words of a reply by mail answer it, a label; empty for a form that they do not answer."""

    @classmethod
    def from_reply(cls, words: str) -> dict[str, Any] | None:  # noqa: ARG003
        """The answer that the words of a reply give; None where they give none."""
        return None

    @classmethod
    def why_not_read(cls, words: str) -> str:  # noqa: ARG003
        """Why the words of a reply fill in nothing, a label of one sentence: by default how they would."""
        return cls.BY_REPLY

    @property
    def gist(self) -> str:
        """What the answer comes to in a word or two, a label; empty where it can only be told field by field."""
        return ""

    @classmethod
    def example(cls) -> dict[str, Any]:
        """An answer that validates, from the first example of each field."""
        return {
            name: field.examples[0]
            for name, field in cls.model_fields.items()
            if field.examples and field.examples[0] is not None
        }

    def named(self, name: str) -> str:
        """The label of what was chosen in a field; the value itself where it has no label."""
        value = str(getattr(self, name))
        return _labels(type(self).model_fields[name]).get(value, value)

    def facts(self, *, leave_out: Sequence[str] = (), blanks: bool = False) -> tuple[Fact, ...]:
        """The answers as facts, field by field, what is confidential masked; blank ones only with `blanks`."""
        fields = ((n, f) for n, f in type(self).model_fields.items() if n not in leave_out)
        values = ((name, field, getattr(self, name)) for name, field in fields)
        return tuple(
            fact
            for name, field, value in values
            if blanks or value not in ("", None, [])
            for fact in _facts(field, name, value)
        )


@lru_cache(maxsize=256)
def schema_of(form: type[BaseModel]) -> Mapping[str, Any]:
    """The JSON schema of a form, made once and shared: nobody changes it."""
    return form.model_json_schema()


class Subject(Form):
    """What a case is about; `owner` is the mail address of the responsible owner (G-1)."""

    owner: str
    IN_REGISTER: ClassVar[str] = ""
    """The field with the code of a customer whom the register must know before a person starts a case; empty: none."""
    IN_REGISTER_IF_NAMED: ClassVar[str] = ""
    """The same where a case may also be about somebody who is in no register: then this field is left empty."""

    @property
    def case_title(self) -> str:
        """A few words that name the subject to people, such as the company's name."""
        raise NotImplementedError(f"{type(self).__name__} must name its case in `case_title`")

    def shown(self) -> Shown:
        """The facts of the subject, field by field; a subject with a better order overrides it."""
        return Shown(self.facts(blanks=True))

    @property
    def language_hint(self) -> str:
        """The language of people outside, zh or en, where the subject knows it."""
        return "zh"


def _facts(field: FieldInfo, name: str, value: object) -> Iterator[Fact]:
    """One, or those of a form inside it, each below the title of the field; a list of forms is told in one."""
    title = field.title or name
    if isinstance(value, Form):
        for fact in value.facts():
            yield replace(fact, label=part_of(title, fact.label))
    elif isinstance(value, list | tuple) and value and all(isinstance(one, Form) for one in value):
        zh, en = (
            "; ".join(", ".join(fact.said(language) for fact in one.facts()) for one in value) for language in LANGUAGES
        )
        yield Fact(title, zh, en if en != zh else "")
    else:
        yield _fact(field, name, value)


def _fact(field: FieldInfo, name: str, value: object) -> Fact:
    if field.json_schema_extra == CONFIDENTIAL:
        return Fact(field.title or name, masked(str(value)))
    labels = _labels(field)
    if isinstance(value, str) and value in labels:
        return Fact.named(field.title or name, labels[value])
    return Fact.of(field.title or name, value)


def _labels(field: FieldInfo) -> Mapping[str, str]:
    extra = field.json_schema_extra
    labels: Any = extra.get("labels") if isinstance(extra, dict) else None
    return labels if isinstance(labels, dict) else {}


def choices(labels: Mapping[str, str]) -> dict[str, Any]:
    """For `Field(json_schema_extra=…)`: what readers see for each value of a choice, bilingual."""
    return {"labels": dict(labels)}


def labels_in(form: type[BaseModel], within: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every choice of a form and of the forms in it: its dotted path, and its labels by value."""
    for name, field in form.model_fields.items():
        inner = form_in(field, Form)
        if inner is not None:
            yield from labels_in(inner, f"{within}{name}.")
        elif labels := _labels(field):
            yield f"{within}{name}", dict(labels)


def unless(when: str) -> dict[str, Any]:
    """For `Field(json_schema_extra=…)` of a field that may be empty in one case only: in which, bilingual; readers see
    that in place of "optional"."""
    return {"unless": when}


def without_secrets(form: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a form with what is confidential masked: for every view but the form's own."""
    secret = {name for name, field in form.model_fields.items() if field.json_schema_extra == CONFIDENTIAL}
    return {name: masked(str(value)) if name in secret and value else value for name, value in values.items()}


YEARS: Final = range(1900, 2200)
ODD_YEAR: Final = bilingual(
    f"年份请写四位，在 {YEARS[0]} 与 {YEARS[-1]} 之间", f"write the year in four digits, from {YEARS[0]} to {YEARS[-1]}"
)
TODAY: Final = "today"
"""Among the facts with which validators compare: the company's day (ISO 8601) on which somebody hands the form in; not
there when an answer is read again, since it would be wrong a day later."""
F = TypeVar("F", bound=BaseModel)
WHOLE_FORM: Final = "*"
"""Stands for the name of a field where an error is of the form as a whole."""


def read_form(form: type[F], values: object, what: str, against: Mapping[str, Any] | None = None) -> F:
    """Validate; raises InvalidInput that names each field and what is wrong with it. `what` names the form.

    `against` holds facts of the case with which the form's validators compare (`info.context`).
    """
    made, faults = examined(form, values, against)
    if made is not None and not faults:
        return made
    fields, labels = dict[str, str](), dict[str, str]()
    for one in faults:
        name = ".".join(str(part) for part in one["loc"]) or WHOLE_FORM
        is_unknown = one["type"] == "extra_forbidden"
        fields[name] = unknown_field(form, one["loc"]) if is_unknown else sentence_of(one, names_values=True)
        labels[name] = "" if is_unknown else label_at(form, one["loc"])
    chinese = f"“{in_language(what, 'zh')}”填写有误（{_listed(fields, labels, 'zh')}），请改正后重新提交"
    listed = _listed(fields, labels, "en")
    english = f"“{in_language(what, 'en')}” has mistakes in it ({listed}); correct them and hand it in again"
    raise InvalidInput(bilingual(chinese, english), fields)


def examined(
    form: type[F], values: object, against: Mapping[str, Any] | None = None
) -> tuple[F | None, list[Mapping[str, Any]]]:
    """What was read, if it could be, and every fault at once as pydantic tells it, odd years among them.

    Here and not in the forms a year is looked at, since what was answered before has to be read again.
    """
    made, faults = None, list[Mapping[str, Any]]()
    try:
        made = form.model_validate(values, context=dict(against or {}))
    except ValidationError as error:
        faults += error.errors()
    odd = list(_odd_years(form, made or values))
    others = [one for one in faults if one["loc"] not in odd]
    return made, [*others, *({"type": "odd_year", "loc": at, "msg": ODD_YEAR} for at in odd)]


def _odd_years(form: type[BaseModel], filled: object, *within: str) -> Iterator[tuple[str, ...]]:
    """Where a day or an instant stands that nobody meant: a browser makes of a year typed as 26 the year 0026."""
    if not isinstance(filled, Mapping | BaseModel):
        return
    for name, field in form.model_fields.items():
        value = filled.get(name) if isinstance(filled, Mapping) else getattr(filled, name)
        inner = form_in(field, BaseModel)
        if inner is not None:
            yield from _odd_years(inner, value, *within, name)
        elif (day := _day_in(field, value)) and day.year not in YEARS:
            yield (*within, name)


def _day_in(field: FieldInfo, value: object) -> date | None:
    """The day that stands there or is written there; None for what is none."""
    if isinstance(value, str) and (_is_instant(field) or date in kinds(field)):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    return value if isinstance(value, date) else None


def _is_instant(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("format") == INSTANT["format"]


def _listed(fields: Mapping[str, str], labels: Mapping[str, str], language: str) -> str:
    """Each field by its label, with its name in the file behind it, and what is wrong with it."""
    colon, semicolon, both = ("：", "；", "{}（{}）") if language == "zh" else (": ", "; ", "{} ({})")
    called = {n: both.format(in_language(labels[n], language), n) if labels[n] else n for n in fields}
    return semicolon.join(
        f"{'' if name == WHOLE_FORM else called[name] + colon}{in_language(sentence, language)}"
        for name, sentence in fields.items()
    )
