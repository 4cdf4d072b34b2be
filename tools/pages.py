"""The list of documents that are made from the code, by path, each with the function that makes it.

It must not import a part of the product before the page is asked for: a check that reads only text stays quick.
"""

from collections.abc import Callable


def error_tree() -> str:
    """docs/errors.md: every error of the tree with the sentence that says what it means, indented by descent."""
    from crm_workflows.domain.errors import CrmError

    def family(kind: type[CrmError]) -> list[type[CrmError]]:
        return [child for child in kind.__subclasses__() if child.__module__ == CrmError.__module__]

    def lines(kind: type[CrmError], depth: int) -> list[str]:
        claim = (kind.__doc__ or "").strip().splitlines()[0]
        own = [f"{'  ' * depth}- `{kind.__name__}` — {claim}"]
        return own + [line for child in family(kind) for line in lines(child, depth + 1)]

    head = [
        "# Errors",
        "",
        "Written from `crm_workflows/domain/errors.py` by `make fix`. The author's mistakes stop the start; a refused",
        "request is shown politely and pages nobody; a failure of the world outside says whether it can be retried.",
        "",
    ]
    return "\n".join([*head, *lines(CrmError, 0)]) + "\n"


def messages() -> str:
    """docs/messages.md: every mail, when it is sent and what it says."""
    from tools.page_messages import catalogue

    return catalogue()


def answers() -> str:
    """docs/answers.md: every word by which a mail answers."""
    from tools.page_answers import answers

    return answers()


def figures() -> str:
    """docs/figures.md: every key figure and what it counts."""
    from tools.page_figures import figures

    return figures()


def processes() -> str:
    """docs/processes.md: every process as a drawing, and every mail that it may send."""
    from tools.page_processes import processes

    return processes()


def access() -> str:
    """docs/access.md: who may open what where people sign in."""
    from tools.page_access import matrix

    return matrix()


def authoring() -> str:
    """docs/authoring.md: every word in which a procedure is written."""
    from tools.page_authoring import authoring

    return authoring()


PAGES: dict[str, Callable[[], str]] = {
    "docs/access.md": access,
    "docs/answers.md": answers,
    "docs/authoring.md": authoring,
    "docs/errors.md": error_tree,
    "docs/figures.md": figures,
    "docs/messages.md": messages,
    "docs/processes.md": processes,
}
