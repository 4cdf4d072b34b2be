"""What the mail of a satisfaction survey needs to know (CB-8). It must not hold wording."""

from typing import Final

from pydantic import AwareDatetime

from crm_workflows.domain.message_parts import Mail

SURVEY: Final = "survey"
"""Its mails name an invitation in the place of a request, and are replied to to the account manager."""
GRADES: Final = {
    5: "非常满意 / Very satisfied",
    4: "满意 / Satisfied",
    3: "一般 / So-so",
    2: "不满意 / Not satisfied",
    1: "很不满意 / Not satisfied at all",
}


class Survey(Mail):
    """Asks a customer's contact how satisfied they are, with a link for each grade; labels: `question`."""

    title: str
    question: str
    closes_at: AwareDatetime
    grades: tuple[tuple[int, str], ...] = tuple(GRADES.items())
    """What can be answered, each with its label."""
    company_name: str
    """The customer's."""
    manager_name: str = ""
    """Whom to write to instead."""
    manager_email: str = ""
