"""Fronts have no words of their own: all text for people is in `bot/cards`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import bot.platforms

FRONTS = Path(bot.platforms.__file__).parent


def _said(source: Path) -> Iterator[str]:
    """List the templates of a file that have letters outside of their placeholders."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            template = node.args[0]
            words = template.value if isinstance(template, ast.Constant) else "a template that is made"
            if re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", str(words))):
                yield str(words)


def test_no_front_has_words_of_its_own() -> None:
    files = [one for one in FRONTS.rglob("*.py") if "say(" in one.read_text("utf-8")]
    assert files, "fronts put labels and what they name together"
    assert {one.name: said for one in files if (said := list(_said(one)))} == {}
