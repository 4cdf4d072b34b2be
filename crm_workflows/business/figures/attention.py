"""The figures of attention by tier (ON-5): what share of the customers, and of the callbacks, each tier has.

Time is not recorded; callbacks, tries included, stand for it. It must not measure.
"""

from typing import Final

from crm_workflows.business.figures.kpi import Kind, Kpi
from crm_workflows.business.figures.measuring import TIERS

PROCESS: Final = "periodic-callbacks"
MEANT: Final = {"A": 10, "B": 30, "C": 60}
"""The shares of customers that the rule book has in mind, in per cent."""

ATTENTION: Final = (
    *(
        Kpi(
            f"cb_customers_{tier.lower()}", "ON-5", f"{tier} 级客户占比 / Customers of tier {tier}",
            f"可联系的在册客户中，{tier} 级的比例；目前状况；制度设想 {MEANT[tier]}% / "
            f"Customers that may be contacted: the share of tier {tier}, now; the rule book thinks of {MEANT[tier]}%",
            Kind.PART_NOW, process=PROCESS, reads="cb_coverage", of_part=tier,
        )
        for tier in TIERS
    ),
    *(
        Kpi(
            f"cb_attention_{tier.lower()}", "ON-5", f"用于 {tier} 级客户的回访 / Attention to tier {tier}",
            f"本期回访（含未联系上的）中，{tier} 级客户的比例；没有记录时间，以回访代之；目标由公司政策设定 / "
            f"Callbacks of the period, tries included: the share that went to tier {tier}; they stand for the time, "
            "which nobody records; the company's policy sets the aim",
            Kind.SHARE, process=PROCESS, reads="cb_reached", of_part=tier,
            aims_at=f"tier_attention.{tier.lower()}" if tier != "B" else "", less_is_better=tier == "C",
        )
        for tier in TIERS
    ),
)  # fmt: skip
