"""How a case can end. It must not know why one did."""

from typing import Final

OUTCOMES: Final = {
    "approved": "通过 / approved",
    "rejected": "未通过 / rejected",
    "lapsed": "逾期终止 / lapsed",
    "withdrawn": "已撤回 / withdrawn",
    "resolved": "已解决 / resolved",
    "done": "完成 / done",
}
"""How a case can end, in the words of the contract, as people read it."""
