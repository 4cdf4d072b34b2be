"""Companies with nearly the same name (SV-2): found in a register and explained to the person who decides.

Pure functions; they store nothing, refuse nothing and know nothing of suppliers or customers.
"""

from crm_workflows.business.duplicates.company_name import CompanyName
from crm_workflows.business.duplicates.likeness import ENOUGH, Likeness, Reason, alike
from crm_workflows.business.duplicates.names import taken_apart
from crm_workflows.business.duplicates.register import Names
from crm_workflows.business.duplicates.search import Candidate, candidates

__all__ = ["ENOUGH", "Candidate", "CompanyName", "Likeness", "Names", "Reason", "alike", "candidates", "taken_apart"]
