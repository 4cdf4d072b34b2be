"""What the mail of somebody who signs in needs to know. It must not hold wording, nor the code."""

from typing import Final

from pydantic import AwareDatetime

from crm_workflows.domain.message_parts import Mail

SIGN_IN: Final = "sign_in"


class SignIn(Mail):
    """Brings the code that somebody asked for in a browser; the code itself is derived when the mail is made."""

    valid_until: AwareDatetime
