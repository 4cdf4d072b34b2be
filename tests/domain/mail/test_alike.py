"""Addresses that only look like one we know."""

import pytest

from crm_workflows.domain.mail.alike import looks_like

KNOWN = ("li.lei@yongchang.example", "wu.yue@yongchang.example", "wu.yu@yongchang.example")


@pytest.mark.parametrize(
    "address",
    [
        "li.lei@yongchanq.example",
        "li.lei@yongchan.example",
        "li.lei@yongchang.exampl",
        "li.lei@yonghcang.example",
        "li.lei@y\u043engchang.example",
        "l\u0456.lei@yongchang.example",
        "1i.lei@yongchang.example",
        "li.lei@xn--yngchang-nbh.example",
        "LI.LEI@Y0NGCHANG.example",
        "li.l\u00e9i@yongchang.example",
        "vvu.yue@yongchang.example",
    ],
)
def test_an_address_that_only_looks_like_a_known_one_is_named_with_it(address: str) -> None:
    assert looks_like(address, KNOWN) in KNOWN


@pytest.mark.parametrize(
    "address",
    [*KNOWN, "LI.LEI@yongchang.example", "li.lei@elsewhere.example", "li.mei@yongchang.example", "", "x@y.z", "@"],
)
def test_known_and_quite_other_addresses_look_like_none(address: str) -> None:
    assert looks_like(address, KNOWN) == ""
