"""An example of the mail of somebody who signs in. It must not name real companies or people."""

from typing import Final

from crm_workflows.adapters.mail.template_example_parts import MONDAY
from crm_workflows.domain import messages as m

ACCESS: Final[dict[str, tuple[m.Mail, ...]]] = {
    m.SIGN_IN: (
        m.SignIn(
            case=m.CasePart(case="", title="王芳", process="登录 / Signing in"),
            to_name="王芳",
            valid_until=MONDAY,
        ),
    ),
}
"""By message name, as `template_examples.EXAMPLES`."""
