"""The words by which a gate or task names whom it asks (G-5). It must not know who that is: `Directory.resolve` does.

`str()` of a word is its code in journals and messages: "role:finance", "department:quality", "person:a@b", "owner".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crm_workflows.domain.text import LANGUAGES, bilingual, in_language


@dataclass(frozen=True, slots=True)
class ByRole:
    """Everybody who holds the role."""

    name: str

    def __str__(self) -> str:
        return f"role:{self.name}"


@dataclass(frozen=True, slots=True)
class RoleAsked:
    """Who needs somebody in a role: `file.py:line` of the first, and per process its gates and tasks, all by title."""

    where: str
    by: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ByDepartment:
    """Everybody in the department."""

    name: str

    def __str__(self) -> str:
        return f"department:{self.name}"


@dataclass(frozen=True, slots=True)
class ByPerson:
    """One person; `name` is any of their addresses."""

    name: str

    def __str__(self) -> str:
        return f"person:{self.name}"


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of the case's subject."""

    name: str = "owner"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Manager:
    """The manager of the person asked (escalation), else of the subject's owner."""

    name: str = "manager"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ManagerOf:
    """The manager of whom the inner word names."""

    of: "Word"

    @property
    def name(self) -> str:
        """As `Manager`: what they are to the case."""
        return "manager"

    def __str__(self) -> str:
        return f"manager_of:{self.of}"


@dataclass(frozen=True, slots=True)
class ByLimit:
    """Whom the inner word names, or the first above them whose own approval limit covers the amount."""

    of: "Word"

    @property
    def name(self) -> str:
        """What they are asked as, whoever it becomes."""
        return "limit"

    def __str__(self) -> str:
        return f"limit:{self.of}"


@dataclass(frozen=True, slots=True)
class ByField:
    """The person whose address stands in a field of the case's subject; `among` is the list they must be from."""

    field: str
    among: "Word | None" = None

    @property
    def name(self) -> str:
        """The field, as `field:buyer`: the requester chose them."""
        return f"field:{self.field}"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Everybody whom any of the words names; whoever answers first has answered for all."""

    words: tuple["Word", ...]

    @property
    def name(self) -> str:
        """The names of its words, joined."""
        return "+".join(word.name for word in self.words)

    def __str__(self) -> str:
        return "+".join(str(word) for word in self.words)


Word = ByRole | ByDepartment | ByPerson | Owner | Manager | ManagerOf | ByLimit | ByField
Approver = Word | AnyOf


def role(name: str) -> ByRole:
    """Everybody who holds the role `name` of the people file."""
    return ByRole(name)


def department(name: str) -> ByDepartment:
    """Everybody in the department `name` of the people file."""
    return ByDepartment(name)


def person(email: str) -> ByPerson:
    """The person with this address."""
    return ByPerson(email.strip().lower())


def any_of(*words: Word) -> AnyOf:
    """Everybody named by one of these words, such as the heads of two departments."""
    return AnyOf(words)


def manager_of(word: Word) -> ManagerOf:
    """The manager of whom `word` names, such as `manager_of(role("head_of_quality"))`."""
    return ManagerOf(word)


def with_limit(word: Word) -> ByLimit:
    """Whom `word` names, or the first up the chain of managers whose own approval limit covers the amount.

    Whoever has no limit signs for nothing alone, except at the top, where nobody is above.
    """
    return ByLimit(word)


def field(name: str, *, among: Word | None = None) -> ByField:
    """The person whose address the requester has written into the subject's field `name`.

    `among` is the list they choose from, as a word; a start that names anybody else is refused.
    """
    return ByField(name, among)


def words_of(approver: Approver) -> tuple[Word, ...]:
    """The single words that an approver consists of."""
    return approver.words if isinstance(approver, AnyOf) else (approver,)


def every_word(approver: Approver) -> Iterator[Word]:
    """The same with the words inside those."""
    for word in words_of(approver):
        yield word
        inner = word.among if isinstance(word, ByField) else getattr(word, "of", None)
        if inner is not None:
            yield from every_word(inner)


def is_one(word: Word) -> bool:
    """Whether it can name one person only."""
    inner = word.of if isinstance(word, ManagerOf | ByLimit) else word
    return not isinstance(word, ByRole | ByDepartment) if inner is word else is_one(inner)


owner = Owner()
manager = Manager()


def described(approver: Approver, of: str) -> str:
    """The word for a sentence, in both languages; `of` is the address whose owner or manager is meant, or empty."""
    match approver:
        case ByRole(name):
            return bilingual(f"角色 {name}", f"the role {name}")
        case ByDepartment(name):
            return bilingual(f"部门 {name}", f"the department {name}")
        case ByPerson(name):
            return bilingual(f"人员 {name}", f"the person {name}")
        case Owner():
            return bilingual(f"负责人 {of}".rstrip(), f"the owner {of}".rstrip())
        case Manager():
            return bilingual(f"{of} 的上级".lstrip(), f"the manager of {of}" if of else "the manager")
        case ManagerOf(inner):
            zh, en = (in_language(described(inner, of), language) for language in LANGUAGES)
            return bilingual(f"{zh}的上级", f"the manager of {en}")
        case ByLimit(inner):
            zh, en = (in_language(described(inner, of), language) for language in LANGUAGES)
            return bilingual(f"{zh}及其上级中有权批准此金额者", f"whoever from {en} upwards may approve this amount")
        case ByField(name):
            return bilingual(f"申请中“{name}”一栏所填的人", f"the person named in the field {name}")
        case AnyOf(words):
            said = [described(word, of) for word in words]
            chinese, english = ([in_language(label, language) for label in said] for language in LANGUAGES)
            return bilingual("或".join(chinese), " or ".join(english))
