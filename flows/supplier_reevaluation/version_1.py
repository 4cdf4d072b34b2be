"""How a re-evaluation began before upheld complaints were looked up: for cases that have waited since then."""

from crm_workflows import Case, Outcome, Shown, procedure, recognition
from flows.supplier_reevaluation.elements import SCORES
from flows.supplier_reevaluation.procedure import decided_on
from flows.supplier_reevaluation.subject import RecognisedSupplier


@procedure(code="SR", version=1, booked=True, title="供应商复评 / Supplier re-evaluation", name="supplier-reevaluation")
def without_complaints(case: Case[RecognisedSupplier]) -> Outcome:
    """供应商复评：打分时不列投诉。Evaluate a supplier again; the scores show no complaints."""
    supplier = case.subject
    known = supplier.facts(leave_out=("contact", "owner"))
    return decided_on(case, case.task(SCORES, shows=Shown((*known, *recognition.basis(case.policy)))))
