"""Finds the files that come with the product beside its code: templates, configuration and samples; and its version.

It must not read, copy or cache them: it only says where they are, in an installed wheel as in a checkout.
"""

from pathlib import Path
from typing import Literal

Shipped = Literal["templates", "config", "samples"]

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: Shipped) -> Path:
    """The folder `name` of this installation.

    A wheel holds it under `crm_workflows/_shipped`; a checkout, and an editable installation of one, beside the
    package. Raises FileNotFoundError where neither is there, which means that the installation is incomplete.
    """
    for folder in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"crm-workflows came without its folder {name!r}: install it again")


def product_version() -> str:
    """The installed version; a plain checkout that was never installed has none."""
    from importlib.metadata import PackageNotFoundError, version  # only whoever asks for the version waits for it

    try:
        return version("crm-workflows")
    except PackageNotFoundError:
        return "—"
