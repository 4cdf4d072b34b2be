"""docs/messages.md: every mail the product sends, when, and what it says in both languages.

It must not hold wording: that comes from `templates/emails`, filled with the examples the start-up check uses.
"""

from crm_workflows.adapters.mail.template_examples import EXAMPLES, example_message
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.messages import MESSAGES, TITLES, Mail
from crm_workflows.shipped import shipped

HEAD = """# Messages

Written from `crm_workflows/domain/messages.py` and `templates/emails/` by `make fix`. Each message has a folder of its
own; what follows is its plain part with an invented case. The HTML part says the same.
"""
LANGUAGES = {"zh": "中文", "en": "English"}


def renderer() -> Renderer:
    """The product's own, with a public address of the documentation kind and the company's time zone."""
    return Renderer(shipped("templates") / "emails", "https://crm.example", lambda _: "Asia/Shanghai")


def section(name: str, kind: type[Mail], mails: Renderer) -> str:
    """One message: title, purpose, and the plainest example in each language."""
    parts = [f"## {TITLES[name]} (`{name}`)", (kind.__doc__ or "").strip().splitlines()[0]]
    for language, label in LANGUAGES.items():
        example = EXAMPLES[name][0]
        row = example_message(name, example, language)
        filled = mails.render_model(row, example, token="EXAMPLE", links=True)
        parts.append(f"{label}:\n\n```text\n{filled.subject}\n\n{filled.text.strip()}\n```")
    return "\n\n".join(parts)


def catalogue() -> str:
    """The whole page."""
    mails = renderer()
    return "\n".join([HEAD, "\n\n".join(section(name, kind, mails) for name, kind in MESSAGES.items()), ""])
