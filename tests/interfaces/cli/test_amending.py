"""crmw amend: what a case is about is changed on record, tried first where one likes."""

from tests.interfaces.cli.conftest import BUYER, MATERIALS, Crmw, Story


def test_a_case_is_amended_after_it_was_tried(crmw: Crmw, at_papers_check: Story) -> None:
    code = at_papers_check.code
    words = ("amend", code, "--as", BUYER, "--set", "goods=轴承与轴套", "--reason", "漏填")
    tried = crmw(*words, "--try")
    assert (tried.status, "nothing was changed" in tried.out, "轴承与轴套" in tried.out) == (0, True, True)
    assert "would amend" in tried.out
    assert at_papers_check.view()["amendments"] == []
    assert (
        "CNY 500,000.00"
        in crmw("amend", code, "--as", BUYER, "--set", "yearly_amount=500000", "--reason", "r", "--try").out
    )
    done = crmw(*words, "--json").json
    assert done["changes"][0]["after"] == "轴承与轴套"
    assert done["asked_again"] == [at_papers_check.waiting()["id"]]
    (told,) = at_papers_check.view()["amendments"]
    assert (told["by"], told["reason"]) == (BUYER, "漏填")


def test_what_does_not_fit_is_refused_in_one_sentence(crmw: Crmw, at_papers_check: Story) -> None:
    code = at_papers_check.code
    for changed, by, said in (
        ("goods", BUYER, "must read FIELD=VALUE"),
        ("nothing=1", BUYER, "nothing"),
        ("yearly_amount.amount=-5", BUYER, "yearly_amount"),
        ("goods=x", MATERIALS, "only the owner, the requester"),
    ):
        assert said in crmw("amend", code, "--as", by, "--set", changed, "--reason", "r").refusal
    for changed, meant in (("gods=x", "goods"), ("contact.emial=a@b.example", "contact.email")):
        slip = crmw("amend", code, "--as", BUYER, "--set", changed, "--reason", "r")
        assert f"there is no such field; did you mean {meant}?" in slip.refusal
        assert (
            f"没有这个字段，是否指 {meant}？"
            in crmw("amend", code, "--as", BUYER, "--set", changed, "--reason", "r", LANG="zh_CN.UTF-8").refusal
        )
    nothing_near = crmw("amend", code, "--as", BUYER, "--set", "contact.zzz=1", "--reason", "r").refusal
    assert (
        "contact.zzz: there is no such field; there are contact.name, contact.email, contact.phone, contact.language"
        in nothing_near
    )
    unknown = crmw("amend", code, "--as", BUYER, "--set", "person.name=x", "--reason", "r").refusal
    assert "there is no field person.name; check its name, there are " in unknown
    assert ", contact" in unknown, "the names that there are"
