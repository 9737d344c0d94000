"""Generates the pages of docs/ that describe declarations: `make reference`."""

from collections.abc import Callable
from pathlib import Path

from tests.reference import commands, permissions, settings

DOCS = Path(__file__).parents[2] / "docs"
PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands.document,
    "permissions.md": permissions.document,
    "settings.md": settings.document,
}
