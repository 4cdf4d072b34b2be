"""Supplier certificate 供应商证书跟踪: what SV-12 says of certificates and licences that expire.

Opened by supplier vetting, and by itself for the next certificate, 60 days before one expires (policy).
"""

from prefect import flow

from crm_workflows import Announce, Case, Outcome, department, owner, procedure, role
from flows.supplier_certificate.elements import CERTIFICATE_CHECK, NEW_CERTIFICATE, named_for
from flows.supplier_certificate.steps import dates_of, enter_certificate, paper_facts, put_on_hold
from flows.supplier_certificate.subject import ExpiringPaper

CONCERNED = (owner, department("materials"), department("quality"), role("finance"))


@flow(name="supplier-certificate")
@procedure(code="SC", version=1, booked=True, title="供应商证书跟踪 / Supplier certificate")
def supplier_certificate(case: Case[ExpiringPaper]) -> Outcome:
    """供应商证书跟踪：到期前索取新证书，过期即暂停。Ask for a new certificate before the old one expires."""
    paper = case.subject
    supplier, known = paper.person, paper_facts(paper)
    against = {"expires_on": paper.expires_on.isoformat()}
    dates = dates_of(paper, case.policy)

    # Asked for 60 days before, reminded 30 and 7 days before; quality management confirms what came.
    expiry = dates.expired_at
    wanted = named_for(paper.kind, NEW_CERTIFICATE)
    check = named_for(paper.kind, CERTIFICATE_CHECK)
    files = case.collect(wanted, from_=supplier, shows=known, until=expiry, remind_at=dates.remind_at)
    checked = None
    if not files.lapsed:
        checked = case.task(check, shows=paper_facts(paper, files), against=against, until=expiry)

    # An expired certificate puts the supplier on hold, until a new one is confirmed; it is asked and reminded again.
    if checked is None:
        remind_at = put_on_hold(paper, case.policy) or ()
        case.tell("SV-12", "tell_of_hold", Announce(CONCERNED, "供应商证书已过期，暂停采购 / On hold", shows=known))
        if files.lapsed:
            files = case.collect(wanted, from_=supplier, shows=known, remind_at=remind_at)
        checked = case.task(check, shows=paper_facts(paper, files), against=against)
    if not checked.is_valid:
        case.back_to("SV-12", because=checked.remark, rounds="rounds_of_signing")

    # The new certificate is entered, the hold ends, and the next case is booked.
    later = enter_certificate(paper, checked.expires_on, case.policy)
    case.open_later("supplier-certificate", later.input, rule="SV-12", relation="next_certificate", on=later.at)
    return case.close("done", "新证书已登记 / the new certificate is entered")
