"""The samples as the product sees them: valid applications, and papers taken or refused as their names promise."""

import json

import pytest
import yaml

from crm_workflows.domain.papers import kind_of, problem_with
from crm_workflows.shipped import shipped
from flows.supplier_vetting.papers import CONTRACTS, SURVEY_PAPERS
from flows.supplier_vetting.subject import SupplierApplication
from samples.make_samples import SAMPLES

EVERY_KIND = {paper.kind for papers in (SURVEY_PAPERS, CONTRACTS) for paper in papers.kinds}


def taken(sample: str) -> tuple[list[str], list[str]]:
    """Kinds of the sample's files that are taken, and names of those that are refused; both sorted."""
    kinds, refused = [], []
    for path in sorted((shipped("samples") / sample / "documents").iterdir()):
        of_survey, of_contracts = (kind_of(path.name, papers.kinds) for papers in (SURVEY_PAPERS, CONTRACTS))
        assert (of_survey is None) != (of_contracts is None), f"{path.name} must belong to one collection"
        kind = of_survey or of_contracts
        assert kind is not None
        if problem_with(path.name, path.read_bytes()):
            refused.append(path.name)
        else:
            kinds.append(kind.kind)
    return sorted(kinds), refused


@pytest.mark.parametrize("sample", SAMPLES)
def test_an_application_is_accepted_word_for_word(sample: str) -> None:
    content = json.loads((shipped("samples") / sample / "application.json").read_text("utf-8"))
    assert SupplierApplication.model_validate(content).model_dump(mode="json") == content


@pytest.mark.parametrize("sample", SAMPLES)
def test_an_owner_is_a_buyer_of_the_shipped_company(sample: str) -> None:
    content = json.loads((shipped("samples") / sample / "application.json").read_text("utf-8"))
    people = yaml.safe_load((shipped("config") / "people.yaml").read_text("utf-8"))["people"]
    (person,) = [person for person in people if person["email"] == content["owner"]]
    assert "buyer" in person["roles"]


@pytest.mark.parametrize("sample", ["good", "over-limit"])
def test_a_complete_sample_is_taken_whole_each_paper_as_another_kind(sample: str) -> None:
    assert taken(sample) == (sorted(EVERY_KIND), [])


def test_of_the_poor_sample_only_the_history_is_taken() -> None:
    refused = ["2025年度决算表.xlsx", "产品指南.pdf", "企业概况.pdf"]
    assert taken("missing-papers") == (["company_history"], refused)
