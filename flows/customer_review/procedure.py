"""Customer review 客户复核: what ON-12 says of customers after they were taken on.

Opened by onboarding after 90 days (policy) and by itself a year later; by itself on a trigger: overdue payment, limit
nearly used, upheld complaint, change of ownership; by a callback that found changed data; or by hand.
"""

from prefect import flow

from crm_workflows import Case, Outcome, procedure
from flows.customer_review.elements import ARCHIVE_AGAIN, REVIEW, REVIEW_APPROVAL, REVIEW_FACTS
from flows.customer_review.steps import (
    decisive_facts,
    enter_archive,
    enter_review,
    known_facts,
    limit_now,
    look_at,
    next_year,
    propose,
    withdraw_consent,
)
from flows.customer_review.subject import ReviewedCustomer


@flow(name="customer-review")
@procedure(code="CR", version=1, booked=True, title="客户复核 / Customer review")
def customer_review(case: Case[ReviewedCustomer]) -> Outcome:
    """客户复核：等级、信用和状态。Look at tier, credit and state of a customer again."""
    customer = case.subject

    # CB-6 Changed data, or a new owner, reopen the archive. Whoever wants no calls any more is not called while
    # somebody decides.
    found = look_at(customer)
    archive = None
    if customer.trigger in ("changed_data", "change_of_ownership"):
        archive = case.task(ARCHIVE_AGAIN, shows=known_facts(customer, found), draft=found.archive)
        if not archive.consent:
            withdraw_consent(customer)

    # What the register knows, then the tier by rule: what was really ordered counts before what was expected.
    facts = case.task(REVIEW_FACTS, shows=known_facts(customer, found))
    proposal = propose(facts, found, case.policy)
    against = {"proposed": proposal.tier, "limit": limit_now(found)}
    said = case.task(REVIEW, shows=known_facts(customer, found), against=against)
    tier = proposal.tier if said.tier == "as_proposed" else said.tier

    # Decided by the sales manager, the archive too (ON-7); refused, all stays as it is.
    shown = decisive_facts(customer, found, proposal, said, tier, archive)
    decision = case.approval(REVIEW_APPROVAL, shows=shown)
    if decision.approved:
        if archive:
            enter_archive(customer, archive)
        enter_review(customer, facts, said, tier)
    tier = tier if decision.approved else found.tier

    # The next one in a year; one that was brought up by a trigger leaves the yearly one where it is.
    if customer.trigger == "time":
        later = next_year(customer, tier)
        case.open_later("customer-review", later.input, rule="ON-12", relation="next_review", on=later.at)
    if decision.rejected:
        return case.reject("复核建议未获批准，保持不变 / refused; all stays as it is", comment=decision.comment)
    return case.approve("复核结果已登记 / the result is entered")
