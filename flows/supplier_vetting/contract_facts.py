"""What is shown of contracts and bank details, and kept of them (SV-8, SV-9). It decides nothing."""

from dataclasses import dataclass

from crm_workflows import Collected, Fact, Shown
from flows.supplier_vetting.contract_forms import OURS, BankDetails, ContractCheck, ContractSigners
from flows.supplier_vetting.forms import PapersCheck
from flows.supplier_vetting.papers import CONTRACTS, OUR_AUTHORISATION, THEIR_AUTHORISATION
from flows.supplier_vetting.subject import SupplierApplication
from flows.supplier_vetting.survey_facts import application_facts, attached, file_facts


@dataclass(frozen=True)
class Contracts:
    """Both contracts as they were confirmed, with those who signed them."""

    signers: ContractSigners
    check: ContractCheck
    files: tuple[Collected, ...]
    """Authorisations, if any, then the contracts."""


def signing_basis(application: SupplierApplication, checked: PapersCheck) -> Shown:
    """SV-8: with whom the contracts are concluded, and about what."""
    representative = Fact("法定代表人 / Legal representative", checked.legal_representative)
    return Shown((*application_facts(application)[:4], representative))


def signer_facts(signers: ContractSigners, checked: PapersCheck) -> tuple[Fact, ...]:
    """SV-8: who signs for either side, and why if somebody else."""
    label = "我方签署人 / Our signer"
    ours = Fact(label, signers.our_name) if signers.our_name else Fact.named(label, OURS["in_principle"])
    theirs = Fact("供应商签署人 / The supplier's signer", signers.their_name or checked.legal_representative)
    reason = Fact("由其他人员签署的原因 / Reason for another signer", signers.reason)
    return (ours, theirs, reason) if signers.our_name or signers.their_name else (ours, theirs)


def contracts_shown(signers: ContractSigners, checked: PapersCheck, *files: Collected) -> Shown:
    """SV-8: the signers and every file: both contracts, and authorisations where there are any."""
    kinds = (*CONTRACTS.kinds, *OUR_AUTHORISATION.kinds, *THEIR_AUTHORISATION.kinds)
    named = (fact for some in files for fact in file_facts(some, kinds))
    return Shown((*signer_facts(signers, checked), *named), tuple(a for some in files for a in attached(some)))


def account_facts(application: SupplierApplication, details: BankDetails) -> Shown:
    """SV-9: the account, its number by the last four characters: finance writes down what it is told."""
    return Shown((Fact("供应商 / Supplier", application.company), *details.facts()))
