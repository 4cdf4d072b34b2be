"""What stories about complaints share."""

from typing import Any

from flows.complaint_resolution.examples import COMPLAINT
from tests.office import Office

HANDLER = "bai.xue@yongchang.example"
LEAD = "tang.li@yongchang.example"


def complain(office: Office, *, requester: str | None = None, **changes: Any) -> str:
    """A complaint that has just come in."""
    return office.start(COMPLAINT | changes, process="complaint-resolution", requester=requester)
