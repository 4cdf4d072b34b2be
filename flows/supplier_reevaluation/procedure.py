"""Supplier re-evaluation 供应商复评: what SV-12 says of a recognition that ends.

Opened by supplier vetting, and by itself for the next time, before the validity ends (policy `reevaluation_before`).
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, department, owner, procedure, recognition, role
from flows.supplier_reevaluation.elements import RENEWAL, SCORES, Reevaluation
from flows.supplier_reevaluation.steps import bar, complained, decisive_facts, judge, put_on_hold, renew, supplier_facts
from flows.supplier_reevaluation.subject import RecognisedSupplier

CONCERNED = (owner, department("materials"), department("quality"), role("finance"))


@flow(name="supplier-reevaluation")
@procedure(code="SR", version=2, booked=True, title="供应商复评 / Supplier re-evaluation")
def supplier_reevaluation(case: Case[RecognisedSupplier]) -> Outcome:
    """供应商复评：继续认定、暂停或禁用。Evaluate a supplier again before its recognition ends."""
    supplier = case.subject

    # The six criteria again, and how the supplier has performed, as far as that is known.
    known = complained(supplier, case.policy)
    shown = supplier_facts(supplier, case.policy, known)
    scores = case.task(SCORES, shows=shown, draft=known.scores)
    return decided_on(case, scores)


def decided_on(case: Case[RecognisedSupplier], scores: Reevaluation) -> Outcome:
    """What follows from the scores, in every version."""
    supplier = case.subject
    judgement = judge(scores, case.policy)
    new_class = recognition.supplier_class(judgement.score, scores.yearly_amount, case.policy)

    # Decided by the head of marketing, above the amount also by finance and the general manager, as in SV-7.
    shown = decisive_facts(supplier, scores, judgement, new_class)
    decision = case.approval(RENEWAL, shows=shown, amount=scores.yearly_amount)
    if decision.rejected:
        put_on_hold(supplier)
        return case.reject("复评建议未获批准，暂停采购 / refused; on hold", comment=decision.comment)
    if scores.proposal == "bar":
        bar(supplier)
        case.tell("SV-12", "tell_of_bar", Announce(CONCERNED, "供应商已禁用 / A supplier is barred", shows=shown))
        return case.close("done", "供应商已列入禁用名单 / the supplier is barred")
    if scores.proposal == "hold" or not judgement.passes:
        put_on_hold(supplier)
        case.tell("SV-12", "tell_of_hold", Announce(CONCERNED, "供应商暂停采购 / A supplier is on hold", shows=shown))
        return case.close("done", "供应商暂停采购 / the supplier is on hold")

    # Recognised again: valid by class, and the next re-evaluation is booked.
    later = renew(supplier, scores, new_class, case.policy)
    case.open_later("supplier-reevaluation", later.input, rule="SV-12", relation="next_reevaluation", on=later.at)
    return case.approve("供应商继续认定 / the supplier is recognised again")
