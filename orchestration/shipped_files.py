"""Files that come with the program and are no code of it: the dbt project, the docs.

In a checkout they are in its own folder, where people work with them. In an installed package
they are in `shipped/` beside this file (`pyproject.toml` puts them there). Nothing is ever written
to either place by the program.
"""

from pathlib import Path

PACKAGE = Path(__file__).absolute().parent
CODE = PACKAGE.parent
"""The folder that Python finds the package in: the checkout, or site-packages."""


def checkout() -> Path | None:
    """The checkout that the program runs from; None for an installed package."""
    return CODE if (CODE / "pyproject.toml").is_file() else None


SHIPPED = checkout() or PACKAGE / "shipped"
DOCS = SHIPPED / "docs"
