"""What authors wrote, checked before anything works with it: procedures, gates, forms, the templates of mails.

It must not repair anything: a mistake ends the start with one sentence.
"""

from crm_workflows.bootstrap import Office
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.engine.requests import gate_check
from crm_workflows.interfaces.web.forms import check_forms


def check_what_authors_wrote(office: Office) -> None:
    """Import the procedures and check them; raises AuthorMistake with what is wrong and where."""
    from crm_workflows.adapters.mail.template_check import check_templates

    office.load_procedures()
    for made in office.engine.versions.values():
        check_forms(made)
    versions, staff = office.engine.versions, office.staff
    findings = [str(fault) for fault in gate_check.faults_by_policy(versions, staff.policy())]
    findings += [fault.told() for fault in gate_check.faults_by_people(versions, staff.directory(), staff.policy())]
    findings += check_templates()
    if findings:
        raise ConfigurationError(findings)
