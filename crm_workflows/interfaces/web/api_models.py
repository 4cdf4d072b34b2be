"""What the HTTP API takes and gives. Names are those of the contract; it must not hold behaviour."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from crm_workflows.domain.verbs import VERBS


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


WHO: Final = "Who does it; with a token always its person, and then not needed."


class StartCase(_Body):
    """Starts a case; `input` is the subject of the process (see `GET /v1/processes`)."""

    process: str = Field(max_length=100, examples=["supplier-vetting"])
    input: dict[str, Any]
    requester: str | None = Field(default=None, alias="as", max_length=320, description="By default the input's owner.")


class Decide(_Body):
    """Decides an approval in somebody's name; recorded with channel `api`."""

    by: str | None = Field(default=None, alias="as", max_length=320, description=WHO)
    decision: str = Field(max_length=40, examples=list(VERBS))
    comment: str = Field(default="", max_length=4000)
    to: str | None = Field(
        default=None,
        max_length=320,
        description="The rule that `send_back` goes to, who is to be asked or told, or `name=value` of a `change`.",
    )
    place: str = Field(default="beside", max_length=10, description="`add_approver`: before, after or beside.")


class Amend(_Body):
    """Changes what a running case is about; whoever approved the old is asked again."""

    by: str | None = Field(default=None, alias="as", max_length=320, description=WHO)
    values: dict[str, Any] = Field(min_length=1, description="By field of the subject, such as `contact.email`.")
    reason: str = Field(max_length=4000)


class Amended(BaseModel):
    """The requests by which people are asked again; the sentence is in both languages."""

    case: str
    asked_again: list[str]
    sentence: str


class Reassign(_Body):
    """Gives what one person is asked to another, by an administrator; recorded with channel `api`."""

    by: str | None = Field(default=None, alias="as", max_length=320, description=WHO)
    from_: str = Field(alias="from", max_length=320, description="Who is asked now.")
    to: str = Field(max_length=320, description="Who is asked instead.")
    reason: str = Field(max_length=4000)


class Reassigned(BaseModel):
    """Who is asked now; the sentence is in both languages."""

    request: str
    to: str
    sentence: str


class OverrideRequest(_Body):
    """Proposes, or confirms as a second person, a decision over those asked."""

    by: str | None = Field(default=None, alias="as", max_length=320, description=WHO)
    decision: str = Field(max_length=40, examples=["approve", "reject"])
    reason: str = Field(max_length=4000)


class OverrideTaken(BaseModel):
    """A proposal that waits for a second person, or the decision that two people made."""

    case: str
    request: str
    decision: str
    is_decided: bool
    people: list[str]
    sentence: str


class Submit(_Body):
    """Answers a form task; `input` fits the schema in `GET /v1/requests/{id}`."""

    by: str | None = Field(default=None, alias="as", max_length=320, description=WHO)
    input: dict[str, Any]


class Started(BaseModel):
    """The case that was started, now or by an earlier request with the same key."""

    case: str
    status: str
    url: str


class Recorded(BaseModel):
    """An answer that counts; the sentences are in both languages."""

    case: str
    request: str
    decision: str
    effective: bool
    sentence: str
    follows: str


class Taken(BaseModel):
    """What became of the files."""

    case: str
    request: str
    accepted: list[dict[str, str]]
    problems: list[dict[str, str]]
    missing: list[str]
    complete: bool


class Problem(BaseModel):
    """One sentence in both languages, and one for each field that does not fit."""

    sentence: str
    fields: dict[str, str] = {}
    decided_by: str | None = None


class Failed(BaseModel):
    """The body of every refusal."""

    error: Problem


class Process(BaseModel):
    """A process in which cases can be started."""

    process: str
    title: str
    version: int
    input_schema: dict[str, Any]
