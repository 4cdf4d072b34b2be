"""How an approver's word is called by people: the role, the department, the person. It must not decide who that is."""

from crm_workflows.domain.approvers import AnyOf, Approver, ByDepartment, ByPerson, ByRole, Owner
from crm_workflows.domain.people import Directory
from crm_workflows.domain.text import in_language


def name_of(approver: Approver, directory: Directory, language: str) -> str:
    """For a reader of that language, as the people file names it."""
    match approver:
        case ByRole(role):
            return directory.role_label(role, language)
        case ByDepartment(department):
            return directory.department_label(department, language)
        case ByPerson(address):
            person = directory.person(address)
            return person.shown_name(language) if person else address
        case Owner():
            return in_language("负责人 / Owner", language)
        case AnyOf(words):
            return (" / " if language == "zh" else " or ").join(name_of(word, directory, language) for word in words)
        case _:
            return in_language("上级 / Manager", language)
