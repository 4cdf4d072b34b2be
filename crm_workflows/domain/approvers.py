"""The words by which a gate or task names whom it asks (G-5). It must not know who that is: `Directory.resolve` does.

`str()` of a word is its code in journals and messages: "role:finance", "department:quality", "person:a@b", "owner".
"""

from dataclasses import dataclass

from crm_workflows.domain.text import LANGUAGES, bilingual, in_language


@dataclass(frozen=True, slots=True)
class ByRole:
    """Everybody who holds the role."""

    name: str

    def __str__(self) -> str:
        return f"role:{self.name}"


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
class AnyOf:
    """Everybody whom any of the words names; whoever answers first has answered for all."""

    words: tuple["Word", ...]

    @property
    def name(self) -> str:
        """The names of its words, joined."""
        return "+".join(word.name for word in self.words)

    def __str__(self) -> str:
        return "+".join(str(word) for word in self.words)


Word = ByRole | ByDepartment | ByPerson | Owner | Manager
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


def words_of(approver: Approver) -> tuple[Word, ...]:
    """The single words that an approver consists of."""
    return approver.words if isinstance(approver, AnyOf) else (approver,)


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
        case AnyOf(words):
            said = [described(word, of) for word in words]
            chinese, english = ([in_language(label, language) for label in said] for language in LANGUAGES)
            return bilingual("或".join(chinese), " or ".join(english))
